import { answerProfileLevelId, defaultProfileLevelId } from '../../media/codecs/h264-profile.ts';
import { isRed, redPrimary } from '../../media/codecs/red.ts';
import type { MediaKind, RtcpFeedback, RtpCodecParameters } from '../../media/rtp-parameters.ts';
import type { CodecCapability } from './codec-capabilities.ts';
import { codecIdentity, redIdentity, rtxIdentity } from './codec-identity.ts';
import type { IdentifierMap } from './identifier-map.ts';
import type { PayloadFormat } from './session-description.ts';
import { sharedResult } from './shared-results.ts';

/** What one side said of a codec: its payload types are those it wants to receive. */
export interface CodecSide {
  readonly payloadType: number;
  /** -1 where RTX was not negotiated. */
  readonly rtxPayloadType: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A codec both sides (or, in an offer of ours, we alone so far) are ready for on one m-line. */
export interface NegotiatedCodec {
  readonly capability: CodecCapability;
  readonly identity: string;
  readonly local: CodecSide;
  readonly remote: CodecSide;
  readonly feedback: readonly RtcpFeedback[];
}

/**
 * The codecs of a remote offer that we can forward, with the remote's payload types.
 * @param order whose: the remote's, or that of our capabilities
 */
export function answerCodecs(
  kind: string,
  offered: readonly PayloadFormat[],
  capabilities: readonly CodecCapability[],
  order: 'remote' | 'local' = 'remote',
): readonly NegotiatedCodec[] {
  const answer = (): readonly NegotiatedCodec[] => {
    const common = commonCodecs(kind, offered, capabilities);
    return order === 'local' ? inOwnOrder(common, capabilities) : common;
  };
  return sharedResult(offered, `answer ${kind} ${order}`, answer, capabilities);
}

/** In the remote's order. */
function commonCodecs(
  kind: string,
  offered: readonly PayloadFormat[],
  capabilities: readonly CodecCapability[],
): NegotiatedCodec[] {
  const usable = offered.filter(({ payloadType }) => !collidesWithRtcp(payloadType));
  const codecs = new Map<PayloadFormat, NegotiatedCodec>();
  const taken = new Set<string>();
  for (const format of usable) {
    if (isRed(format)) continue;
    const identity = codecIdentity(format);
    const capability = findCapability(kind, identity, capabilities);
    if (!capability || taken.has(identity)) continue;
    const parameters = answerParameters(capability, format);
    if (!parameters) continue;
    taken.add(identity);
    const rtxPayloadType = capability.preferredRtxPayloadType >= 0 ? rtxOf(format.payloadType, usable) : -1;
    codecs.set(format, {
      capability,
      identity,
      local: { payloadType: format.payloadType, rtxPayloadType, parameters },
      remote: { payloadType: format.payloadType, rtxPayloadType, parameters: format.parameters },
      feedback: commonFeedback(capability.feedback, format.feedback),
    });
  }
  for (const format of usable) {
    const red = isRed(format) ? answerRed(kind, format, [...codecs.values()], capabilities) : null;
    if (!red || taken.has(red.identity)) continue;
    taken.add(red.identity);
    codecs.set(format, red);
  }
  return usable.flatMap((format) => codecs.get(format) ?? []);
}

/** Negotiated codecs in the order of our capabilities. */
function inOwnOrder(
  codecs: readonly NegotiatedCodec[],
  capabilities: readonly CodecCapability[],
): NegotiatedCodec[] {
  return capabilities.flatMap((own) => codecs.filter(({ capability }) => capability === own));
}

/**
 * Everything we can forward, with payload types that agree with what the connection already uses. A codec for
 * which no payload type is left is not offered.
 */
export function offerCodecs(
  kind: MediaKind,
  capabilities: readonly CodecCapability[],
  payloadTypes: IdentifierMap,
): NegotiatedCodec[] {
  const codecs: NegotiatedCodec[] = [];
  for (const capability of capabilities) {
    if (capability.kind !== kind) continue;
    let identity = capabilityIdentity(capability);
    let { parameters } = capability;
    if (isRed(capability)) {
      const primary = codecs.find(({ capability: { name } }) => name === 'opus')?.local.payloadType;
      if (primary === undefined) continue;
      identity = redIdentity(primary);
      parameters = { [`${primary}/${primary}`]: '' };
    }
    const payloadType = payloadTypes.claim(identity, capability.preferredPayloadType);
    if (payloadType < 0) continue;
    const rtxPayloadType =
      capability.preferredRtxPayloadType >= 0
        ? payloadTypes.claim(rtxIdentity(payloadType), capability.preferredRtxPayloadType)
        : -1;
    const local = { payloadType, rtxPayloadType, parameters };
    codecs.push({ capability, identity, local, remote: local, feedback: capability.feedback });
  }
  return codecs;
}

/**
 * What remains of our offer after the remote's answer, in the answer's order. The answer's payload types may
 * differ from ours (RFC 3264 §6.1); then each side is sent what it asked for.
 */
export function acceptCodecs(
  offered: readonly NegotiatedCodec[],
  answered: readonly PayloadFormat[],
): NegotiatedCodec[] {
  const byIdentity = new Map(offered.map((codec) => [codec.identity, codec]));
  const result: NegotiatedCodec[] = [];
  for (const format of answered) {
    if (collidesWithRtcp(format.payloadType)) continue;
    const identity = isRed(format) ? redIdentity(redPrimary(format)) : codecIdentity(format);
    const ours = byIdentity.get(identity);
    if (!ours) continue;
    // The first of several payload types for one codec is the answer's choice.
    byIdentity.delete(identity);
    const rtx = ours.local.rtxPayloadType >= 0 ? rtxOf(format.payloadType, answered) : -1;
    result.push({
      ...ours,
      local: { ...ours.local, rtxPayloadType: rtx >= 0 ? ours.local.rtxPayloadType : -1 },
      remote: { payloadType: format.payloadType, rtxPayloadType: rtx, parameters: format.parameters },
      feedback: commonFeedback(ours.feedback, format.feedback),
    });
  }
  return result;
}

/** The rtpmaps, and with them fmtps and feedback, that state our side of the codecs; RTX follows its codec. */
export function describeCodecs(
  codecs: readonly NegotiatedCodec[],
  transportCc: boolean,
): readonly PayloadFormat[] {
  return sharedResult(codecs, `formats ${transportCc}`, () => formatsOf(codecs, transportCc));
}

function formatsOf(codecs: readonly NegotiatedCodec[], transportCc: boolean): PayloadFormat[] {
  return codecs.flatMap(({ capability, local, feedback }) => {
    const { name, clockRate, channels } = capability;
    const primary: PayloadFormat = {
      payloadType: local.payloadType,
      name,
      clockRate,
      channels,
      parameters: local.parameters,
      feedback: feedback.filter((item) => transportCc || item !== 'transport-cc'),
    };
    if (local.rtxPayloadType < 0) return [primary];
    const rtx: PayloadFormat = {
      payloadType: local.rtxPayloadType,
      name: 'rtx',
      clockRate,
      channels: 1,
      parameters: { apt: String(local.payloadType) },
      feedback: [],
    };
    return [primary, rtx];
  });
}

/** The codecs as the media layer wants them, for packets towards us (`local`) or towards the remote. */
export function codecParameters(
  codecs: readonly NegotiatedCodec[],
  side: 'local' | 'remote',
  transportCc: boolean,
): readonly RtpCodecParameters[] {
  const make = (): readonly RtpCodecParameters[] =>
    codecs.map((codec) => {
      const { kind, name, clockRate, channels } = codec.capability;
      const feedback = codec.feedback.filter((item) => transportCc || item !== 'transport-cc');
      return { kind, name, clockRate, channels, ...codec[side], feedback };
    });
  return sharedResult(codecs, `parameters ${side} ${transportCc}`, make);
}

/** Identities of the few capability objects there are; a description is compared with each of them per format. */
const identities = new WeakMap<CodecCapability, string>();

function capabilityIdentity(capability: CodecCapability): string {
  let identity = identities.get(capability);
  if (identity === undefined) {
    identity = codecIdentity(capability);
    identities.set(capability, identity);
  }
  return identity;
}

function findCapability(
  kind: string,
  identity: string,
  capabilities: readonly CodecCapability[],
): CodecCapability | undefined {
  return capabilities.find(
    (capability) => capability.kind === kind && capabilityIdentity(capability) === identity,
  );
}

/** Our a=fmtp for an offered codec; null where its parameters turn out not to fit. */
function answerParameters(
  capability: CodecCapability,
  offered: PayloadFormat,
): Record<string, string> | null {
  const { parameters } = offered;
  switch (capability.name) {
    case 'opus':
      // What the offerer wants to receive is the best guess at what it means to send: stereo, DTX, bit rate.
      return { ...pick(parameters, opusParameters), useinbandfec: '1' };
    case 'H264': {
      const asymmetry = parameters['level-asymmetry-allowed'] === '1';
      const answer = pick(parameters, ['level-asymmetry-allowed', 'packetization-mode']);
      const profileLevelId = answerProfileLevelId(
        capability.parameters['profile-level-id'] ?? defaultProfileLevelId,
        parameters['profile-level-id'] ?? defaultProfileLevelId,
        asymmetry,
      );
      if (profileLevelId === null) return null;
      return 'profile-level-id' in parameters ? { ...answer, 'profile-level-id': profileLevelId } : answer;
    }
    default:
      return pick(parameters, Object.keys(capability.parameters));
  }
}

const opusParameters = [
  'minptime',
  'ptime',
  'maxptime',
  'stereo',
  'sprop-stereo',
  'usedtx',
  'cbr',
  'maxaveragebitrate',
  'maxplaybackrate',
];

function pick(parameters: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(parameters, key)).map((key) => [key, parameters[key]]),
  );
}

