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
  /** null where the server tells nothing of it. */
  readonly bandwidth: BandwidthFacts | null;
  readonly publications: readonly PublicationFacts[];
  readonly subscriptions: readonly SubscriptionFacts[];
}

/** What its network carries, and what it is sent; bit rates in bits per second. */
export interface BandwidthFacts {
  readonly estimate: number | null;
  readonly reason: string | null;
  readonly target: number | null;
  readonly wanted: number | null;
  readonly current: number | null;
  readonly max: number | null;
  readonly maxIncoming: number | null;
  /** 0 … 1 */
  readonly lossFraction: number | null;
  readonly rttMs: number | null;
  readonly packetsWaiting: number | null;
  readonly waitingMs: number | null;
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
  /** The spatial layers, lowest first; empty for audio. */
  readonly layers: readonly LayerFacts[];
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
  /** null for audio. */
  readonly layers: SentLayersFacts | null;
  readonly pauseReason: string | null;
  readonly rttMs: number | null;
  readonly freezes: number | null;
  readonly quality: number | null;
}

/** One spatial layer with all its temporal ones. */
export interface LayerFacts {
  readonly spatial: number;
  readonly bitrate: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
  readonly active: boolean;
}

export interface SentLayersFacts {
  /** null while nothing is sent. */
  readonly spatial: number | null;
  readonly temporal: number | null;
  /** The highest there is of use to the receiver. */
  readonly highestSpatial: number | null;
  readonly highestTemporal: number | null;
  readonly reason: string | null;
  readonly switches: number | null;
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
    bandwidth: isObject(participant.bandwidth) ? readBandwidth(participant.bandwidth) : null,
    publications: withId(objectsField(participant, 'publications')).map(readPublication),
    subscriptions: withId(objectsField(participant, 'subscriptions')).map(readSubscription),
  };
}

function readBandwidth(bandwidth: JsonObject): BandwidthFacts {
  return {
    estimate: numberField(bandwidth, 'estimate'),
    reason: stringField(bandwidth, 'reason'),
    target: numberField(bandwidth, 'target'),
    wanted: numberField(bandwidth, 'wanted'),
    current: numberField(bandwidth, 'current'),
    max: numberField(bandwidth, 'max'),
    maxIncoming: numberField(bandwidth, 'maxIncoming'),
    lossFraction: numberField(bandwidth, 'lossFraction'),
    rttMs: numberField(bandwidth, 'rttMs'),
    packetsWaiting: numberField(bandwidth, 'packetsWaiting'),
    waitingMs: numberField(bandwidth, 'waitingMs'),
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
    layers: readLayers(objectsField(publication, 'layers') ?? []),
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
    pauseReason: stringField(subscription, 'pauseReason'),
    layers: isObject(subscription.layers) ? readSentLayers(subscription.layers) : null,
    freezes: numberField(subscription, 'freezes'),
    quality: numberField(subscription, 'quality'),
  };
}

/** Of each spatial layer the entry with all its temporal layers, which comes last. */
function readLayers(entries: readonly JsonObject[]): LayerFacts[] {
  const bySpatial = new Map<number, LayerFacts>();
  for (const entry of entries) {
    const spatial = numberField(entry, 'spatial');
    if (spatial === null) continue;
    bySpatial.set(spatial, {
      spatial,
      bitrate: numberField(entry, 'bitrate'),
      height: numberField(entry, 'height') || null,
      frameRate: numberField(entry, 'frameRate') || null,
      active: entry.active === true,
    });
  }
  return [...bySpatial.values()];
}

function readSentLayers(layers: JsonObject): SentLayersFacts {
  const current = isObject(layers.current) ? layers.current : {};
  const highest = objectsField(layers, 'available')?.at(-1) ?? {};
  const sent = (key: string) => {
    const layer = numberField(current, key);
    return layer === null || layer < 0 ? null : layer;
  };
  return {
    spatial: sent('spatial'),
    temporal: sent('temporal'),
    highestSpatial: numberField(highest, 'spatial'),
    highestTemporal: numberField(highest, 'temporal'),
    reason: stringField(layers, 'reason'),
    switches: numberField(layers, 'switches'),
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
