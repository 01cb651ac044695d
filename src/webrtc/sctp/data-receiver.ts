/** The receiving half of an association: takes DATA and FORWARD TSN, and acknowledges (RFC 9260 §6.2). */
import type { DataChunk, ForwardTsnChunk } from './data-chunk.ts';
import type { PacketWriter } from './packet-writer.ts';
import { Reassembly, type ReassemblyFailure, type ReceivedMessage } from './reassembly.ts';
import { ReceivedTsns } from './received-tsns.ts';
import { ChunkType } from './sctp-format.ts';
import { tsnDelta } from './tsn.ts';

/** RFC 9260 §6.2: at most 500 ms; senders' least time-out is often 400 ms. */
const sackDelayMs = 200;
/** RFC 9260 §6.2: every second packet is acknowledged at once. */
const packetsPerSack = 2;
const sackBytes = 16;
const duplicateTsns = 32;

export interface DataReceiverLimits {
  readonly maxStreams: number;
  readonly maxMessageBytes: number;
  /** The window that is advertised. Must hold the longest message twice. */
  readonly maxReceiveBytes: number;
}

export class DataReceiver {
  readonly #limits: DataReceiverLimits;
  readonly #tsns: ReceivedTsns;
  readonly #reassembly: Reassembly;
  readonly #duplicates: number[] = [];
  #packetsUnacknowledged = 0;
  #dataInPacket = false;
  #sackNow = false;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(limits: DataReceiverLimits, initialTsn: number, deliver: (message: ReceivedMessage) => void) {
    this.#limits = limits;
    this.#tsns = new ReceivedTsns(initialTsn);
    this.#reassembly = new Reassembly(limits.maxMessageBytes, deliver);
  }

  get cumulativeTsn(): number {
    return this.#tsns.cumulative;
  }

  /** What the peer may still send, in bytes. */
  get window(): number {
    return Math.max(0, this.#limits.maxReceiveBytes - this.#reassembly.heldBytes);
  }

  receiveData(chunk: DataChunk): ReassemblyFailure | null {
    this.#dataInPacket = true;
    if (chunk.stream >= this.#limits.maxStreams) return 'protocol-violation';
    if (chunk.immediate) this.#sackNow = true;
    if (this.#tsns.has(chunk.tsn)) {
      this.#sackNow = true;
      if (this.#duplicates.length < duplicateTsns) this.#duplicates.push(chunk.tsn);
      return null;
    }
    const next = tsnDelta(chunk.tsn, this.#tsns.cumulative) === 1;
    // Beyond the window only what closes the first gap is taken, up to as much again.
    const full = this.window === 0 && !next;
    if (full || !this.#tsns.accepts(chunk.tsn)) {
      this.#sackNow = true;
      return null;
    }
    const failure = this.#reassembly.add(chunk);
    if (failure !== null) return failure;
    if (this.#reassembly.heldBytes > 2 * this.#limits.maxReceiveBytes) return 'protocol-violation';
    // A gap that opens or closes is told at once, so that fast retransmission works (RFC 9260 §6.7).
    if (!next || this.#tsns.blockCount > 0) this.#sackNow = true;
    this.#tsns.note(chunk.tsn);
    return null;
  }

  receiveForwardTsn({ cumulativeTsn, skipped }: ForwardTsnChunk): void {
    this.#dataInPacket = true;
    this.#sackNow = true;
    // An old one says nothing new; one that is far ahead of the window is no peer's mistake, but a lie.
    const ahead = tsnDelta(cumulativeTsn, this.#tsns.cumulative);
    if (ahead <= 0 || ahead > 0xffff) return;
    this.#tsns.advance(cumulativeTsn);
    this.#reassembly.skip(cumulativeTsn, this.#knownStreams(skipped));
  }

  /** The end of a packet: decides when what it brought is acknowledged. */
  packetEnded(now: number): void {
    if (!this.#dataInPacket) return;
    this.#dataInPacket = false;
    this.#packetsUnacknowledged++;
    if (this.#packetsUnacknowledged >= packetsPerSack) this.#sackNow = true;
    else this.#deadline = Math.min(this.#deadline, now + sackDelayMs);
  }

  /** Whether an acknowledgement is due by itself. */
  sackDue(now: number): boolean {
    return this.#sackNow || this.#deadline <= now;
  }

  /** Whether there is something to acknowledge in a packet that goes out anyway. */
  get sackWaiting(): boolean {
    return this.#sackNow || this.#packetsUnacknowledged > 0;
  }

  nextDeadline(): number {
    return this.#sackNow ? 0 : this.#deadline;
  }

  /** Writes a SACK with as many gap blocks and duplicates as fit. */
  writeSack(writer: PacketWriter): void {
    const room = Math.floor((writer.room - sackBytes) / 4);
    const blocks = Math.min(this.#tsns.blockCount, room);
    const duplicates = Math.min(this.#duplicates.length, room - blocks);
    writer.beginChunk(ChunkType.Sack);
    writer.uint32(this.#tsns.cumulative);
    writer.uint32(this.window);
    writer.uint16(blocks);
    writer.uint16(duplicates);
    for (let index = 0; index < 2 * blocks; index++) writer.uint16(this.#tsns.blockOffset(index));
    for (let index = 0; index < duplicates; index++) writer.uint32(this.#duplicates[index]);
    writer.endChunk();
    this.#duplicates.length = 0;
    this.#packetsUnacknowledged = 0;
    this.#sackNow = false;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  resetStream(stream: number): void {
    this.#reassembly.resetStream(stream);
  }

  /** The streams on which ordered messages have come. */
  get streams(): Iterable<number> {
    return this.#reassembly.streams;
  }

  #knownStreams(skipped: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
    return new Map([...skipped].filter(([stream]) => stream < this.#limits.maxStreams));
  }
}
