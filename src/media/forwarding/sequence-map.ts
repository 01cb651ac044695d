import { toSequence } from '../rtp/serial-number.ts';

/** Ranges remembered, two seconds of every other frame left out: late packets from before are dropped. */
const maxRanges = 32;
// Of a range.
const stride = 3;
const leftOut = 1;
const offset = 2;

/** map() for a packet that has no number at the receiver. */
export const noSequence = -1;

/**
 * Sequence numbers of a source → those of one receiver. What was lost leaves a gap, so that the receiver can ask
 * for it and a late packet gets the number kept for it; what was left out on purpose leaves none.
 *
 * Kept as ranges of equal offset, oldest first, each after the run of packets that was left out before it:
 *
 *     source     100 101 102 103 104 105 106 107
 *     left out            ×   ×           ×
 *     receiver   500 501         502 503     504
 *     ranges    [100, −0)       [104, 2 out) [107, 1 out)
 */
export class SequenceMap {
  /** Highest number given out so far. */
  highest: number;

  /** Each: its first number, how many were left out before it, its offset. One array: it is read for every packet. */
  readonly #ranges = new Int32Array(maxRanges * stride);
  /** Where the newest is in that. */
  #newest = 0;
  #count = 0;
  #highestSource = 0;

  /** The first number given out will be `initial`, 16 bits. */
  constructor(initial: number) {
    // Like all extended numbers one cycle up, so that it stays positive.
    this.highest = 0x10000 + toSequence(initial) - 1;
  }

  /** A new source, or the old one again: its extended number `source` gets the number after the highest. */
  start(source: number): void {
    this.#count = 1;
    this.#newest = 0;
    this.#ranges[0] = source;
    this.#ranges[leftOut] = 0;
    this.#ranges[offset] = source - (this.highest + 1);
    this.#highestSource = source - 1;
  }

  /** The 16-bit number of a source's packet; noSequence for one from before the start, or left out. */
  map(source: number): number {
    const ranges = this.#ranges;
    let at = this.#newest;
    if (source < ranges[at]) {
      at = this.#findRange(source);
      if (at < 0) return noSequence;
    }
    const number = source - ranges[at + offset];
    if (source > this.#highestSource) {
      this.#highestSource = source;
      this.highest = number;
    }
    return toSequence(number);
  }

  /**
   * Leaves a packet out, and with it those from `since` on, which have not come. False where that is not possible
   * without a gap, as later ones have been numbered already: it should be sent then, even if empty.
   */
  leaveOut(source: number, since = source): boolean {
    if (source <= this.#highestSource) return this.map(source) === noSequence;
    const left = source + 1 - since;
    const ranges = this.#ranges;
    const at = this.#newest;
    // Those missing before it keep their numbers.
    this.highest = since - 1 - ranges[at + offset];
    if (ranges[at] === since && this.#count > 1) {
      ranges[at] += left;
      ranges[at + leftOut] += left;
      ranges[at + offset] += left;
    } else {
      const next = (at + stride) % ranges.length;
      ranges[next] = source + 1;
      ranges[next + leftOut] = left;
      ranges[next + offset] = ranges[at + offset] + left;
      this.#newest = next;
      if (this.#count < maxRanges) this.#count++;
    }
    this.#highestSource = source;
    return true;
  }

  /** What the numbers of the source are ahead of the receiver's, from the highest on. */
  get offset(): number {
    return this.#ranges[this.#newest + offset];
  }

  /** The source's packets up to `source`, all of those after the highest, have been numbered by `offset`. */
  passed(source: number): void {
    this.#highestSource = source;
    this.highest = source - this.offset;
  }

  /** The highest number of the source that was mapped or left out. */
  get highestSource(): number {
    return this.#highestSource;
  }

  #findRange(source: number): number {
    const ranges = this.#ranges;
    let at = this.#newest;
    for (let i = 0; i < this.#count; i++) {
      if (source >= ranges[at]) return at;
      if (source >= ranges[at] - ranges[at + leftOut]) return -1;
      at = (at + ranges.length - stride) % ranges.length;
    }
    return -1;
  }
}
