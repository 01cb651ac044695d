import type { MediaKind, RtcpFeedback, RtpCodec } from '../../media/rtp-parameters.ts';

/** A codec this server forwards, with what it would say of it in its own offers. */
export interface CodecCapability extends RtpCodec {
  /** The payload type our offers use unless the connection already has another. */
  readonly preferredPayloadType: number;
  /** That of its RTX (RFC 4588), or -1 where the codec is used without. */
  readonly preferredRtxPayloadType: number;
  readonly feedback: readonly RtcpFeedback[];
}

const audioFeedback: readonly RtcpFeedback[] = ['transport-cc', 'nack'];
const videoFeedback: readonly RtcpFeedback[] = ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'];

function audio(
  name: string,
  clockRate: number,
  channels: number,
  preferredPayloadType: number,
  parameters: Record<string, string> = {},
  feedback: readonly RtcpFeedback[] = [],
): CodecCapability {
  const kind: MediaKind = 'audio';
  return {
    kind,
    name,
    clockRate,
    channels,
    parameters,
    preferredPayloadType,
    preferredRtxPayloadType: -1,
    feedback,
  };
}

function video(
  name: string,
  preferredPayloadType: number,
  preferredRtxPayloadType: number,
  parameters: Record<string, string> = {},
): CodecCapability {
  return {
    kind: 'video',
    name,
    clockRate: 90000,
    channels: 1,
    parameters,
    preferredPayloadType,
    preferredRtxPayloadType,
    feedback: videoFeedback,
  };
}

/** Level 5.2: this server does not decode, so any level may be sent to it. */
function h264(
  profile: string,
  packetizationMode: '0' | '1',
  payloadType: number,
  rtx: number,
): CodecCapability {
  return video('H264', payloadType, rtx, {
    'level-asymmetry-allowed': '1',
    'packetization-mode': packetizationMode,
    'profile-level-id': `${profile}34`,
  });
}

/**
 * Every codec the engine can forward, in the order our own offers list them. Payload types are those Chromium
 * uses, so that mixed-up logs are readable; all avoid 64–95, which collide with RTCP (RFC 5761 §4).
 */
export const defaultCodecs: readonly CodecCapability[] = [
  audio('opus', 48000, 2, 111, { minptime: '10', useinbandfec: '1' }, audioFeedback),
  // RFC 2198 redundancy of Opus; its a=fmtp names Opus' payload type and is written when that is known.
  audio('red', 48000, 2, 63, {}, ['transport-cc']),
  audio('G722', 8000, 1, 9),
  audio('PCMU', 8000, 1, 0),
  audio('PCMA', 8000, 1, 8),
  video('VP8', 96, 97),
  h264('42e0', '1', 106, 107),
  h264('42e0', '0', 108, 109),
  h264('4200', '1', 102, 103),
  h264('4200', '0', 104, 105),
  h264('4d00', '1', 127, 125),
  h264('4d00', '0', 39, 40),
  h264('6400', '1', 112, 113),
  h264('6400', '0', 114, 115),
  h264('640c', '1', 116, 117),
  video('VP9', 98, 99, { 'profile-id': '0' }),
  video('VP9', 100, 101, { 'profile-id': '2' }),
  video('AV1', 45, 46, { 'level-idx': '5', profile: '0', tier: '0' }),
  video('H265', 49, 50, { 'level-id': '180', 'profile-id': '1', 'tier-flag': '0', 'tx-mode': 'SRST' }),
];
