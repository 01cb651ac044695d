import { MediaElement, mediaElementClass } from './media-element.ts';
import { ObjectClass } from './object-class.ts';

const passThroughClass = new ObjectClass({ name: 'PassThrough', parent: mediaElementClass });

/** Forwards what it gets. */
export class PassThrough extends MediaElement {
  static readonly objectClass = passThroughClass;

  override get objectClass(): ObjectClass {
    return passThroughClass;
  }

  override passesOn(): MediaElement {
    return this;
  }

  override passedOnBy(): readonly MediaElement[] {
    return [this];
  }
}
