/**
 * Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
 *
 *     | RTPFB header, FMT 15, sender SSRC, media SSRC                 |
 *     |      base sequence number     |      packet status count      |
 *     |             reference time (64 ms)            | fb pkt. count |
 *     |          packet chunk         |         packet chunk          |
 *     |  recv delta (250 µs), 1 or 2 bytes per received packet …      |
 */
import { writeUint16 } from '../rtp/rtp-packet.ts';
import { RtcpType, TransportFeedbackFormat } from './rtcp-format.ts';
import { writeFeedbackHeader } from './rtcp-writer.ts';

const referenceMicros = 64_000;
const deltaMicros = 250;
const ticksPerReference = referenceMicros / deltaMicros;

/** Packet status symbols (§3.1.1). */
const Status = { NotReceived: 0, SmallDelta: 1, LargeDelta: 2 } as const;

/** Most statuses of one packet: with large deltas and vector chunks it stays below 1000 bytes. */
export const maxStatuses = 400;
const headBytes = 20;
const runLengthMax = 0x1fff;

const symbols = new Uint8Array(maxStatuses);
const deltas = new Int32Array(maxStatuses);

/**
 * Writes a feedback packet for the packets from extended transport sequence number `from` on, at most to `to`.
 *
 * @param times arrival in microseconds at index `sequence & mask`; 0 for packets that did not arrive. At least
 *   one of the range must have arrived.
 * @param result gets where the packet ends in `bytes`, and the first sequence number it does not speak of
 */
export function writeTransportFeedback(
  bytes: Uint8Array,
  at: number,
  senderSsrc: number,
  mediaSsrc: number,
  feedbackCount: number,
  times: Float64Array,
  mask: number,
  from: number,
  to: number,
  result: { end: number; next: number },
): void {
  let first = from;
  while (first < to && times[first & mask] === 0) first++;
  const reference = Math.floor(times[first & mask] / referenceMicros);
  let ticks = reference * ticksPerReference;
  let count = 0;
  let sequence = from;
  for (; sequence <= to && count < maxStatuses; sequence++) {
    const time = times[sequence & mask];
    if (time === 0) {
      symbols[count++] = Status.NotReceived;
      continue;
    }
    const delta = Math.round(time / deltaMicros) - ticks;
    // Too far from the one before to be said: the next feedback has its own reference.
    if (delta < -0x8000 || delta > 0x7fff) break;
    deltas[count] = delta;
    symbols[count++] = delta >= 0 && delta <= 0xff ? Status.SmallDelta : Status.LargeDelta;
    ticks += delta;
  }
  let end = writeChunks(bytes, at + headBytes, count);
  end = writeDeltas(bytes, end, count);
  const padding = (4 - ((end - at) & 3)) & 3;
  for (let i = 1; i <= padding; i++) bytes[end++] = i === padding ? padding : 0;
  const format = TransportFeedbackFormat.TransportWideCc;
  writeFeedbackHeader(bytes, at, format, RtcpType.TransportFeedback, senderSsrc, mediaSsrc, end);
  if (padding > 0) bytes[at] |= 0x20;
  writeUint16(bytes, at + 12, from & 0xffff);
  writeUint16(bytes, at + 14, count);
  bytes[at + 16] = reference >>> 16;
  bytes[at + 17] = reference >>> 8;
  bytes[at + 18] = reference;
  bytes[at + 19] = feedbackCount;
  result.end = end;
  result.next = sequence;
}

/** Run-length chunks for long runs, else vectors of fourteen 1-bit or seven 2-bit symbols. */
function writeChunks(bytes: Uint8Array, at: number, count: number): number {
  let end = at;
  for (let i = 0; i < count; end += 2) {
    const symbol = symbols[i];
    let run = 1;
    while (i + run < count && symbols[i + run] === symbol) run++;
    if (run >= 14 || i + run === count) {
      writeUint16(bytes, end, (symbol << 13) | Math.min(run, runLengthMax));
      i += run;
      continue;
    }
    let chunk = 0;
    if (onlySmall(i, count)) {
      for (let bit = 0; bit < 14; bit++) if (i + bit < count) chunk |= symbols[i + bit] << (13 - bit);
      writeUint16(bytes, end, 0x8000 | chunk);
      i += 14;
    } else {
      for (let pair = 0; pair < 7; pair++)
        if (i + pair < count) chunk |= symbols[i + pair] << (12 - pair * 2);
      writeUint16(bytes, end, 0xc000 | chunk);
      i += 7;
    }
  }
  return end;
}

