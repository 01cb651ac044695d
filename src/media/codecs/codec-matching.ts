import type { RtpCodec, RtpCodecParameters } from '../rtp-parameters.ts';
import { decodesH264Profile, h264ProfileOf } from './h264-profile.ts';
import { isRed, redPrimary } from './red.ts';

/**
 * The codec of a receiver by which packets of a sender's codec can be sent to it unchanged: one with the same
 * profile first, then one that includes it; null where there is none.
 */
export function findMatchingCodec(
  sender: RtpCodec,
  receiver: readonly RtpCodecParameters[],
): RtpCodecParameters | null {
  return (
    receiver.find((codec) => sameFormat(sender, codec) && sameProfile(sender, codec)) ??
    receiver.find((codec) => sameFormat(sender, codec) && includesProfile(codec, sender)) ??
    null
  );
}

function sameFormat(a: RtpCodec, b: RtpCodec): boolean {
  return (
    a.kind === b.kind &&
    a.name.toLowerCase() === b.name.toLowerCase() &&
    a.clockRate === b.clockRate &&
    a.channels === b.channels &&
    // RED names payload types inside its payload (RFC 2198 §3): they have to mean the same at the receiver.
    (!isRed(a) || redPrimary(a) === redPrimary(b))
  );
}

/** Parameters that choose a bit stream or a packetization; a missing one has the stated default. */
const profileParameters: Readonly<Record<string, readonly (readonly [name: string, missing: string])[]>> = {
  vp9: [['profile-id', '0']],
  av1: [['profile', '0']],
  h265: [
    ['profile-id', '1'],
    ['tier-flag', '0'],
    ['tx-mode', 'SRST'],
  ],
  h264: [['packetization-mode', '0']],
};

function sameProfile(a: RtpCodec, b: RtpCodec): boolean {
  const name = a.name.toLowerCase();
  if (name === 'h264' && !sameH264Profile(a, b)) return false;
  return (profileParameters[name] ?? []).every(
    ([parameter, missing]) =>
      (a.parameters[parameter] ?? missing).toUpperCase() ===
      (b.parameters[parameter] ?? missing).toUpperCase(),
  );
}

/** H.264 only: a decoder of a larger profile, and one that takes all packetizations of mode 1, take less too. */
function includesProfile(receiver: RtpCodec, sender: RtpCodec): boolean {
  if (receiver.name.toLowerCase() !== 'h264') return false;
  const receiverMode = receiver.parameters['packetization-mode'] ?? '0';
  const senderMode = sender.parameters['packetization-mode'] ?? '0';
  if (receiverMode !== senderMode && !(receiverMode === '1' && senderMode === '0')) return false;
  const decoder = profileOf(receiver);
  const stream = profileOf(sender);
  return decoder !== null && stream !== null && decodesH264Profile(decoder, stream);
}

function sameH264Profile(a: RtpCodec, b: RtpCodec): boolean {
  const profile = profileOf(a);
  if (profile !== profileOf(b)) return false;
  if (profile !== null) return true;
  // Profiles we have no name for are the same if they are spelled so.
  const spelling = (codec: RtpCodec) => codec.parameters['profile-level-id']?.slice(0, 4).toLowerCase();
  return spelling(a) === spelling(b);
}

function profileOf(codec: RtpCodec): ReturnType<typeof h264ProfileOf> {
  return h264ProfileOf(codec.parameters['profile-level-id']);
}
