import { PacketKind, slotBytes } from '../../packet-io/layout.ts';
import { noCopy } from '../bandwidth/sent-copy.ts';
import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { noRewrite } from '../codecs/payload-rewrite.ts';
import type { MediaContext } from '../media-context.ts';
import { type FreezeDetector, freezeExtraMs } from '../quality/freeze-detector.ts';
import type { InboundStream } from '../receiving/inbound-stream.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { addTicks, toSequence } from '../rtp/serial-number.ts';
import type { TransportLink } from '../transport-link.ts';
import type { Forwarder } from './forwarder.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { forgetsYounger, writeHistoryEntry } from './packet-history.ts';
import type { PacketWriter } from './packet-writer.ts';
import { rtpHeaderBytes } from './write-rtp.ts';

/** What a row says. Sixteen words: what one receiver needs of memory between two pictures is one cache line. */
const Word = {
  /** The run of the source's numbers (RtpPacket.streamKey) that may pass; `closed` for none. */
  StreamKey: 0,
  /** Of the source's packets that may pass. */
  PayloadType: 1,
  Transport: 2,
  Ssrc: 3,
  /** Subtracted from numbers; added to timestamps. */
  SequenceOffset: 4,
  TimestampOffset: 5,
  /** Of the history: entries less one, -1 without one; and word 3 of its entries without marker and number. */
  HistoryMask: 6,
  Description: 7,
  // What has passed last: extended number and timestamp of the source, when, and when the first of its picture did.
  Highest: 8,
  Timestamp: 9,
  PassedTicks: 10,
  PictureTicks: 11,
  // What has passed since settle() was last called.
  Packets: 12,
  /** Of payload. */
  Bytes: 13,
  Pictures: 14,
  /** PacketHistory.keptTicks. */
  KeptTicks: 15,
} as const;

const stride = 16;
const firstRows = 4;
const closed = -1;
/** The first word of a header without extensions and CSRCs (RFC 3550 §5.1). */
const rtpVersion = 2 << 30;

/** Of times: 62.5 µs. Signed 32-bit integers, so that nothing is boxed; they wrap after 37 hours. */
const ticksPerMs = 16;
/** From here on a gap may be a freeze, which the forwarder itself has to see. */
const longGapTicks = freezeExtraMs * ticksPerMs;

/**
 * The short way of a track's packets to those receivers for whom there is nothing to decide: numbers and timestamps go
 * on from the last packet by the same offsets, and the payload goes out as it is. All it needs of such a receiver is in
 * one row of one table, in the order in which the rows are gone through, where the objects of a forwarder lie all over
 * the memory: fetching those again for each picture is most of what a packet costs where there are many receivers.
 *
 *     forwarder ──open()──►  row  ──settle()──► forwarder
 *                    what it would decide   what has passed meanwhile
 *
 * A forwarder opens its row at the end of a packet it has decided itself, and closes it before anything changes that its
 * decisions rest on. While it is open, the row is what is true of the last packet: forwarders settle before they look.
 */
export class ExpressLane {
  readonly #context: MediaContext;
  #rows = new Int32Array(firstRows * stride);
  /** By row; null for a forwarder that has left. */
  readonly #forwarders: (Forwarder | null)[] = [];
  readonly #histories: (Int32Array | null)[] = [];
  /** By row: who writes what is the receiver's own; null where that is a bare RTP header that need not wait. */
  readonly #writers: (PacketWriter | null)[] = [];
  readonly #alone: RtpPacket[] = [];
  #vacant = 0;
  /** Whether the rows are gone through: nobody may change places. */
  #handingOn = false;

  constructor({ context }: TransportLink) {
    this.#context = context;
  }

