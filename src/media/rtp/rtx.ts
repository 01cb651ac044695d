import { type RtpPacket, writeInt32, writeUint16 } from './rtp-packet.ts';

/** Bytes of the original sequence number at the start of an RTX payload (RFC 4588 §4). */
export const originalSequenceBytes = 2;

/**
 * Turns an RTX packet (RFC 4588 §4) back into the packet it repeats, in place: the header moves over the
 * original sequence number, which goes into it.
 *
 *     | header, RTX's PT/SSRC/seq | OSN | payload |
 *     |     | header, original PT/SSRC/seq | payload |
 *
 * False for one that repeats nothing (padding to probe the path); the packet is unchanged then.
 */
export function unwrapRtx(packet: RtpPacket, payloadType: number, ssrc: number): boolean {
  if (packet.payloadLength < originalSequenceBytes) return false;
  const { bytes, start, payloadOffset } = packet;
  const sequenceNumber = (bytes[payloadOffset] << 8) | bytes[payloadOffset + 1];
  bytes.copyWithin(start + originalSequenceBytes, start, payloadOffset);
  packet.moveBy(originalSequenceBytes);
  packet.payloadOffset += originalSequenceBytes;
  packet.payloadLength -= originalSequenceBytes;
  packet.payloadType = payloadType;
  packet.sequenceNumber = sequenceNumber;
  packet.ssrc = ssrc;
  packet.recovered = true;
  const header = packet.start;
  bytes[header + 1] = (packet.marker << 7) | payloadType;
  writeUint16(bytes, header + 2, sequenceNumber);
  writeInt32(bytes, header + 8, ssrc);
  return true;
}
