import { ExtensionKind } from '../rtp/header-extension.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';

/** Loudness counts up from digital silence: 0 is -127 dBov, 127 is 0 dBov (RFC 6464 §3 counts down). */
export const maxLoudness = 127;

/** Returned by levelOf() for a packet that does not say its level. */
export const noLevel = -1;

/** Payload bytes of 20 ms beyond which all is equally loud. */
const maxFrameBytes = 511;
/** Opus at 16 kbit/s, about what a quiet voice takes, counts as -50 dBov; each doubling as 15 dB. */
const referenceBytes = 40;
const referenceLoudness = 77;
const loudnessPerDoubling = 15;
/** A DTX frame is a TOC byte and at most two more (RFC 6716 §3.1). */
const dtxBytes = 3;

const loudnessByBytes = new Uint8Array(maxFrameBytes + 1);
for (let bytes = dtxBytes + 1; bytes <= maxFrameBytes; bytes++) {
  const loudness = referenceLoudness + loudnessPerDoubling * Math.log2(bytes / referenceBytes);
  loudnessByBytes[bytes] = Math.min(maxLoudness, Math.max(0, Math.round(loudness)));
}

/** The loudness a packet says it has (RFC 6464), or noLevel. */
export function levelOf(packet: RtpPacket): number {
  const kind = ExtensionKind.AudioLevel;
  if (!packet.hasExtension(kind) || packet.extensionLength[kind] < 1) return noLevel;
  return maxLoudness - (packet.bytes[packet.extensionOffset[kind]] & 0x7f);
}

/**
 * A guess at the loudness of a packet that does not say it, by how much the encoder spent on 20 ms of it: voice costs
 * a variable-rate codec a multiple of what a quiet room does. Codecs of constant rate come out constant, which
 * counts as noise and never as voice.
 */
export function loudnessOfSize(bytesOf20Ms: number): number {
  return loudnessByBytes[Math.min(bytesOf20Ms, maxFrameBytes)];
}