  add(forwarder: Forwarder): void {
    if (!this.#handingOn) this.#closeGaps();
    const row = this.#forwarders.length;
    this.#forwarders.push(forwarder);
    this.#histories.push(null);
    this.#writers.push(null);
    forwarder.row = row;
    if (this.#rows.length < (row + 1) * stride) {
      const rows = new Int32Array(2 * this.#rows.length);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows[row * stride + Word.StreamKey] = closed;
  }

  /** Its row must be closed. */
  remove({ row }: Forwarder): void {
    this.#forwarders[row] = null;
    this.#vacant++;
  }

  /**
   * What follows `packet`, which was the newest and has just been sent with the decision in `outgoing`, may pass.
   * @param payloadType the receiver's
   */
  open(
    row: number,
    transport: number,
    ssrc: number,
    packet: RtpPacket,
    payloadType: number,
    outgoing: OutgoingStream,
    writer: PacketWriter,
  ): void {
    const rows = this.#rows;
    const at = row * stride;
    const history = writer.history;
    const ticks = this.#nowTicks;
    this.#histories[row] = history === null ? null : history.entries;
    this.#writers[row] = writer.writesBareHeaders ? null : writer;
    rows[at + Word.StreamKey] = packet.streamKey;
    rows[at + Word.PayloadType] = packet.payloadType;
    rows[at + Word.Transport] = transport;
    rows[at + Word.Ssrc] = ssrc;
    rows[at + Word.SequenceOffset] = outgoing.sequences.offset;
    rows[at + Word.TimestampOffset] = outgoing.timestamps.offset;
    rows[at + Word.HistoryMask] = history === null ? -1 : history.capacity - 1;
    rows[at + Word.KeptTicks] = history === null ? 0 : history.keptTicks;
    rows[at + Word.Description] = (writer.epoch << 24) | (payloadType << 16);
    rows[at + Word.Highest] = packet.extended;
    rows[at + Word.Timestamp] = packet.timestamp;
    rows[at + Word.PassedTicks] = ticks;
    rows[at + Word.PictureTicks] = ticks;
    rows[at + Word.Packets] = 0;
    rows[at + Word.Bytes] = 0;
    rows[at + Word.Pictures] = 0;
  }

  close(row: number): void {
    this.#rows[row * stride + Word.StreamKey] = closed;
  }

  /** Tells the parts of a forwarder what has passed since this was last called. */
  settle(row: number, outgoing: OutgoingStream, writer: PacketWriter, freezes: FreezeDetector | null): void {
    const rows = this.#rows;
    const at = row * stride;
    const packets = rows[at + Word.Packets];
    if (packets === 0) return;
    const timestamp = addTicks(rows[at + Word.Timestamp], rows[at + Word.TimestampOffset]);
    outgoing.passed(rows[at + Word.Highest], timestamp, this.#msOf(rows[at + Word.PassedTicks]));
    const { highest } = outgoing.sequences;
    writer.passed(packets, rows[at + Word.Bytes], highest, this.#writers[row] === null);
    const pictures = rows[at + Word.Pictures];
    if (pictures > 0) freezes?.passed(pictures, timestamp, this.#msOf(rows[at + Word.PictureTicks]));
    rows[at + Word.Packets] = 0;
    rows[at + Word.Bytes] = 0;
    rows[at + Word.Pictures] = 0;
  }

  /**
   * Gives the first `count` packets to every forwarder, all of them to one before the next; one that throws is stopped.
   * They are of `stream`, of one picture, with consecutive numbers; or one alone, of any kind.
   */
  handOn(packets: readonly RtpPacket[], count: number, stream: InboundStream): void {
    this.#closeGaps();
    this.#handingOn = true;
    const forwarders = this.#forwarders;
    const { sendQueue } = this.#context;
    // Whoever comes meanwhile has no part in these.
    const end = forwarders.length;
    const passable = isPassable(packets[0], stream);
    const ticks = this.#nowTicks;
    let next = 0;
    while (next < end) {
      try {
        while (next < end) {
          const row = next++;
          if (!passable || !this.#pass(row, packets, count, ticks))
            for (let index = 0; index < count; index++) forwarders[row]?.forward(packets[index]);
          sendQueue.flushIfWorthwhile();
        }
      } catch (error) {
        forwarders[next - 1]?.fail(error);
      }
    }
    this.#handingOn = false;
  }

  /** The same with one packet. */
  handOnAlone(packet: RtpPacket, stream: InboundStream): void {
    this.#alone[0] = packet;
    this.handOn(this.#alone, 1, stream);
  }

  /** Sends the packets, if the row says how. @returns whether it did: all of them, or none */
  #pass(row: number, packets: readonly RtpPacket[], count: number, ticks: number): boolean {
    const rows = this.#rows;
    const at = row * stride;
    const first = packets[0];
    const { timestamp } = first;
    if (rows[at + Word.StreamKey] !== first.streamKey || rows[at + Word.PayloadType] !== first.payloadType)
      return false;
    const newPicture = timestamp !== rows[at + Word.Timestamp];
    if (newPicture && ((ticks - rows[at + Word.PictureTicks]) | 0) >= longGapTicks) return false;
    const { clock, counters, sendQueue } = this.#context;
    const mask = rows[at + Word.HistoryMask];
    const history = this.#histories[row];
    const writer = this.#writers[row];
    const highest = packets[count - 1].extended;
    const number = first.extended - rows[at + Word.SequenceOffset];
    const sentTimestamp = addTicks(timestamp, rows[at + Word.TimestampOffset]);
    // The last one's place is that of the youngest that would be forgotten.
    if (
      history !== null &&
      forgetsYounger(history, (number + count - 1) & mask, sentTimestamp, rows[at + Word.KeptTicks])
    )
      return false;
    const transport = rows[at + Word.Transport];
    const ssrc = rows[at + Word.Ssrc];
    const description = rows[at + Word.Description];
    let payloadBytes = 0;
    let sentBytes = 0;
    for (let index = 0; index < count; index++) {
      const packet = packets[index];
      const { payloadLength } = packet;
      const sequence = toSequence(number + index);
      const described = description | (packet.marker << 23) | sequence;
      if (writer === null) {
        sendQueue.commitHeader(
          PacketKind.Rtp,
          transport,
          rtpVersion | (described & 0xffffff),
          sentTimestamp,
          ssrc,
          packet.payloadOffset,
          payloadLength,
        );
        sentBytes += rtpHeaderBytes + payloadLength;
      } else {
        sentBytes += writer.send(
          packet,
          sequence,
          sentTimestamp,
          (described >>> 16) & 0xff,
          noRewrite,
          noDependencyRewrite,
          0,
          noCopy,
        );
      }
      if (history !== null) {
        const { number: packetNumber, start, length } = packet;
        writeHistoryEntry(
          history,
          sequence & mask,
          packetNumber,
          sentTimestamp,
          clock,
          described,
          packet.layers.temporal > 0,
          start % slotBytes,
          length,
        );
      }
      payloadBytes += payloadLength;
    }
    rows[at + Word.Highest] = highest;
    rows[at + Word.Timestamp] = timestamp;
    rows[at + Word.PassedTicks] = ticks;
    rows[at + Word.Packets] += count;
    rows[at + Word.Bytes] += payloadBytes;
    if (newPicture) {
      rows[at + Word.PictureTicks] = ticks;
      rows[at + Word.Pictures]++;
    }
    counters.packetsOut += count;
    counters.bytesOut += sentBytes;
    return true;
  }

  /** Moves rows to where others have left. */
  #closeGaps(): void {
    if (this.#vacant === 0) return;
    const rows = this.#rows;
    let kept = 0;
    for (let row = 0; row < this.#forwarders.length; row++) {
      const forwarder = this.#forwarders[row];
      if (forwarder === null) continue;
      this.#forwarders[kept] = forwarder;
      this.#histories[kept] = this.#histories[row];
      this.#writers[kept] = this.#writers[row];
      rows.copyWithin(kept * stride, row * stride, (row + 1) * stride);
      forwarder.row = kept++;
    }
    this.#forwarders.length = kept;
    this.#histories.length = kept;
    this.#writers.length = kept;
    this.#vacant = 0;
  }

  get #nowTicks(): number {
    return (this.#context.clock.nowMs * ticksPerMs) | 0;
  }

  #msOf(ticks: number): number {
    return this.#context.clock.nowMs - ((this.#nowTicks - ticks) | 0) / ticksPerMs;
  }
}

/** Whether packets like this one may pass anyone by. */
function isPassable(packet: RtpPacket, stream: InboundStream): boolean {
  const { newest, startsKeyFrame, payloadLength, redBlock, layers } = packet;
  if (!newest || payloadLength === 0 || redBlock !== 0) return false;
  if (stream.layers === null) return true;
  // Of pictures of several layers, receivers have to be watched (PacketWriter).
  return !startsKeyFrame && layers.dependencies === null && stream.layers.spatialLayers === 1;
}
