/** What clients tell on the data channel `internal`: JSON text of two types. */
import * as v from 'valibot';
import { isObject, parseJson } from './client-message.ts';

const publishLimitations = ['none', 'cpu', 'bandwidth', 'both'] as const;
export type PublishLimitation = (typeof publishLimitations)[number];

const measure = v.pipe(v.number(), v.finite(), v.minValue(0));

const schemas = {
  /** Each second: what the client could send, bit/s, and what keeps it from sending more. */
  stats: v.object({
    available_outgoing_bitrate: v.fallback(measure, 0),
    quality_limitation_reason: v.fallback(v.picklist(publishLimitations), 'none'),
  }),
  /** The size of the element that shows a track, in CSS pixels. */
  video_size: v.object({ track_id: v.string(), width: measure, height: measure }),
};

export type InternalMessage = {
  [Type in keyof typeof schemas]: {
    readonly type: Type;
    readonly data: v.InferOutput<(typeof schemas)[Type]>;
  };
}[keyof typeof schemas];

/** null for what makes no sense; it is ignored. */
export function parseInternalMessage(text: string): InternalMessage | null {
  const envelope = parseJson(text);
  if (!isObject(envelope)) return null;
  const { type } = envelope;
  if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) return null;
  const result = v.safeParse(schemas[type as keyof typeof schemas], envelope.data);
  return result.success ? ({ type, data: result.output } as InternalMessage) : null;
}
