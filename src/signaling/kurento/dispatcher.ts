import * as v from 'valibot';
import { Hub, HubPort, hubClass } from './hub.ts';
import { KurentoError } from './kurento-error.ts';
import { ObjectClass, operationsOf } from './object-class.ts';
import { text } from './param-types.ts';

const operation = operationsOf<Dispatcher>();

const dispatcherClass = new ObjectClass({
  name: 'Dispatcher',
  parent: hubClass,
  operations: {
    connect: operation(v.object({ source: text, sink: text }), (self, { source, sink }) => {
      const { registry } = self.host;
      self.connect(registry.find(source, HubPort), registry.find(sink, HubPort));
    }),
  },
});

/** Routes port to port: each sink port has one source port. */
export class Dispatcher extends Hub {
  static readonly objectClass = dispatcherClass;
  readonly #sourceOf = new Map<HubPort, HubPort>();

  override get objectClass(): ObjectClass {
    return dispatcherClass;
  }

  /** @throws KurentoError 40004 for ports of another hub */
  connect(source: HubPort, sink: HubPort): void {
    if (source.hub !== this || sink.hub !== this) {
      throw new KurentoError(40004, 'The ports are not of this dispatcher');
    }
    if (this.#sourceOf.get(sink) === source) return;
    this.#sourceOf.set(sink, source);
    this.routeChanged(sink);
  }

  override feeding(port: HubPort): HubPort | null {
    return this.#sourceOf.get(port) ?? null;
  }

  override fedBy(port: HubPort): readonly HubPort[] {
    return [...this.#sourceOf].flatMap(([sink, source]) => (source === port ? [sink] : []));
  }

  override portReleased(port: HubPort): void {
    this.#sourceOf.delete(port);
    for (const sink of this.fedBy(port)) {
      this.#sourceOf.delete(sink);
      this.routeChanged(sink);
    }
  }
}
