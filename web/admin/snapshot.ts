/** The admin API's answer, read leniently: what the server leaves out is null here and a dash on the page. Pure. */
import { isObject, type JsonObject, numberField, objectsField, stringField } from '../shared/json-fields.ts';

export interface Snapshot {
  readonly server: ServerFacts;
  readonly rooms: readonly RoomFacts[];
}

export interface ServerFacts {
  readonly version: string | null;
  readonly uptimeSeconds: number | null;
  readonly packetsIn: number | null;
  readonly packetsOut: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly eventLoopLagMs: number | null;
}

export interface RoomFacts {
  readonly id: string;
  /** Milliseconds since 1970; null when unknown. */
  readonly createdAtMs: number | null;
  readonly participants: readonly ParticipantFacts[];
}

export interface ParticipantFacts {
  readonly id: string;
  readonly name: string;
  readonly dialect: string | null;
  readonly connectionState: string | null;
  readonly joinedAtMs: number | null;
  /** 1 (bad) to 5 (excellent). */
  readonly quality: number | null;
  readonly publications: readonly PublicationFacts[];
  readonly subscriptions: readonly SubscriptionFacts[];
}

export interface PublicationFacts {
  readonly id: string;
  readonly kind: string | null;
  readonly codec: string | null;
  readonly muted: boolean;
  /** Bits per second. */
  readonly bitrate: number | null;
  readonly packets: number | null;
  readonly lost: number | null;
  readonly jitterMs: number | null;
  readonly subscribers: number | null;
  readonly speaking: boolean;
  readonly dominant: boolean;
  /** dBov */
  readonly audioLevel: number | null;
  readonly freezes: number | null;
  readonly quality: number | null;
}

export interface SubscriptionFacts {
  readonly id: string;
  readonly publicationId: string | null;
  /** Whose publication it is. */
  readonly participantId: string | null;
  readonly kind: string | null;
  readonly state: string | null;
  readonly reason: string | null;
  readonly bitrate: number | null;
  readonly packets: number | null;
  /** 0 … 1 */
  readonly fractionLost: number | null;
  readonly rttMs: number | null;
  readonly freezes: number | null;
  readonly quality: number | null;
}

/** @returns null when it is no snapshot at all */
export function readSnapshot(data: unknown): Snapshot | null {
  if (!isObject(data)) return null;
  const rooms = objectsField(data, 'rooms');
  if (rooms === null) return null;
  return {
    server: readServer(isObject(data.server) ? data.server : {}),
    rooms: withId(rooms).map(([id, room]) => ({
      id,
      createdAtMs: timeField(room, 'createdAt'),
      participants: withId(objectsField(room, 'participants')).map(readParticipant),
    })),
  };
}

export function readServer(server: JsonObject): ServerFacts {
  return {
    version: stringField(server, 'version'),
    uptimeSeconds: numberField(server, 'uptimeSeconds'),
    packetsIn: numberField(server, 'packetsIn'),
    packetsOut: numberField(server, 'packetsOut'),
    bytesIn: numberField(server, 'bytesIn'),
    bytesOut: numberField(server, 'bytesOut'),
    eventLoopLagMs: numberField(server, 'eventLoopLagMs'),
  };
}

function readParticipant([id, participant]: readonly [string, JsonObject]): ParticipantFacts {
  return {
    id,
    name: stringField(participant, 'name') || id,
    dialect: stringField(participant, 'dialect'),
    connectionState: stringField(participant, 'connectionState'),
    joinedAtMs: timeField(participant, 'joinedAt'),
    quality: numberField(participant, 'quality'),
    publications: withId(objectsField(participant, 'publications')).map(readPublication),
    subscriptions: withId(objectsField(participant, 'subscriptions')).map(readSubscription),
  };
}

function readPublication([id, publication]: readonly [string, JsonObject]): PublicationFacts {
  return {
    id,
    kind: stringField(publication, 'kind'),
    codec: stringField(publication, 'codec'),
    muted: publication.muted === true,
    bitrate: numberField(publication, 'bitrate'),
    packets: numberField(publication, 'packets'),
    lost: numberField(publication, 'lost'),
    jitterMs: numberField(publication, 'jitterMs'),
    subscribers: numberField(publication, 'subscribers'),
    speaking: publication.speaking === true,
    dominant: publication.dominant === true,
    audioLevel: numberField(publication, 'audioLevel'),
    freezes: numberField(publication, 'freezes'),
    quality: numberField(publication, 'quality'),
  };
}

function readSubscription([id, subscription]: readonly [string, JsonObject]): SubscriptionFacts {
  return {
    id,
    publicationId: stringField(subscription, 'publicationId'),
    participantId: stringField(subscription, 'participantId'),
    kind: stringField(subscription, 'kind'),
    state: stringField(subscription, 'state'),
    reason: stringField(subscription, 'reason'),
    bitrate: numberField(subscription, 'bitrate'),
    packets: numberField(subscription, 'packets'),
    fractionLost: numberField(subscription, 'fractionLost'),
    rttMs: numberField(subscription, 'rttMs'),
    freezes: numberField(subscription, 'freezes'),
    quality: numberField(subscription, 'quality'),
  };
}

/** Entries without an id cannot be shown or removed. */
function withId(entries: readonly JsonObject[] | null): (readonly [string, JsonObject])[] {
  return (entries ?? []).flatMap((entry) => {
    const id = stringField(entry, 'id');
    return id === null ? [] : [[id, entry] as const];
  });
}

/** ISO text as JSON has dates, or milliseconds. */
function timeField(object: JsonObject, key: string): number | null {
  const text = stringField(object, key);
  if (text === null) return numberField(object, key);
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
