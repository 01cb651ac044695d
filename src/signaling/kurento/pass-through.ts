import { type MediaElement, mediaElementClass } from './media-element.ts';
import { ObjectClass } from './object-class.ts';
import { PassingElement } from './passing-element.ts';

const passThroughClass = new ObjectClass({ name: 'PassThrough', parent: mediaElementClass });

/** Forwards what it gets. */
export class PassThrough extends PassingElement {
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
