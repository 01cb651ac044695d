/** What a client has here, whichever connection it comes by: references, subscriptions, answers it may ask for again. */
import type { EventReceiver, EventSubscription } from './event-subscription.ts';
import type { MediaObject } from './media-object.ts';
import type { ObjectHolder } from './object-references.ts';
import { type CacheTotal, ResponseCache } from './response-cache.ts';

/** The connection of a session, as the session sees it. */
export interface SessionConnection {
  session: KurentoSession | null;
  sendEvent(text: string): void;
}

export class KurentoSession implements EventReceiver, ObjectHolder {
  readonly id: string;
  /** Whoever began it came from there. */
  readonly address: string;
  readonly references = new Set<MediaObject>();
  /** By the ids of subscriptions. */
  readonly subscriptions = new Map<string, EventSubscription>();
  readonly responses: ResponseCache;
  /** How many of the objects that live it made. */
  objectCount = 0;
  /** Since when it has no connection and was not kept alive. */
  idleSinceMs: number;
  #connection: SessionConnection | null = null;

  constructor(id: string, address: string, cacheTotal: CacheTotal, nowMs: number) {
    this.id = id;
    this.address = address;
    this.responses = new ResponseCache(cacheTotal);
    this.idleSinceMs = nowMs;
  }

  get connected(): boolean {
    return this.#connection !== null;
  }

  /** The session moves to this connection; the one it had loses it, and so does another session the connection. */
  bind(connection: SessionConnection, nowMs: number): void {
    if (this.#connection === connection) return;
    this.unbind(nowMs);
    connection.session?.unbind(nowMs);
    this.#connection = connection;
    connection.session = this;
  }

  unbind(nowMs: number): void {
    if (this.#connection === null) return;
    this.#connection.session = null;
    this.#connection = null;
    this.idleSinceMs = nowMs;
  }

  /** What happens while there is no connection is lost, as in the original. */
  receiveEvent(text: string): void {
    this.#connection?.sendEvent(text);
  }

  forgetSubscription(id: string): void {
    this.subscriptions.delete(id);
  }
}
