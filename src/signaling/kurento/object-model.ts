/** Objects, sessions and who holds what, put together. */

import type { Logger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { SdpSemantics } from '../../webrtc/sdp/sdp-semantics.ts';
import { compactUuid } from '../compact-uuid.ts';
import { EventSubscription } from './event-subscription.ts';
import { KurentoError } from './kurento-error.ts';
import {
  maxObjectsPerSession,
  maxSubscriptionsPerObject,
  maxSubscriptionsPerSession,
} from './kurento-limits.ts';
import type { KurentoSession } from './kurento-session.ts';
import type { MediaObject } from './media-object.ts';
import { factoryOf } from './object-factories.ts';
import type { ObjectHost } from './object-host.ts';
import { ObjectReferences } from './object-references.ts';
import { ObjectRegistry } from './object-registry.ts';
import { ServerManager } from './server-manager.ts';
import { SessionTable } from './session-table.ts';

export interface ObjectModelOptions {
  readonly rooms: Rooms;
  readonly log: Logger;
  readonly maxSessions: number;
  readonly sessionTimeoutMs: number;
  readonly detailedStats: boolean;
  readonly sdpSemantics: SdpSemantics;
  readonly after: ObjectHost['after'];
  /** Monotonic. */
  readonly nowMs: () => number;
}

export class ObjectModel implements ObjectHost {
  readonly rooms: Rooms;
  readonly log: Logger;
  readonly after: ObjectHost['after'];
  readonly nowMs: () => number;
  readonly detailedStats: boolean;
  readonly sdpSemantics: SdpSemantics;
  readonly registry: ObjectRegistry;
  readonly sessions: SessionTable;
  /** Tells one life of this server from another. */
  readonly serverId = compactUuid();
  readonly #references: ObjectReferences;
  readonly #manager: ServerManager;
  readonly #makers = new Map<MediaObject, KurentoSession>();

  constructor(options: ObjectModelOptions) {
    const { rooms, log, maxSessions, sessionTimeoutMs, after, nowMs, detailedStats, sdpSemantics } = options;
    this.rooms = rooms;
    this.log = log;
    this.after = after;
    this.nowMs = nowMs;
    this.detailedStats = detailedStats;
    this.sdpSemantics = sdpSemantics;
    this.#references = new ObjectReferences((object) => this.registry.release(object));
    this.registry = new ObjectRegistry({
      objectCreated: (object) => this.#manager.raise('ObjectCreated', { object: object.id }),
      objectReleased: (object) => this.#released(object),
      reportBug: (error) => log.error({ err: error }, 'bug: a Kurento object ended unexpectedly'),
    });
    this.#manager = new ServerManager(this);
    this.registry.addFixed(this.#manager);
    this.sessions = new SessionTable({
      maxSessions,
      timeoutMs: sessionTimeoutMs,
      nowMs,
      after,
      ended: (session) => this.#sessionEnded(session),
    });
  }

  sessionIds(): readonly string[] {
    return this.sessions.ids;
  }

  /** @param type plain or qualified. @throws KurentoError */
  create(session: KurentoSession, type: string, constructorParams: unknown): MediaObject {
    const factory = factoryOf(type);
    this.registry.assertRoom();
    if (session.objectCount >= maxObjectsPerSession) {
      throw new KurentoError(40009, `A session has ${maxObjectsPerSession} objects at most`);
    }
    const object = factory.create(this, constructorParams);
    this.registry.add(object);
    this.#makers.set(object, session);
    session.objectCount++;
    try {
      this.#references.add(session, object);
    } catch (error) {
      this.registry.release(object);
      throw error;
    }
    this.#references.inherit(object);
    return object;
  }

  /** Finds an object, which the session holds from now on. @throws KurentoError 40101, 40009 */
  use(session: KurentoSession, id: string): MediaObject {
    const object = this.registry.find(id);
    this.hold(session, object);
    return object;
  }

  /** @throws KurentoError 40009 */
  hold(session: KurentoSession, object: MediaObject): void {
    if (object !== this.#manager) this.#references.add(session, object);
  }

  letGo(session: KurentoSession, object: MediaObject): void {
    this.#references.remove(session, object);
  }

  /** @returns the subscription's id. @throws KurentoError 40101, 40106, 40009 */
  subscribe(session: KurentoSession, objectId: string, name: string): string {
    const object = this.registry.find(objectId);
    const event = object.objectClass.eventNamed(name);
    const { subscriptions } = object;
    if (
      session.subscriptions.size >= maxSubscriptionsPerSession ||
      subscriptions.size >= maxSubscriptionsPerObject
    ) {
      throw new KurentoError(40009, 'There are too many subscriptions');
    }
    this.hold(session, object);
    const id = compactUuid();
    const subscription =
      subscriptions.find(session, event, name) ??
      new EventSubscription(object, session, event, name, objectId);
    subscriptions.add(subscription, id);
    session.subscriptions.set(id, subscription);
    object.subscribed(name);
    return id;
  }

  /** Does nothing for one that is not, or no longer, there. */
  unsubscribe(session: KurentoSession, id: string): void {
    const subscription = session.subscriptions.get(id);
    if (subscription === undefined) return;
    session.subscriptions.delete(id);
    subscription.object.subscriptions.remove(subscription, id);
  }

  /** Releases everything, and tells nobody. */
  close(): void {
    this.sessions.close();
    for (const object of [...this.registry.objects]) this.registry.release(object);
  }

  #released(object: MediaObject): void {
    for (const subscription of object.subscriptions.all) {
      for (const id of subscription.ids) subscription.receiver.forgetSubscription(id);
    }
    const maker = this.#makers.get(object);
    if (maker !== undefined) maker.objectCount--;
    this.#makers.delete(object);
    this.#manager.raise('ObjectDestroyed', { objectId: object.id });
    this.#references.forget(object);
  }

  #sessionEnded(session: KurentoSession): void {
    for (const id of [...session.subscriptions.keys()]) this.unsubscribe(session, id);
    this.#references.removeAll(session);
  }
}
