/**
 * The sending half of an association: fragments messages, keeps to the peer's and to the congestion window,
 * sends lost chunks again, and gives up messages of limited reliability (RFC 9260 §6, §7; RFC 3758).
 */
import { CongestionWindow } from './congestion-window.ts';
import type { SackChunk } from './data-chunk.ts';
import { costOf, type Delivery, type OutgoingMessage } from './outgoing-message.ts';
import { OutgoingStreams } from './outgoing-streams.ts';
import { ChunkState, type OutstandingChunk, OutstandingChunks, wireBytes } from './outstanding-chunks.ts';
import type { PacketWriter } from './packet-writer.ts';
import { RetransmissionTimeout } from './retransmission-timeout.ts';
import { ChunkType, commonHeaderBytes, DataFlag, dataHeaderBytes, padded } from './sctp-format.ts';
import { addTsn, ssnDelta, tsnDelta } from './tsn.ts';

/**
 * Max.Burst of RFC 9260 §6.1: packets with data that each acknowledgement, time-out or message allows at once, or
 * twice what was acknowledged, else a window would not open where one acknowledgement stands for many packets.
 */
const burstPerEvent = 4;
const maxBurst = 32;
/** Acknowledgements that show a chunk missing before it is sent again (RFC 9260 §7.2.4). */
const missedForRetransmission = 3;
/** A fragment worth sending when a message does not fit the rest of a packet. */
const leastFragmentBytes = 256;
/** Chunks that may be unacknowledged, which bounds the work of an acknowledgement. */
const maxOutstandingChunks = 4096;
/** Streams named by one FORWARD TSN; what would need more is skipped with the next. */
const maxSkippedStreams = 64;
/** FORWARD TSN is repeated at most this often while the peer lags (RFC 3758 §3.5 C4). */
const forwardTsnIntervalMs = 200;

export interface DataSenderLimits {
  /** Largest packet. */
  readonly mtu: number;
  /** Cost of the messages that may wait. */
  readonly maxSendBytes: number;
}

export class DataSender {
  readonly rto = new RetransmissionTimeout();
  readonly streams = new OutgoingStreams();
  /** Time-outs in a row (RFC 9260 §8.1). */
  timeouts = 0;
  /** What the peer last said it takes, in bytes. */
  peerWindow: number;
  /** Chunks sent again, and messages given up. */
  retransmitted = 0;
  abandoned = 0;

  readonly #limits: DataSenderLimits;
  readonly #partialReliability: boolean;
  readonly #congestion: CongestionWindow;
  readonly #outstanding: OutstandingChunks;
  /** T3-rtx. */
  #deadline = Number.POSITIVE_INFINITY;
  #burstLeft = burstPerEvent;
  /** The first retransmission of a recovery may exceed the window (RFC 9260 §7.2.4 3). */
  #retransmitAnyway = false;
  #advancedTsn: number;
  #forwardTsnDue = false;
  #forwardTsnAt = Number.NEGATIVE_INFINITY;

  constructor(
    limits: DataSenderLimits,
    initialTsn: number,
    peer: { readonly window: number; readonly partialReliability: boolean },
  ) {
    this.#limits = limits;
    this.#partialReliability = peer.partialReliability;
    this.#congestion = new CongestionWindow(limits.mtu);
    this.#outstanding = new OutstandingChunks(initialTsn);
    this.peerWindow = peer.window;
    this.#advancedTsn = this.#outstanding.cumulativeTsn;
  }

  get nextTsn(): number {
    return this.#outstanding.nextTsn;
  }

  /** Nothing waits and everything is acknowledged. */
  get idle(): boolean {
    return this.#outstanding.size === 0 && this.streams.empty;
  }

  get congestionWindow(): number {
    return this.#congestion.bytes;
  }

  get flightBytes(): number {
    return this.#outstanding.flightBytes;
  }

