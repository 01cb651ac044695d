import type { Time } from './timings.ts';

/** One timer of each name; a new one takes the place of the old. What throws is a bug that is told, and no more. */
export class NamedTimers {
  readonly #time: Time;
  readonly #bug: (error: unknown) => void;
  readonly #cancel = new Map<string, () => void>();
  #ended = false;

  constructor(time: Time, bug: (error: unknown) => void) {
    this.#time = time;
    this.#bug = bug;
  }

  schedule(name: string, delayMs: number, run: () => void): void {
    this.cancel(name);
    if (this.#ended) return;
    const cancel = this.#time.after(delayMs, () => {
      this.#cancel.delete(name);
      try {
        run();
      } catch (error) {
        this.#bug(error);
      }
    });
    this.#cancel.set(name, cancel);
  }

  cancel(name: string): void {
    this.#cancel.get(name)?.();
    this.#cancel.delete(name);
  }

  /** Cancels all, for good. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#cancel.values()) cancel();
    this.#cancel.clear();
  }
}
