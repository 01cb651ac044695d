/**
 * What Pion_SFU clients send: `{"event": …, "data": {…}}`. The original dies of anything unexpected; here what is
 * not understood is left alone, and only text that is no JSON at all is an error.
 */
import * as v from 'valibot';
import { ProtocolError } from '../../errors.ts';

/** Longest mid of RFC 9143's token; browsers use one to three characters. */
const maxMidLength = 64;
const maxFeatures = 16;
/** More pictures than any screen has room for. */
const maxShown = 256;
/** Pixels; the largest screens have 7680. */
const maxSide = 16_384;

const side = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxSide));
const mid = v.pipe(v.string(), v.maxLength(maxMidLength));

const ids = { room_id: v.pipe(v.string(), v.minLength(1)), self_id: v.pipe(v.string(), v.minLength(1)) };

const description = <T extends string>(type: T) =>
  v.object({ type: v.optional(v.literal(type), type), sdp: v.string() });

const schemas = {
  joinRoom: v.object({
    ...ids,
    // Additive, so a client that means something else by them is let in without.
    name: v.fallback(v.optional(v.pipe(v.string(), v.minLength(1))), undefined),
    features: v.fallback(v.optional(v.pipe(v.array(v.string()), v.maxLength(maxFeatures)), []), []),
  }),
  leaveRoom: v.object(ids),
  offer: v.object({ ...ids, offer: description('offer') }),
  // The shipped client copies the ids from the offer, where the original does not put them.
  answer: v.object({
    room_id: v.nullish(v.string(), null),
    self_id: v.nullish(v.string(), null),
    answer: description('answer'),
  }),
  // Mid, index and user fragment may be null or missing: every line is on one transport.
  'ice-candidate': v.object({ ...ids, candidate: v.object({ candidate: v.string() }) }),
  mute: v.object({ ...ids, mid, muted: v.boolean() }),
  shown: v.object({
    ...ids,
    sizes: v.pipe(v.array(v.object({ mid, width: side, height: side })), v.maxLength(maxShown)),
  }),
};

type Schemas = typeof schemas;

export type ClientMessage = {
  [Event in keyof Schemas]: { readonly event: Event; readonly data: v.InferOutput<Schemas[Event]> };
}[keyof Schemas];

/** Well-formed, but nothing this server knows; to be ignored. */
export interface Nonsense {
  readonly event: null;
  readonly reason: string;
}

/** @throws ProtocolError `malformed-message` for text that is no JSON */
export function parseClientMessage(text: string): ClientMessage | Nonsense {
  const envelope = parseJson(text);
  if (envelope === undefined) throw new ProtocolError('malformed-message', 'The message is no JSON.');
  if (!isObject(envelope)) return nonsense('the message is no object');
  const { event } = envelope;
  if (typeof event !== 'string' || !Object.hasOwn(schemas, event)) return nonsense('unknown event');
  // Clients of derived servers encode their data twice, as the server does.
  const data = typeof envelope.data === 'string' ? parseJson(envelope.data) : envelope.data;
  const result = v.safeParse(schemas[event as keyof Schemas], data, { abortEarly: true });
  if (!result.success) return nonsense(`${event}: ${issueText(result.issues[0])}`);
  return { event, data: result.output } as ClientMessage;
}

function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'data';
  return `${path}: expected ${issue.expected ?? issue.type}`;
}

function nonsense(reason: string): Nonsense {
  return { event: null, reason };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
