/** What the server says, read with care: an older or newer server must not break the page. */
import {
  isObject,
  type JsonObject,
  numberField,
  objectsField,
  parseJson,
  stringField,
} from '../shared/json-fields.ts';

export interface ServerMessage {
  readonly type: string;
  readonly data: unknown;
}

export function readServerMessage(text: string): ServerMessage | null {
  const message = parseJson(text);
  if (!isObject(message)) return null;
  const type = stringField(message, 'type');
  return type === null ? null : { type, data: message.data };
}

export function readDescription(data: unknown): RTCSessionDescriptionInit | null {
  if (!isObject(data)) return null;
  const { type, sdp } = data;
  return (type === 'offer' || type === 'answer') && typeof sdp === 'string' ? { type, sdp } : null;
}

/** What to ask for, of what is said to be there. */
export function subscriptionsTo(data: unknown): JsonObject[] {
  if (!isObject(data)) return [];
  return Object.values(data).flatMap((track) => {
    if (!isObject(track)) return [];
    const { id, client_id, source_type } = track;
    return typeof id === 'string' && typeof client_id === 'string'
      ? [{ client_id, track_id: id, source_type }]
      : [];
  });
}

/** What is shown of one track. */
export interface TrackFigures {
  readonly id: string;
  readonly codec: string;
  readonly bitrate: number;
  /** 0 … 1, of what is sent to this page. */
  readonly fractionLost: number;
  readonly quality: number | null;
  readonly maxQuality: number | null;
  readonly rid: string;
}

export interface CallFigures {
  readonly publisherBandwidth: number;
  readonly consumerBandwidth: number;
  readonly bitrate: number;
  readonly limitation: string;
  /** To this page. */
  readonly sent: readonly TrackFigures[];
  /** Of this page. */
  readonly received: readonly TrackFigures[];
}

export function readCallFigures(data: unknown): CallFigures | null {
  if (!isObject(data)) return null;
  return {
    publisherBandwidth: numberField(data, 'publisher_bandwidth') ?? 0,
    consumerBandwidth: numberField(data, 'consumer_bandwidth') ?? 0,
    bitrate: numberField(data, 'current_bitrate') ?? 0,
    limitation: stringField(data, 'current_publish_limitation') ?? 'none',
    sent: (objectsField(data, 'sent_track_stats') ?? []).map(readTrack),
    received: (objectsField(data, 'received_track_stats') ?? []).map(readTrack),
  };
}

function readTrack(track: JsonObject): TrackFigures {
  return {
    id: stringField(track, 'id') ?? '',
    codec: stringField(track, 'codec') ?? '',
    bitrate: numberField(track, 'current_bitrate') ?? 0,
    fractionLost: numberField(track, 'fraction_lost') ?? 0,
    quality: numberField(track, 'quality'),
    maxQuality: numberField(track, 'max_quality'),
    rid: stringField(track, 'rid') ?? '',
  };
}

const qualityNames: readonly string[] = [
  ...['none', 'low, least rate', 'low, less rate', 'low', 'mid, least rate', 'mid, less rate', 'mid'],
  ...['high, least rate', 'high, less rate', 'high', 'audio', 'audio, redundant'],
];

export function qualityName(quality: number | null): string {
  return quality === null ? '–' : (qualityNames[quality] ?? String(quality));
}
