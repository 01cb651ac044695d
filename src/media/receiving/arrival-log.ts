import { extendSequence, firstExtended } from '../rtp/serial-number.ts';

/** Packets remembered: at 100 ms per feedback enough for 200 Mbit/s. A power of two. */
const logPackets = 2048;

const noTimes = new Float64Array(0);

/** Arrivals by transport-wide sequence number, until they have been reported to the sender. */
export class ArrivalLog {
  /** Microseconds by `sequence & mask`; 0 where none arrived. */
  times = noTimes;
  readonly mask = logPackets - 1;
  /** First extended number not reported yet, and the highest that arrived; -1 before the first. */
  from = -1;
  highest = -1;

  /** Whether something has arrived since reported(). */
  get pending(): boolean {
    return this.highest >= 0 && this.from <= this.highest;
  }

  /** The packet that carries `sequenceNumber` arrived at `arrivals[index]`. */
  record(sequenceNumber: number, arrivals: Float64Array, index: number): void {
    if (this.highest < 0) {
      // Only publishers need the memory.
      this.times = new Float64Array(logPackets);
      this.highest = firstExtended(sequenceNumber);
      this.from = this.highest;
      this.times[this.highest & this.mask] = arrivals[index];
      return;
    }
    const extended = extendSequence(sequenceNumber, this.highest);
    if (extended <= this.highest - logPackets) return;
    if (extended > this.highest) this.#advance(extended);
    // One that was reported as missing is reported again, with those after it.
    else if (extended < this.from) this.from = extended;
    const at = extended & this.mask;
    if (this.times[at] === 0) this.times[at] = arrivals[index];
  }

  anyArrival(from: number, to: number): boolean {
    for (let extended = from; extended <= to; extended++)
      if (this.times[extended & this.mask] !== 0) return true;
    return false;
  }

  /** Everything before `next` has been reported. */
  reported(next: number): void {
    this.from = next;
  }

  #advance(extended: number): void {
    const cleared = Math.min(extended - this.highest, logPackets);
    for (let i = 0; i < cleared; i++) this.times[(extended - i) & this.mask] = 0;
    this.highest = extended;
    if (this.from <= extended - logPackets) this.from = this.#firstArrivalAfter(extended - logPackets);
  }

  #firstArrivalAfter(extended: number): number {
    let from = extended + 1;
    while (from < this.highest && this.times[from & this.mask] === 0) from++;
    return from;
  }
}
