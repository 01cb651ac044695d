import type { PacketOutlet } from '../bandwidth/packet-outlet.ts';
import { noCopy } from '../bandwidth/sent-copy.ts';
import { writeDescriptor } from '../codecs/descriptor-rewriter.ts';
import { emptyRewrite, noRewrite } from '../codecs/payload-rewrite.ts';
import { type RtpPacket, writeInt32, writeUint16 } from '../rtp/rtp-packet.ts';

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

/** Where something at `offset` of the extension block is in the packet; 0 for nowhere, as `offset`. */
export function offsetInPacket(offset: number): number {
  return offset > 0 ? rtpHeaderBytes + offset : 0;
}

/**
 * Hands the packet whose prefix was written from `at` to `end` of the send queue to `outlet`, with its payload changed
 * as `rewrite` says. `sequenceOffset` and `absSendTimeOffset` are those of ExtensionMapping, `packetNumber` that of the
 * ring's packet the payload is part of; `copy` is its name should it get lost.
 * @returns its bytes
 */
export function commitPacket(
  outlet: PacketOutlet,
  urgency: number,
  packet: RtpPacket,
  at: number,
  end: number,
  sequenceOffset: number,
  absSendTimeOffset: number,
  rewrite: number,
  packetNumber: number,
  copy = noCopy,
): number {
  const { payloadOffset, payloadLength } = packet;
  let taken = 0;
  let left = payloadLength;
  if (rewrite === emptyRewrite) left = 0;
  else if (rewrite !== noRewrite) {
    taken = writeDescriptor(packet.bytes, payloadOffset, payloadLength, outlet.prefixes, end, rewrite);
    left -= taken;
  }
  outlet.commit(
    urgency,
    at,
    end + taken - at,
    offsetInPacket(sequenceOffset),
    offsetInPacket(absSendTimeOffset),
    payloadOffset + taken,
    left,
    packetNumber,
    copy,
  );
  return end + taken - at + left;
}
