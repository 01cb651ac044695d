import { writeInt32, writeUint16 } from '../rtp/rtp-packet.ts';

export const rtpHeaderBytes = 12;

/** Writes the fixed header of an outgoing packet (RFC 3550 §5.1): no padding, no CSRCs. */
export function writeRtpHeader(
  bytes: Uint8Array,
  at: number,
  hasExtension: boolean,
  markerAndPayloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  bytes[at] = hasExtension ? 0x90 : 0x80;
  bytes[at + 1] = markerAndPayloadType;
  writeUint16(bytes, at + 2, sequence);
  writeInt32(bytes, at + 4, timestamp);
  writeInt32(bytes, at + 8, ssrc);
}
