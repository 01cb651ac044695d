/** Builders of RTCP packets: each writes at `at` and returns the end. The caller sees to the room. */
import { writeInt32, writeUint16 } from '../rtp/rtp-packet.ts';
import {
  PayloadFeedbackFormat,
  RtcpType,
  rembName,
  sdesCname,
  TransportFeedbackFormat,
} from './rtcp-format.ts';
import type { ReportBlock } from './rtcp-parser.ts';

/** Cumulative loss is a signed 24-bit field. */
const maxCumulativeLost = 0x7fffff;
const minCumulativeLost = -0x800000;

/** An SR without report blocks (RFC 3550 §6.4.1). */
export function writeSenderReport(
  bytes: Uint8Array,
  at: number,
  ssrc: number,
  ntpHigh: number,
  ntpLow: number,
  timestamp: number,
  packets: number,
  octets: number,
): number {
  const end = at + 28;
  writeHeader(bytes, at, 0, RtcpType.SenderReport, end);
  writeInt32(bytes, at + 4, ssrc);
  writeInt32(bytes, at + 8, ntpHigh);
  writeInt32(bytes, at + 12, ntpLow);
  writeInt32(bytes, at + 16, timestamp);
  writeInt32(bytes, at + 20, packets);
  writeInt32(bytes, at + 24, octets);
  return end;
}

/** An RR; add up to 31 blocks with addReportBlock(). */
export function writeReceiverReport(bytes: Uint8Array, at: number, ssrc: number): number {
  writeHeader(bytes, at, 0, RtcpType.ReceiverReport, at + 8);
  writeInt32(bytes, at + 4, ssrc);
  return at + 8;
}

/** Appends a block to the RR or SR that starts at `report` and ends at `at`. */
export function addReportBlock(bytes: Uint8Array, report: number, at: number, block: ReportBlock): number {
  const end = at + 24;
  const lost = Math.max(minCumulativeLost, Math.min(maxCumulativeLost, block.cumulativeLost));
  writeInt32(bytes, at, block.ssrc);
  writeInt32(bytes, at + 4, lost & 0xffffff);
  bytes[at + 4] = block.fractionLost;
  writeInt32(bytes, at + 8, block.highestSequence);
  writeInt32(bytes, at + 12, block.jitter);
  writeInt32(bytes, at + 16, block.lastReport);
  writeInt32(bytes, at + 20, block.delaySinceLastReport);
  writeHeader(bytes, report, (bytes[report] & 0x1f) + 1, bytes[report + 1], end);
  return end;
}

/** An SDES of one chunk with a CNAME (RFC 3550 §6.5); `cname` is at most 255 bytes of ASCII. */
export function writeSourceDescription(bytes: Uint8Array, at: number, ssrc: number, cname: string): number {
  const length = Math.min(255, cname.length);
  writeInt32(bytes, at + 4, ssrc);
  bytes[at + 8] = sdesCname;
  bytes[at + 9] = length;
  let end = at + 10;
  for (let i = 0; i < length; i++) bytes[end++] = cname.charCodeAt(i);
  // One to four zeros: the end of the list, and up to the next word.
  do bytes[end++] = 0;
  while (((end - at) & 3) !== 0);
  writeHeader(bytes, at, 1, RtcpType.SourceDescription, end);
  return end;
}

/** A BYE of one source (RFC 3550 §6.6). */
export function writeGoodbye(bytes: Uint8Array, at: number, ssrc: number): number {
  writeHeader(bytes, at, 1, RtcpType.Goodbye, at + 8);
  writeInt32(bytes, at + 4, ssrc);
  return at + 8;
}

/** A NACK (RFC 4585 §6.2.1) for `count` ascending sequence numbers, folded into as few entries as they take. */
export function writeNack(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
  sequences: Uint16Array,
  count: number,
): number {
  let end = at + 12;
  for (let i = 0; i < count; ) {
    const first = sequences[i++];
    let bitmask = 0;
    for (; i < count; i++) {
      const distance = (sequences[i] - first) & 0xffff;
      if (distance < 1 || distance > 16) break;
      bitmask |= 1 << (distance - 1);
    }
    writeUint16(bytes, end, first);
    writeUint16(bytes, end + 2, bitmask);
    end += 4;
  }
  writeFeedbackHeader(
    bytes,
    at,
    TransportFeedbackFormat.Nack,
    RtcpType.TransportFeedback,
    senderSsrc,
    mediaSsrc,
    end,
  );
  return end;
}

/** A PLI (RFC 4585 §6.3.1). */
export function writePictureLoss(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
): number {
  const end = at + 12;
  const format = PayloadFeedbackFormat.PictureLoss;
  writeFeedbackHeader(bytes, at, format, RtcpType.PayloadFeedback, senderSsrc, mediaSsrc, end);
  return end;
}

/** A FIR of one entry (RFC 5104 §4.3.1); `command` counts the requests, 8 bits. */
export function writeFullIntraRequest(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
  command: number,
): number {
  const end = at + 20;
  const format = PayloadFeedbackFormat.FullIntraRequest;
  // The media SSRC of the header is not used: the entry has it (RFC 5104 §4.3.1.2).
  writeFeedbackHeader(bytes, at, format, RtcpType.PayloadFeedback, senderSsrc, 0, end);
  writeInt32(bytes, at + 12, mediaSsrc);
  writeInt32(bytes, at + 16, command << 24);
  return end;
}

/** A REMB (draft-alvestrand-rmcat-remb §2.2): `bitrate` in bits per second, rounded down to 18 bits. */
export function writeReceiverEstimate(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  bitrate: number,
  ssrcs: readonly number[],
): number {
  let mantissa = Math.floor(bitrate);
  let exponent = 0;
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  const count = Math.min(255, ssrcs.length);
  const end = at + 20 + count * 4;
  const format = PayloadFeedbackFormat.Application;
  writeFeedbackHeader(bytes, at, format, RtcpType.PayloadFeedback, senderSsrc, 0, end);
  writeInt32(bytes, at + 12, rembName);
  bytes[at + 16] = count;
  bytes[at + 17] = (exponent << 2) | (mantissa >>> 16);
  writeUint16(bytes, at + 18, mantissa & 0xffff);
  for (let i = 0; i < count; i++) writeInt32(bytes, at + 20 + i * 4, ssrcs[i]);
  return end;
}

/** The common start of feedback packets (RFC 4585 §6.1) that end at `end`. */
export function writeFeedbackHeader(
  bytes: Uint8Array,
  at: number,
  format: number,
  type: number,
  senderSsrc: number,
  mediaSsrc: number,
  end: number,
): void {
  writeHeader(bytes, at, format, type, end);
  writeInt32(bytes, at + 4, senderSsrc);
  writeInt32(bytes, at + 8, mediaSsrc);
}

function writeHeader(bytes: Uint8Array, at: number, count: number, type: number, end: number): void {
  bytes[at] = 0x80 | count;
  bytes[at + 1] = type;
  writeUint16(bytes, at + 2, ((end - at) >>> 2) - 1);
}