function onlySmall(from: number, count: number): boolean {
  const end = Math.min(count, from + 14);
  for (let i = from; i < end; i++) if (symbols[i] === Status.LargeDelta) return false;
  return true;
}

function writeDeltas(bytes: Uint8Array, at: number, count: number): number {
  let end = at;
  for (let i = 0; i < count; i++) {
    if (symbols[i] === Status.SmallDelta) bytes[end++] = deltas[i];
    else if (symbols[i] === Status.LargeDelta) {
      writeUint16(bytes, end, deltas[i] & 0xffff);
      end += 2;
    }
  }
  return end;
}

/** Ticks of arrival times per millisecond. */
export const arrivalTicksPerMs = 1000 / deltaMicros;

/**
 * Told each packet status of a feedback packet, in order. The arrival is in ticks of 250 µs on the remote's clock,
 * modulo 2^32 and signed: compare with timestampDelta(). It means nothing for a packet that was not received.
 */
export type PacketStatusHandler = (sequenceNumber: number, received: boolean, arrivalTicks: number) => void;

/**
 * Reads a feedback packet.
 * @returns false for a malformed one; the handler may have been told of statuses before the fault
 */
export function readTransportFeedback(
  bytes: Uint8Array,
  start: number,
  length: number,
  handler: PacketStatusHandler,
): boolean {
  const end = start + length;
  if (length < headBytes) return false;
  const base = (bytes[start + 12] << 8) | bytes[start + 13];
  const count = (bytes[start + 14] << 8) | bytes[start + 15];
  // 24 bits of 64 ms are 32 bits of 250 µs.
  let ticks = (bytes[start + 16] << 24) | (bytes[start + 17] << 16) | (bytes[start + 18] << 8);
  // Deltas follow all chunks, so the chunks are walked twice: to find their end, and with the deltas.
  const deltasAt = chunksEnd(bytes, start + headBytes, end, count);
  if (deltasAt < 0) return false;
  let chunkAt = start + headBytes;
  let deltaAt = deltasAt;
  for (let told = 0; told < count; chunkAt += 2) {
    const chunk = (bytes[chunkAt] << 8) | bytes[chunkAt + 1];
    const chunkCount = Math.min(chunkLength(chunk), count - told);
    for (let i = 0; i < chunkCount; i++, told++) {
      const symbol = chunkSymbol(chunk, i);
      const sequenceNumber = (base + told) & 0xffff;
      if (symbol === Status.NotReceived || symbol > Status.LargeDelta) {
        handler(sequenceNumber, false, 0);
        continue;
      }
      if (deltaAt + symbol > end) return false;
      const delta =
        symbol === Status.SmallDelta
          ? bytes[deltaAt]
          : ((bytes[deltaAt] << 24) | (bytes[deltaAt + 1] << 16)) >> 16;
      ticks = (ticks + delta) | 0;
      deltaAt += symbol;
      handler(sequenceNumber, true, ticks);
    }
  }
  return true;
}

function chunksEnd(bytes: Uint8Array, at: number, end: number, count: number): number {
  let covered = 0;
  while (covered < count) {
    if (at + 2 > end) return -1;
    const length = chunkLength((bytes[at] << 8) | bytes[at + 1]);
    if (length === 0) return -1;
    covered += length;
    at += 2;
  }
  return at;
}

function chunkLength(chunk: number): number {
  if ((chunk & 0x8000) === 0) return chunk & runLengthMax;
  return (chunk & 0x4000) === 0 ? 14 : 7;
}

function chunkSymbol(chunk: number, index: number): number {
  if ((chunk & 0x8000) === 0) return (chunk >>> 13) & 0x03;
  if ((chunk & 0x4000) === 0) return (chunk >>> (13 - index)) & 0x01;
  return (chunk >>> (12 - index * 2)) & 0x03;
}
