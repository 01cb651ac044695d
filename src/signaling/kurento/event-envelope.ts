/**
 * `onEvent` messages. Under its present name an event has exactly the form of Kurento 7; under one of Kurento 6 it
 * carries what old clients and the README of ksfu know besides, which no client minds.
 */
import type { EventSubscription } from './event-subscription.ts';
import { legacyEvents } from './object-class.ts';

/** Events whose data says nothing of, or something else as, their `type`. */
const untyped: readonly string[] = ['ObjectCreated', 'ObjectDestroyed', 'Error'];

export function formatEvent(
  { object, event, name, reference }: Pick<EventSubscription, 'object' | 'event' | 'name' | 'reference'>,
  fields: Readonly<Record<string, unknown>>,
  nowMs: number = Date.now(),
): string {
  const legacy = legacyEvents.has(name);
  const data = {
    source: object.id,
    tags: object.sendTagsInEvents ? object.tagRecords : [],
    ...(legacy ? { timestamp: String(Math.floor(nowMs / 1000)) } : {}),
    timestampMillis: String(nowMs),
    ...(untyped.includes(event) ? {} : { type: name }),
    ...fields,
  };
  const value = { data, object: object.id, type: name };
  const params = legacy ? { value, type: name, data: { endpoint: reference, ...flat(fields) } } : { value };
  return JSON.stringify({ jsonrpc: '2.0', method: 'onEvent', params });
}

/** A candidate as the README has it: its text, with the rest of it beside. */
function flat({
  candidate,
  ...others
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof candidate !== 'object' || candidate === null) return others;
  const { candidate: text, sdpMid, sdpMLineIndex } = candidate as Record<string, unknown>;
  return { ...others, candidate: text, sdpMid, sdpMLineIndex };
}