/** RED is answered only for the redundancy of an Opus that is itself accepted. */
function answerRed(
  kind: string,
  format: PayloadFormat,
  accepted: readonly NegotiatedCodec[],
  capabilities: readonly CodecCapability[],
): NegotiatedCodec | null {
  const capability = findCapability(kind, codecIdentity(format), capabilities);
  const primary = redPrimary(format);
  const opus = accepted.find(
    ({ capability: { name }, local }) => name === 'opus' && local.payloadType === primary,
  );
  if (!capability || !opus) return null;
  const side = { payloadType: format.payloadType, rtxPayloadType: -1, parameters: format.parameters };
  return {
    capability,
    identity: redIdentity(primary),
    local: side,
    remote: side,
    feedback: commonFeedback(capability.feedback, format.feedback),
  };
}

/** The payload type of the RTX that repeats another, or -1. */
function rtxOf(payloadType: number, formats: readonly PayloadFormat[]): number {
  const rtx = formats.find(
    ({ name, parameters }) => name.toLowerCase() === 'rtx' && parameters.apt === String(payloadType),
  );
  return rtx && !collidesWithRtcp(rtx.payloadType) ? rtx.payloadType : -1;
}

/** With rtcp-mux, 64–95 cannot be told from RTCP packet types (RFC 5761 §4). */
function collidesWithRtcp(payloadType: number): boolean {
  return payloadType >= 64 && payloadType <= 95;
}

function commonFeedback(ours: readonly RtcpFeedback[], theirs: readonly string[]): RtcpFeedback[] {
  return ours.filter((feedback) => theirs.includes(feedback));
}
