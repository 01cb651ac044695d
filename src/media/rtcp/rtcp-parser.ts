import { readInt32 } from '../rtp/rtp-packet.ts';
import { PayloadFeedbackFormat, RtcpType, rembName, TransportFeedbackFormat } from './rtcp-format.ts';

/** What a compound RTCP packet says, in its order. SSRCs and 32-bit fields are signed integers. */
export interface RtcpHandler {
  senderReport(ssrc: number, ntpHigh: number, ntpLow: number, timestamp: number): void;
  /** One block of an SR or RR: how `ssrc` was received. `cumulativeLost` may be negative. */
  reportBlock(block: ReportBlock): void;
  goodbye(ssrc: number): void;
  /** One entry of a NACK: packet `sequenceNumber`, and with bit i of `bitmask` the packet i + 1 after it. */
  nack(mediaSsrc: number, sequenceNumber: number, bitmask: number): void;
  pictureLoss(mediaSsrc: number): void;
  fullIntraRequest(mediaSsrc: number): void;
  /** Receiver estimated maximum bit rate, bits per second. */
  receiverEstimate(bitrate: number): void;
  /** A transport-wide feedback packet, to be read with TransportFeedbackReader. */
  transportFeedback(bytes: Uint8Array, start: number, length: number): void;
}

/** A report block (RFC 3550 §6.4.1), reused for block after block. */
export interface ReportBlock {
  ssrc: number;
  /** Of 256. */
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  /** In units of the RTP clock. */
  jitter: number;
  /** Middle 32 bits of the NTP time of the last SR; 0 where none was received. */
  lastReport: number;
  /** In 1/65536 s. */
  delaySinceLastReport: number;
}

const headerBytes = 4;
const reportBlockBytes = 24;
const senderInfoBytes = 20;

const block: ReportBlock = {
  ssrc: 0,
  fractionLost: 0,
  cumulativeLost: 0,
  highestSequence: 0,
  jitter: 0,
  lastReport: 0,
  delaySinceLastReport: 0,
};

/**
 * Reads a compound or reduced-size (RFC 5506) RTCP packet. Packet types we do not know are skipped. Each packet
 * of the compound is handed over once it is known to be well-formed.
 *
 *     |V=2|P| count |   type        |      length in words - 1      |
 *
 * @returns false where a part was malformed; what came before it has been handed over
 */
export function parseRtcp(bytes: Uint8Array, start: number, length: number, handler: RtcpHandler): boolean {
  const end = start + length;
  let at = start;
  if (length < headerBytes) return false;
  while (at < end) {
    if (at + headerBytes > end || bytes[at] >>> 6 !== 2) return false;
    const next = at + (((bytes[at + 2] << 8) | bytes[at + 3]) + 1) * 4;
    if (next > end) return false;
    let bodyEnd = next;
    if ((bytes[at] & 0x20) !== 0) {
      // Only the last packet of a compound may be padded (RFC 3550 §6.4.1). Transport-wide feedback is padded by
      // less than the multiple of four asked for there.
      const padding = bytes[next - 1];
      if (next !== end || padding === 0 || at + headerBytes + padding > next) return false;
      bodyEnd -= padding;
    }
    if (!parsePacket(bytes, at, bodyEnd, handler)) return false;
    at = next;
  }
  return true;
}

function parsePacket(bytes: Uint8Array, at: number, end: number, handler: RtcpHandler): boolean {
  const count = bytes[at] & 0x1f;
  const body = at + headerBytes;
  switch (bytes[at + 1]) {
    case RtcpType.SenderReport: {
      const blocks = body + 4 + senderInfoBytes;
      if (blocks + count * reportBlockBytes > end) return false;
      handler.senderReport(
        readInt32(bytes, body),
        readInt32(bytes, body + 4),
        readInt32(bytes, body + 8),
        readInt32(bytes, body + 12),
      );
      parseBlocks(bytes, blocks, count, handler);
      return true;
    }
    case RtcpType.ReceiverReport:
      if (body + 4 + count * reportBlockBytes > end) return false;
      parseBlocks(bytes, body + 4, count, handler);
      return true;
    case RtcpType.Goodbye:
      if (body + count * 4 > end) return false;
      for (let i = 0; i < count; i++) handler.goodbye(readInt32(bytes, body + i * 4));
      return true;
    case RtcpType.TransportFeedback:
      return parseTransportFeedback(bytes, at, end, handler);
    case RtcpType.PayloadFeedback:
      return parsePayloadFeedback(bytes, at, end, handler);
    default:
      return true;
  }
}

function parseBlocks(bytes: Uint8Array, at: number, count: number, handler: RtcpHandler): void {
  for (let i = 0; i < count; i++, at += reportBlockBytes) {
    block.ssrc = readInt32(bytes, at);
    block.fractionLost = bytes[at + 4];
    block.cumulativeLost = (readInt32(bytes, at + 4) << 8) >> 8;
    block.highestSequence = readInt32(bytes, at + 8);
    block.jitter = readInt32(bytes, at + 12);
    block.lastReport = readInt32(bytes, at + 16);
    block.delaySinceLastReport = readInt32(bytes, at + 20) >>> 0;
    handler.reportBlock(block);
  }
}

/** Feedback packets (RFC 4585 §6.1): header, sender's SSRC, media SSRC, entries. */
function parseTransportFeedback(bytes: Uint8Array, at: number, end: number, handler: RtcpHandler): boolean {
  const entries = at + 12;
  if (entries > end) return false;
  const format = bytes[at] & 0x1f;
  if (format === TransportFeedbackFormat.Nack) {
    const mediaSsrc = readInt32(bytes, at + 8);
    for (let entry = entries; entry + 4 <= end; entry += 4) {
      handler.nack(
        mediaSsrc,
        (bytes[entry] << 8) | bytes[entry + 1],
        (bytes[entry + 2] << 8) | bytes[entry + 3],
      );
    }
  } else if (format === TransportFeedbackFormat.TransportWideCc) {
    if (entries + 8 > end) return false;
    handler.transportFeedback(bytes, at, end - at);
  }
  return true;
}

function parsePayloadFeedback(bytes: Uint8Array, at: number, end: number, handler: RtcpHandler): boolean {
  const entries = at + 12;
  if (entries > end) return false;
  switch (bytes[at] & 0x1f) {
    case PayloadFeedbackFormat.PictureLoss:
      handler.pictureLoss(readInt32(bytes, at + 8));
      return true;
    case PayloadFeedbackFormat.FullIntraRequest:
      for (let entry = entries; entry + 8 <= end; entry += 8)
        handler.fullIntraRequest(readInt32(bytes, entry));
      return true;
    case PayloadFeedbackFormat.Application: {
      if (entries + 8 > end || readInt32(bytes, entries) !== rembName) return true;
      // |  'REMB'  | count | exponent (6) mantissa (18) | SSRCs …
      const exponent = bytes[entries + 5] >>> 2;
      const mantissa = ((bytes[entries + 5] & 0x03) << 16) | (bytes[entries + 6] << 8) | bytes[entries + 7];
      handler.receiverEstimate(mantissa * 2 ** exponent);
      return true;
    }
    default:
      return true;
  }
}
