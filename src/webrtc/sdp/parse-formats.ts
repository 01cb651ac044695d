import { ProtocolError } from '../../errors.ts';
import { maxFeedbackPerFormat, maxFeedbackPerLine, maxParametersPerFormat } from './sdp-limits.ts';
import type { SdpAttribute } from './sdp-lines.ts';
import type { PayloadFormat } from './session-description.ts';

/** Payload types RFC 3551 assigns without a=rtpmap; all of them have one channel. */
const staticFormats: Readonly<Record<number, { kind: string; name: string; clockRate: number }>> = {
  0: { kind: 'audio', name: 'PCMU', clockRate: 8000 },
  8: { kind: 'audio', name: 'PCMA', clockRate: 8000 },
  9: { kind: 'audio', name: 'G722', clockRate: 8000 },
};

interface FormatDraft {
  name: string;
  clockRate: number;
  channels: number;
  parameters: Record<string, string>;
  feedback: string[];
}

/**
 * Reads the payload formats of one RTP m-line, in its order. Attributes of payload types that m= does not list
 * are ignored, as is a repeated a=rtpmap.
 *
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function parseFormats(
  kind: string,
  formats: readonly string[],
  attributes: readonly SdpAttribute[],
): PayloadFormat[] {
  const drafts = new Map<number, FormatDraft | null>();
  for (const format of formats) drafts.set(parsePayloadType(format), null);
  for (const { name, value } of attributes) {
    if (name === 'rtpmap') addRtpMap(drafts, value);
  }
  for (const [payloadType, draft] of drafts) {
    const known = staticFormats[payloadType];
    if (!draft && known?.kind === kind) drafts.set(payloadType, newDraft(known.name, known.clockRate, 1));
  }
  let feedbackLines = 0;
  for (const { name, value } of attributes) {
    if (name === 'fmtp') addParameters(drafts, value);
    if (name === 'rtcp-fb') {
      feedbackLines++;
      if (feedbackLines > maxFeedbackPerLine) {
        throw new ProtocolError('unsupported-sdp', `More than ${maxFeedbackPerLine} a=rtcp-fb in an m-line.`);
      }
      addFeedback(drafts, value);
    }
  }
  const result: PayloadFormat[] = [];
  for (const [payloadType, draft] of drafts) {
    if (draft) result.push({ payloadType, ...draft });
  }
  return result;
}

function newDraft(name: string, clockRate: number, channels: number): FormatDraft {
  return { name, clockRate, channels, parameters: {}, feedback: [] };
}

function parsePayloadType(text: string): number {
  const payloadType = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(payloadType <= 127)) throw new ProtocolError('malformed-sdp', 'A payload type is not in 0–127.');
  return payloadType;
}

function addRtpMap(drafts: Map<number, FormatDraft | null>, value: string): void {
  const match = /^([0-9]{1,3}) +([A-Za-z0-9_.+-]{1,64})\/([0-9]{1,7})(?:\/([0-9]{1,2}))?$/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=rtpmap line is malformed.');
  const payloadType = parsePayloadType(match[1]);
  if (drafts.get(payloadType) !== null) return;
  drafts.set(payloadType, newDraft(match[2], Number(match[3]), match[4] ? Number(match[4]) : 1));
}

function addParameters(drafts: Map<number, FormatDraft | null>, value: string): void {
  const match = /^([0-9]{1,3})(?: +(.*))?$/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=fmtp line is malformed.');
  const draft = drafts.get(parsePayloadType(match[1]));
  if (!draft) return;
  let count = 0;
  for (const item of (match[2] ?? '').split(';')) {
    const equals = item.indexOf('=');
    const key = (equals < 0 ? item : item.slice(0, equals)).trim().toLowerCase();
    if (key === '' || key === '__proto__') continue;
    count++;
    if (count > maxParametersPerFormat) {
      throw new ProtocolError('unsupported-sdp', `More than ${maxParametersPerFormat} format parameters.`);
    }
    draft.parameters[key] = equals < 0 ? '' : item.slice(equals + 1).trim();
  }
}

function addFeedback(drafts: Map<number, FormatDraft | null>, value: string): void {
  const match = /^(\*|[0-9]{1,3}) +(\S.*)$/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=rtcp-fb line is malformed.');
  const feedback = match[2].replace(/ +/g, ' ');
  if (match[1] === '*') {
    for (const draft of drafts.values()) addOnce(draft, feedback);
  } else {
    addOnce(drafts.get(parsePayloadType(match[1])) ?? null, feedback);
  }
}

function addOnce(draft: FormatDraft | null, feedback: string): void {
  if (!draft || draft.feedback.length >= maxFeedbackPerFormat) return;
  if (!draft.feedback.includes(feedback)) draft.feedback.push(feedback);
}
