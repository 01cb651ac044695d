/**
 * What Talksy clients send: `{"type": …, "data": …}`, one JSON text per frame. The original dies of a `data` of the
 * wrong type; here whatever is not understood is left alone, broken JSON included.
 */
import * as v from 'valibot';

/** More than a room has tracks; entries beyond are not looked at. */
const maxEntries = 4096;

const subscription = v.object({ client_id: v.string(), track_id: v.string() });

/** Which track is wanted of whom; `source_type` and whatever else is there does not count. */
export type SubscriptionRequest = v.InferOutput<typeof subscription>;

export const qualityCeilings = ['high', 'mid', 'low', 'none'] as const;
export type QualityCeiling = (typeof qualityCeilings)[number];

/** Digits as text, as the original wants them, or a number; whatever else means that there is no limit. */
const bitrateLimit = v.pipe(
  v.unknown(),
  v.transform((data) => {
    const limit = typeof data === 'string' && /^\s*\d+\s*$/.test(data) ? Number(data) : data;
    return typeof limit === 'number' && Number.isFinite(limit) && limit > 0 ? limit : 0;
  }),
);

const schemas = {
  offer: v.string(),
  answer: v.string(),
  /** Only the text of the candidate; empty at the end. */
  candidate: v.string(),
  /** By track id: `media`, or any other word for a screen. Entries of another type are passed over. */
  tracks_added: v.pipe(
    v.record(v.string(), v.unknown()),
    v.transform((entries) => {
      const words = new Map<string, string>();
      for (const [id, word] of Object.entries(entries).slice(0, maxEntries)) {
        if (typeof word === 'string') words.set(id, word);
      }
      return words;
    }),
  ),
  subscribe_tracks: v.pipe(
    v.array(v.unknown()),
    v.transform((entries) =>
      entries.slice(0, maxEntries).flatMap((entry): SubscriptionRequest[] => {
        const result = v.safeParse(subscription, entry);
        return result.success ? [result.output] : [];
      }),
    ),
  ),
  switch_quality: v.picklist(qualityCeilings),
  /** The client's estimate of its own uplink, bit/s; 0 says nothing. */
  update_bandwidth: v.pipe(v.number(), v.finite(), v.minValue(0)),
  set_bandwidth_limit: bitrateLimit,
  is_allow_renegotiation: v.unknown(),
};

type Schemas = typeof schemas;

export type ClientMessage = {
  [Type in keyof Schemas]: { readonly type: Type; readonly data: v.InferOutput<Schemas[Type]> };
}[keyof Schemas];

/** Nothing this server knows; to be ignored. */
export interface Nonsense {
  readonly type: null;
  readonly reason: string;
}

export function parseClientMessage(text: string): ClientMessage | Nonsense {
  const envelope = parseJson(text);
  if (envelope === undefined) return nonsense('the message is no JSON');
  if (!isObject(envelope)) return nonsense('the message is no object');
  const { type } = envelope;
  if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) return nonsense('unknown type');
  const result = v.safeParse(schemas[type as keyof Schemas], envelope.data, { abortEarly: true });
  if (!result.success) return nonsense(`${type}: expected ${result.issues[0].expected ?? 'other data'}`);
  return { type, data: result.output } as ClientMessage;
}

/** Whether a first frame is of this dialect: what Pion_SFU sends has an `event`, JSON-RPC a version. */
export function looksLikeTalksy(text: string): boolean {
  const envelope = parseJson(text);
  return isObject(envelope) && typeof envelope.type === 'string' && Object.hasOwn(schemas, envelope.type);
}

function nonsense(reason: string): Nonsense {
  return { type: null, reason };
}

/** undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
