/**
 * An element that passes on what arrives: PassThrough, HubPort. It measures nothing itself: its media flows while that
 * of the endpoint it comes from does.
 */
import { FlowEvents } from './flow-events.ts';
import { MediaElement } from './media-element.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { MediaType } from './param-types.ts';

export abstract class PassingElement extends MediaElement {
  readonly #events = new FlowEvents(this);

  override outputChanged(type: MediaType): void {
    super.outputChanged(type);
    this.tellFlowOut(type, this.isFlowingOut(type));
  }

  protected override sourceChanged(type: MediaType, origin: MediaOrigin | null): void {
    this.sourceFlows(type, origin?.isFlowing(type) ?? false);
  }

  protected override sourceFlows(type: MediaType, flows: boolean): void {
    this.#events.tell('In', type, flows);
    for (const element of this.passedOnBy(type)) element.tellFlowOut(type, flows);
  }

  override tellFlowOut(type: MediaType, flows: boolean): void {
    this.#events.tell('Out', type, flows);
  }
}
