/**
 * Hubs and their ports. What is connected to a port enters the hub; what a port is connected to gets from the hub what
 * the hub has chosen for that port: another port's, of all media types.
 */
import { type MediaElement, mediaElementClass } from './media-element.ts';
import { MediaObject, mediaObjectClass } from './media-object.ts';
import { ObjectClass } from './object-class.ts';
import { mediaTypes } from './param-types.ts';
import { PassingElement } from './passing-element.ts';

export const hubClass = new ObjectClass({ name: 'Hub', parent: mediaObjectClass });
const hubPortClass = new ObjectClass({ name: 'HubPort', parent: mediaElementClass });

export abstract class Hub extends MediaObject {
  /** The port whose input leaves by `port`. */
  abstract feeding(port: HubPort): HubPort | null;
  /** The ports by which the input of `port` leaves. */
  abstract fedBy(port: HubPort): readonly HubPort[];
  /** A port of it has been released. */
  abstract portReleased(port: HubPort): void;

  get ports(): readonly HubPort[] {
    return this.children.filter((child) => child instanceof HubPort);
  }

  /** Another port's input leaves by `port`. */
  protected routeChanged(port: HubPort): void {
    if (port.released) return;
    for (const type of mediaTypes) port.outputChanged(type);
  }
}

export class HubPort extends PassingElement {
  static readonly objectClass = hubPortClass;
  readonly hub: Hub;

  constructor(hub: Hub) {
    super(hub.host, hub);
    this.hub = hub;
  }

  override get objectClass(): ObjectClass {
    return hubPortClass;
  }

  override passesOn(): MediaElement | null {
    return this.hub.feeding(this);
  }

  override passedOnBy(): readonly MediaElement[] {
    return this.hub.fedBy(this);
  }

  protected override onRelease(): void {
    super.onRelease();
    this.hub.portReleased(this);
  }
}
