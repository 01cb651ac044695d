/**
 * Who is told of an object's events. Two equal subscriptions of a session have an id each and cause one event; its
 * delivery ends with the last of them.
 */
import { formatEvent } from './event-envelope.ts';
import type { MediaObject } from './media-object.ts';

/** Who receives events: a session, whatever connection it has. */
export interface EventReceiver {
  receiveEvent(text: string): void;
  /** The object has been released, and the subscription with it. */
  forgetSubscription(id: string): void;
}

/** One (session, object, name) and the ids of its subscriptions. */
export class EventSubscription {
  readonly object: MediaObject;
  readonly receiver: EventReceiver;
  /** What the event is called here. */
  readonly event: string;
  /** What it was subscribed to as; it is sent under that name. */
  readonly name: string;
  /** The object as the subscriber named it. */
  readonly reference: string;
  readonly ids = new Set<string>();

  constructor(object: MediaObject, receiver: EventReceiver, event: string, name: string, reference: string) {
    this.object = object;
    this.receiver = receiver;
    this.event = event;
    this.name = name;
    this.reference = reference;
  }

  deliver(data: Readonly<Record<string, unknown>>): void {
    this.receiver.receiveEvent(formatEvent(this, data));
  }
}

/** The subscriptions to one object. */
export class ObjectSubscriptions {
  readonly #byEvent = new Map<string, EventSubscription[]>();
  #size = 0;

  /** Ids, not deliveries. */
  get size(): number {
    return this.#size;
  }

  find(receiver: EventReceiver, event: string, name: string): EventSubscription | null {
    const subscriptions = this.#byEvent.get(event);
    return subscriptions?.find((each) => each.receiver === receiver && each.name === name) ?? null;
  }

  /** Adds an id to a subscription, which is new or was found. */
  add(subscription: EventSubscription, id: string): void {
    const subscriptions = this.#byEvent.get(subscription.event);
    if (subscriptions === undefined) this.#byEvent.set(subscription.event, [subscription]);
    else if (!subscriptions.includes(subscription)) subscriptions.push(subscription);
    subscription.ids.add(id);
    this.#size++;
  }

  remove(subscription: EventSubscription, id: string): void {
    if (!subscription.ids.delete(id)) return;
    this.#size--;
    if (subscription.ids.size > 0) return;
    const left = this.#byEvent.get(subscription.event)?.filter((each) => each !== subscription) ?? [];
    if (left.length > 0) this.#byEvent.set(subscription.event, left);
    else this.#byEvent.delete(subscription.event);
  }

  get all(): readonly EventSubscription[] {
    return [...this.#byEvent.values()].flat();
  }

  to(event: string): readonly EventSubscription[] {
    return this.#byEvent.get(event) ?? [];
  }
}
