/**
 * An event emitter whose listeners cannot hurt each other, nor whoever emits: in a call many sessions and programs
 * listen to the same room, and what one of them throws is a bug of its own.
 */
import { EventEmitter } from 'node:events';

export class IsolatingEmitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter<Events> {
  readonly #reportBug: (where: string, error: unknown) => void;

  /** @param reportBug told what a listener threw */
  constructor(reportBug: (where: string, error: unknown) => void) {
    super();
    this.#reportBug = reportBug;
    // One listener per participant and event is expected, not a leak.
    this.setMaxListeners(0);
  }

  static {
    // Not as an overriding method, which would lose the types of the events.
    IsolatingEmitter.prototype.emit = function (
      this: IsolatingEmitter<Record<string, unknown[]>>,
      event,
      ...args
    ) {
      const listeners = this.rawListeners(event as string);
      for (const listener of listeners) {
        try {
          Reflect.apply(listener, this, args);
        } catch (error) {
          this.#reportBug(`listener of ${String(event)}`, error);
        }
      }
      return listeners.length > 0;
    };
  }
}
