import { extendSequence, toSequence } from '../rtp/serial-number.ts';
import { noCopy } from './sent-copy.ts';

/**
 * Packets remembered at first, and at most: half a second of 45 Mbit/s. Powers of two. There are many connections, and
 * few are that fast.
 */
const firstPackets = 256;
const mostPackets = 2048;
/** For as long as what would be forgotten is younger than this, there is room for more: feedback on it may yet come. */
const keptMs = 1000;

/** Of sending times: 62.5 µs. Signed 32-bit integers, so that nothing is boxed; they wrap after 37 hours. */
export const sentTicksPerMs = 16;

const sizeMask = 0xffff;
const reportedBit = 1 << 16;
const lostBit = 1 << 17;
const probeShift = 24;
/** Clusters of probe packets are numbered 1 … 127; 0 is none. */
export const maxProbeCluster = 127;
/** Losses remembered until somebody asks for them. What one feedback tells of beyond that is left to NACKs. */
const maxLostCopies = 128;

/** What became of a packet, as take() finds it. */
export const SentState = {
  /** Not one of ours, or forgotten. */
  Unknown: 0,
  /** Told of for the first time. */
  Fresh: 1,
  /** It had been reported lost before, and has arrived after all. */
  LateArrival: 2,
  /** Told of before. */
  Repeated: 3,
} as const;

/**
 * What one connection has sent lately, by transport-wide sequence number: 8 bytes a packet.
 *
 *     word 0   when it was sent, ticks
 *     word 1   | probe cluster (7) | – (6) | lost (1) | reported (1) | bytes (16) |
 *
 * Packets whose loss somebody wants to hear of have a name besides (sentCopy()), in a table made for the first of them.
 */
export class SentPacketLog {
  // The packet found last.
  sentTicks = 0;
  bytes = 0;
  // The rest of what take() found.
  probeCluster = 0;
  /** Its extended number. */
  extended = 0;

  #entries = new Int32Array(2 * firstPackets);
  #mask = firstPackets - 1;
  #copies: Int32Array | null = null;
  #lost: Int32Array | null = null;
  #lostCount = 0;
  #lostTold = 0;
  /** Extended number of the next packet. */
  #next: number;

  /** The first packet gets the number `initial`. */
  constructor(initial: number) {
    this.#next = 0x10000 + toSequence(initial);
  }

  get memoryBytes(): number {
    return this.#entries.byteLength + (this.#copies?.byteLength ?? 0) + (this.#lost?.byteLength ?? 0);
  }

  /** Extended number of the next packet. */
  get next(): number {
    return this.#next;
  }

  /**
   * A packet goes out now. Takes the clock, so that no float is passed.
   * @param copy what nextLost() is to call it if it gets lost
   * @returns its 16-bit number
   */
  record(clock: { readonly nowMs: number }, bytes: number, probeCluster: number, copy = noCopy): number {
    const ticks = (clock.nowMs * sentTicksPerMs) | 0;
    if (this.#mask < mostPackets - 1 && this.#forgets(this.#next, ticks)) this.#grow();
    const extended = this.#next++;
    const entries = this.#entries;
    const at = (extended & this.#mask) << 1;
    entries[at] = ticks;
    entries[at + 1] = (probeCluster << probeShift) | bytes;
    if (copy !== noCopy) this.#copies ??= new Int32Array(this.#mask + 1);
    if (this.#copies !== null) this.#copies[extended & this.#mask] = copy;
    return toSequence(extended);
  }

  /** Finds when packet `extended` was sent, and its size, if nothing has been heard of it. @returns whether that is so */
  findUnreported(extended: number): boolean {
    if (extended >= this.#next || extended < this.#next - this.#mask - 1) return false;
    const at = (extended & this.#mask) << 1;
    const word = this.#entries[at + 1];
    if (word === 0 || (word & reportedBit) !== 0) return false;
    this.sentTicks = this.#entries[at];
    this.bytes = word & sizeMask;
    return true;
  }

  /** Finds the packet a report is about, and notes what it says. @returns one of SentState */
  take(sequence: number, received: boolean): number {
    const extended = extendSequence(sequence, this.#next - 1);
    if (extended >= this.#next || extended < this.#next - this.#mask - 1) return SentState.Unknown;
    const at = (extended & this.#mask) << 1;
    const word = this.#entries[at + 1];
    if (word === 0) return SentState.Unknown;
    this.sentTicks = this.#entries[at];
    this.bytes = word & sizeMask;
    this.probeCluster = word >>> probeShift;
    this.extended = extended;
    if ((word & reportedBit) === 0) {
      this.#entries[at + 1] = word | reportedBit | (received ? 0 : lostBit);
      if (!received && this.#copies !== null) this.#noteLost(this.#copies[extended & this.#mask]);
      return SentState.Fresh;
    }
    if (!received || (word & lostBit) === 0) return SentState.Repeated;
    this.#entries[at + 1] = word & ~lostBit;
    return SentState.LateArrival;
  }

  /** One of the packets that take() has found to be lost since this was last asked, oldest first; noCopy for no more. */
  nextLost(): number {
    if (this.#lost !== null && this.#lostTold < this.#lostCount) return this.#lost[this.#lostTold++];
    this.#lostTold = 0;
    this.#lostCount = 0;
    return noCopy;
  }

  /** Whether packet `extended` would take the place of one that is remembered and young. */
  #forgets(extended: number, ticks: number): boolean {
    const at = (extended & this.#mask) << 1;
    return this.#entries[at + 1] !== 0 && ((ticks - this.#entries[at]) | 0) < keptMs * sentTicksPerMs;
  }

  #grow(): void {
    const entries = this.#entries;
    const copies = this.#copies;
    const packets = this.#mask + 1;
    this.#mask = 2 * packets - 1;
    this.#entries = new Int32Array(4 * packets);
    if (copies !== null) this.#copies = new Int32Array(2 * packets);
    for (let extended = this.#next - packets; extended < this.#next; extended++) {
      const from = extended & (packets - 1);
      const to = extended & this.#mask;
      this.#entries[to << 1] = entries[from << 1];
      this.#entries[(to << 1) + 1] = entries[(from << 1) + 1];
      if (copies !== null) this.#copies![to] = copies[from];
    }
  }

  #noteLost(copy: number): void {
    if (copy === noCopy || this.#lostCount === maxLostCopies) return;
    this.#lost ??= new Int32Array(maxLostCopies);
    this.#lost[this.#lostCount++] = copy;
  }
}
