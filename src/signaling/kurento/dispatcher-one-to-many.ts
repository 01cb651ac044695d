import * as v from 'valibot';
import { Hub, HubPort, hubClass } from './hub.ts';
import { KurentoError } from './kurento-error.ts';
import { ObjectClass, operationsOf } from './object-class.ts';
import { text } from './param-types.ts';

const operation = operationsOf<DispatcherOneToMany>();

const dispatcherOneToManyClass = new ObjectClass({
  name: 'DispatcherOneToMany',
  parent: hubClass,
  operations: {
    setSource: operation(v.object({ source: text }), (self, { source }) =>
      self.setSource(self.host.registry.find(source, HubPort)),
    ),
    removeSource: operation((self) => self.removeSource()),
  },
});

/** Sends what enters by one port out of all others. */
export class DispatcherOneToMany extends Hub {
  static readonly objectClass = dispatcherOneToManyClass;
  #source: HubPort | null = null;

  override get objectClass(): ObjectClass {
    return dispatcherOneToManyClass;
  }

  /** @throws KurentoError 40004 for a port of another hub */
  setSource(source: HubPort): void {
    if (source.hub !== this) throw new KurentoError(40004, 'The port is not of this dispatcher');
    if (source !== this.#source) this.#route(source);
  }

  removeSource(): void {
    if (this.#source !== null) this.#route(null);
  }

  override feeding(port: HubPort): HubPort | null {
    return port === this.#source ? null : this.#source;
  }

  override fedBy(port: HubPort): readonly HubPort[] {
    return port === this.#source ? this.ports.filter((each) => each !== port) : [];
  }

  override portReleased(port: HubPort): void {
    if (port === this.#source) this.#route(null);
  }

  #route(source: HubPort | null): void {
    this.#source = source;
    for (const port of this.ports) this.routeChanged(port);
  }
}
