import { PacketKind } from '../../packet-io/layout.ts';
import type { SendQueue } from '../../packet-io/send-queue.ts';
import { writeDescriptor } from '../codecs/descriptor-rewriter.ts';
import { emptyRewrite } from '../codecs/payload-rewrite.ts';
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

/**
 * Queues the packet whose prefix was written from `at` to `end`, with its payload changed as `rewrite` says.
 * @returns its bytes
 */
export function commitRewritten(
  queue: SendQueue,
  transport: number,
  packet: RtpPacket,
  at: number,
  end: number,
  rewrite: number,
): number {
  const { payloadOffset, payloadLength } = packet;
  if (rewrite === emptyRewrite) {
    queue.commit(PacketKind.Rtp, transport, end - at, payloadOffset, 0);
    return end - at;
  }
  const done = writeDescriptor(packet.bytes, payloadOffset, payloadLength, queue.prefixes, end, rewrite);
  queue.commit(PacketKind.Rtp, transport, end + done - at, payloadOffset + done, payloadLength - done);
  return end - at + payloadLength;
}