  /** Queues a message; false when it does not fit the send buffer. The payload must not change any more. */
  send(now: number, stream: number, protocol: number, payload: Uint8Array, delivery: Delivery): boolean {
    const message: OutgoingMessage = {
      ...{ stream, protocol, payload, ordered: delivery.ordered },
      maxRetransmits: delivery.maxRetransmits,
      expiresAt: now + delivery.lifetimeMs,
      ...{ ssn: -1, fragmented: 0, firstTsn: 0, abandoned: false },
    };
    if (this.streams.cost + costOf(message) > this.#limits.maxSendBytes) return false;
    this.streams.add(message);
    this.#allowBurst();
    return true;
  }

  receiveSack(now: number, { cumulativeTsn, window, gaps }: SackChunk): void {
    const outstanding = this.#outstanding;
    const advance = tsnDelta(cumulativeTsn, outstanding.cumulativeTsn);
    // An old one, or one for what was never sent.
    if (advance < 0 || advance > outstanding.size) return;
    const flightBefore = outstanding.flightBytes;
    let acknowledged = this.#acknowledgeFirst(now, advance);
    const [bytes, highestTsn] = this.#acknowledgeGaps(now, gaps);
    acknowledged += bytes;
    this.#allowBurst(acknowledged);
    if (acknowledged > 0 || window === 0) this.timeouts = 0;
    this.peerWindow = window;
    const congestion = this.#congestion;
    if (congestion.recoveryPoint !== null && tsnDelta(cumulativeTsn, congestion.recoveryPoint) >= 0) {
      congestion.recoveryPoint = null;
    }
    if (advance > 0) congestion.acknowledged(acknowledged, flightBefore);
    this.#noteMissing(now, gaps, highestTsn, advance > 0);
    this.#advanceAbandoned(now, false);
    if (outstanding.size === 0) {
      this.#deadline = Number.POSITIVE_INFINITY;
      congestion.emptied();
    } else if (advance > 0) this.#deadline = now + this.rto.ms;
  }

  nextDeadline(): number {
    return this.#deadline;
  }

  /** T3-rtx: everything in flight is taken for lost (RFC 9260 §6.3.3). */
  handleTimeout(now: number): void {
    if (this.#deadline > now) return;
    this.timeouts++;
    this.rto.backOff();
    this.#congestion.timedOut();
    this.#allowBurst();
    for (let index = 0; index < this.#outstanding.size; index++) {
      const chunk = this.#outstanding.at(index);
      chunk.missed = 0;
      chunk.fastRetransmitted = false;
      if (chunk.state === ChunkState.InFlight) this.#lose(now, chunk);
    }
    this.#advanceAbandoned(now, true);
    this.#deadline = this.#outstanding.size > 0 ? now + this.rto.ms : Number.POSITIVE_INFINITY;
  }

  /** Whether writeForwardTsn() or writeData() has something for the next packet. */
  sendDue(now: number): boolean {
    return this.#forwardTsnDue || this.#nextLost(now) !== null || this.#mayStartNew(now);
  }

  /** Writes a FORWARD TSN if one is due and fits. */
  writeForwardTsn(now: number, writer: PacketWriter): void {
    if (!this.#forwardTsnDue) return;
    const skipped = new Map<number, number>();
    const count = this.#outstanding.countUpTo(this.#advancedTsn);
    for (let index = 0; index < count; index++) {
      const { message } = this.#outstanding.at(index);
      const known = skipped.get(message.stream);
      if (!message.ordered || (known !== undefined && ssnDelta(message.ssn, known) <= 0)) continue;
      skipped.set(message.stream, message.ssn);
    }
    if (writer.room < 8 + 4 * skipped.size) return;
    writer.beginChunk(ChunkType.ForwardTsn);
    writer.uint32(this.#advancedTsn);
    for (const [stream, ssn] of skipped) {
      writer.uint16(stream);
      writer.uint16(ssn);
    }
    writer.endChunk();
    this.#forwardTsnDue = false;
    this.#forwardTsnAt = now;
    this.#startTimer(now);
  }

  /** Fills the packet with lost chunks first, then with new ones. */
  writeData(now: number, writer: PacketWriter): void {
    if (this.#burstLeft === 0) return;
    const before = writer.room;
    for (let lost = this.#nextLost(now); lost !== null; lost = this.#nextLost(now)) {
      if (writer.room < wireBytes(lost)) break;
      this.#retransmitAnyway = false;
      this.#outstanding.setState(lost, ChunkState.InFlight);
      lost.transmissions++;
      lost.missed = 0;
      lost.sentAt = now;
      this.retransmitted++;
      writeChunk(writer, lost);
    }
    while (this.#outstanding.lostCount === 0 && this.#mayStartNew(now) && this.#writeNew(now, writer));
    if (writer.room === before) return;
    this.#burstLeft--;
    this.#startTimer(now);
  }

  #allowBurst(acknowledgedBytes = 0): void {
    const packets = Math.max(burstPerEvent, Math.ceil((2 * acknowledgedBytes) / this.#limits.mtu));
    this.#burstLeft = Math.min(maxBurst, this.#burstLeft + packets);
  }

  #startTimer(now: number): void {
    if (this.#deadline === Number.POSITIVE_INFINITY) this.#deadline = now + this.rto.ms;
  }

  /** One more fragment of the message whose turn it is; false when it does not fit. */
  #writeNew(now: number, writer: PacketWriter): boolean {
    const message = this.streams.next(now)!;
    if (message.expiresAt <= now && this.#partialReliability) {
      this.#abandon(now, message);
      this.#advanceAbandoned(now, true);
      return true;
    }
    const left = message.payload.length - message.fragmented;
    const room = writer.room - dataHeaderBytes;
    const whole = this.#limits.mtu - commonHeaderBytes - dataHeaderBytes;
    const bytes = Math.min(left, room & ~3, whole);
    if (bytes < Math.min(left, leastFragmentBytes)) return false;
    const start = message.fragmented;
    this.streams.take(bytes);
    writeChunk(writer, this.#outstanding.add(message, start, start + bytes, now));
    return true;
  }

  /** Whether the windows allow a new chunk; one may always probe a closed window (RFC 9260 §6.1 A). */
  #mayStartNew(now: number): boolean {
    const { flightBytes, lostCount } = this.#outstanding;
    if (this.#burstLeft === 0 || lostCount > 0 || flightBytes >= this.#congestion.bytes) return false;
    if (this.#outstanding.size >= maxOutstandingChunks) return false;
    const message = this.streams.next(now);
    if (message === null) return false;
    if (flightBytes === 0) return this.#outstanding.size === 0 || this.peerWindow > 0;
    const left = message.payload.length - message.fragmented;
    return flightBytes + padded(dataHeaderBytes + Math.min(left, this.#limits.mtu)) <= this.peerWindow;
  }

  /** The first lost chunk that may be sent again now. */
  #nextLost(now: number): OutstandingChunk | null {
    const outstanding = this.#outstanding;
    if (outstanding.lostCount === 0 || this.#burstLeft === 0) return null;
    const allowed = outstanding.flightBytes < this.#congestion.bytes || this.#retransmitAnyway;
    if (!allowed) return null;
    for (let chunk = outstanding.firstLost(); chunk !== null; chunk = outstanding.firstLost()) {
      if (chunk.message.expiresAt > now || !this.#partialReliability) return chunk;
      this.#abandon(now, chunk.message);
      this.#advanceAbandoned(now, true);
    }
    return null;
  }

  /** The first `count` chunks are acknowledged; returns the bytes that were not before. */
  #acknowledgeFirst(now: number, count: number): number {
    let bytes = 0;
    for (let left = count; left > 0; left--) {
      const chunk = this.#outstanding.at(0);
      bytes += bytesNewlyAcknowledged(chunk);
      // One measurement for each acknowledgement, of what was sent last.
      const measures = left === 1 && chunk.transmissions === 1 && chunk.state === ChunkState.InFlight;
      if (measures) this.rto.measure(now - chunk.sentAt);
      this.#outstanding.removeFirst();
    }
    return bytes;
  }

  /** @returns the bytes newly acknowledged by gap blocks, and the highest TSN among them */
  #acknowledgeGaps(now: number, gaps: readonly number[]): [bytes: number, highestTsn: number] {
    const outstanding = this.#outstanding;
    let bytes = 0;
    let highestTsn = outstanding.cumulativeTsn;
    if (gaps.length === 0 && outstanding.gapAcknowledgedCount === 0) return [bytes, highestTsn];
    let index = 0;
    for (let block = 0; block < gaps.length && index < outstanding.size; block += 2) {
      for (; index < Math.min(gaps[block] - 1, outstanding.size); index++) this.#notAcknowledged(now, index);
      for (; index < Math.min(gaps[block + 1], outstanding.size); index++) {
        const chunk = outstanding.at(index);
        if (chunk.state === ChunkState.Acknowledged || chunk.state === ChunkState.Abandoned) continue;
        bytes += bytesNewlyAcknowledged(chunk);
        outstanding.setState(chunk, ChunkState.Acknowledged);
        highestTsn = chunk.tsn;
      }
    }
    for (; index < outstanding.size; index++) this.#notAcknowledged(now, index);
    return [bytes, highestTsn];
  }

  /** A peer may take back what it acknowledged only by a gap block (RFC 9260 §6.2.1 D iii). */
  #notAcknowledged(now: number, index: number): void {
    const chunk = this.#outstanding.at(index);
    if (chunk.state === ChunkState.Acknowledged) this.#lose(now, chunk);
  }

  /** Counts who is missing (RFC 9260 §7.2.4), and starts a fast recovery for those missing for too long. */
  #noteMissing(now: number, gaps: readonly number[], highestTsn: number, advanced: boolean): void {
    const outstanding = this.#outstanding;
    // In recovery with progress, everything the acknowledgement shows missing counts.
    const everything = this.#congestion.recoveryPoint !== null && advanced && gaps.length > 0;
    const last = everything ? gaps[gaps.length - 1] : outstanding.countUpTo(highestTsn);
    const before = outstanding.lostCount;
    let found = false;
    for (let index = 0; index < Math.min(last, outstanding.size); index++) {
      const chunk = outstanding.at(index);
      if (chunk.state !== ChunkState.InFlight) continue;
      chunk.missed++;
      if (chunk.missed < missedForRetransmission || chunk.fastRetransmitted) continue;
      chunk.fastRetransmitted = true;
      found = true;
      this.#lose(now, chunk);
    }
    if (!found || this.#congestion.recoveryPoint !== null) return;
    this.#congestion.enterRecovery(addTsn(outstanding.nextTsn, -1));
    this.#retransmitAnyway = outstanding.lostCount > before;
  }

  /** A chunk is to be sent again, or its message given up. */
  #lose(now: number, chunk: OutstandingChunk): void {
    const { message } = chunk;
    const giveUp = chunk.transmissions > message.maxRetransmits || message.expiresAt <= now;
    if (giveUp && this.#partialReliability) this.#abandon(now, message);
    else this.#outstanding.setState(chunk, ChunkState.Lost);
  }

  /** Gives up a message: all its chunks, and what of it was not sent. */
  #abandon(now: number, message: OutgoingMessage): void {
    if (message.abandoned) return;
    message.abandoned = true;
    this.abandoned++;
    const outstanding = this.#outstanding;
    if (message.fragmented < message.payload.length) {
      this.streams.dropRest(message);
      // A last fragment that is never sent: its TSN lets the peer see where the message ends.
      outstanding.add(message, message.payload.length, message.payload.length, now);
    }
    outstanding.forMessage(message, (chunk) => outstanding.setState(chunk, ChunkState.Abandoned));
  }

  /** Moves the Advanced.Peer.Ack.Point over what was given up (RFC 3758 §3.5 C1–C3). */
  #advanceAbandoned(now: number, repeat: boolean): void {
    const outstanding = this.#outstanding;
    const before = this.#advancedTsn;
    if (tsnDelta(outstanding.cumulativeTsn, before) > 0) this.#advancedTsn = outstanding.cumulativeTsn;
    const streams = new Set<number>();
    let index = outstanding.countUpTo(this.#advancedTsn);
    for (let known = 0; known < index; known++) streams.add(outstanding.at(known).message.stream);
    for (; index < outstanding.size; index++) {
      const chunk = outstanding.at(index);
      if (chunk.state !== ChunkState.Abandoned) break;
      streams.add(chunk.message.stream);
      if (streams.size > maxSkippedStreams) break;
      this.#advancedTsn = chunk.tsn;
    }
    if (tsnDelta(this.#advancedTsn, outstanding.cumulativeTsn) <= 0) this.#forwardTsnDue = false;
    else if (repeat || now >= this.#forwardTsnAt + forwardTsnIntervalMs) this.#forwardTsnDue = true;
    else if (this.#advancedTsn !== before) this.#forwardTsnDue = true;
  }
}

function bytesNewlyAcknowledged(chunk: OutstandingChunk): number {
  const known = chunk.state === ChunkState.Acknowledged || chunk.state === ChunkState.Abandoned;
  return known ? 0 : wireBytes(chunk);
}

function writeChunk(writer: PacketWriter, { tsn, message, start, end }: OutstandingChunk): void {
  let flags = message.ordered ? 0 : DataFlag.Unordered;
  if (start === 0) flags |= DataFlag.Begin;
  if (end === message.payload.length) flags |= DataFlag.End;
  writer.beginChunk(ChunkType.Data, flags);
  writer.uint32(tsn);
  writer.uint16(message.stream);
  writer.uint16(message.ordered ? message.ssn : 0);
  writer.uint32(message.protocol);
  writer.bytes(message.payload.subarray(start, end));
  writer.endChunk();
}
