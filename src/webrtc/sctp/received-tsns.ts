import { addTsn, tsnDelta } from './tsn.ts';

/**
 * Separate gaps that are kept track of. A peer under heavy reordering has a few dozen; what would make more is
 * not taken, and so is sent again.
 */
export const maxGapBlocks = 256;
/** How far ahead of the cumulative TSN a TSN is taken: gap blocks count offsets in 16 bits. */
const maxAhead = 0xffff;

/** Which TSNs have arrived: all up to a cumulative one, and blocks beyond gaps. */
export class ReceivedTsns {
  #cumulative: number;
  /** Start and end of each block, ascending, with a gap before each. */
  readonly #blocks: number[] = [];

  /** @param first the TSN that the peer sends first */
  constructor(first: number) {
    this.#cumulative = addTsn(first, -1);
  }

  /** All TSNs up to this one have arrived, or were given up by the sender. */
  get cumulative(): number {
    return this.#cumulative;
  }

  get blockCount(): number {
    return this.#blocks.length / 2;
  }

  has(tsn: number): boolean {
    if (tsnDelta(tsn, this.#cumulative) <= 0) return true;
    const at = this.#blockAt(tsn);
    return at < this.#blocks.length && tsnDelta(tsn, this.#blocks[at]) >= 0;
  }

  /** Whether note() would take this TSN, which has not arrived yet. */
  accepts(tsn: number): boolean {
    const ahead = tsnDelta(tsn, this.#cumulative);
    if (ahead > maxAhead) return false;
    if (ahead === 1 || this.blockCount < maxGapBlocks) return true;
    const at = this.#blockAt(tsn);
    return this.#blocks[at] === addTsn(tsn, 1) || this.#blocks[at - 1] === addTsn(tsn, -1);
  }

  /** Notes a TSN that has not arrived before. */
  note(tsn: number): void {
    const blocks = this.#blocks;
    const at = this.#blockAt(tsn);
    const extendsNext = at < blocks.length && blocks[at] === addTsn(tsn, 1);
    const extendsPrevious = at > 0 && blocks[at - 1] === addTsn(tsn, -1);
    if (extendsNext && extendsPrevious) blocks.splice(at - 1, 2);
    else if (extendsNext) blocks[at] = tsn;
    else if (extendsPrevious) blocks[at - 1] = tsn;
    else blocks.splice(at, 0, tsn, tsn);
    this.#joinCumulative();
  }

  /** The sender gave up everything up to `tsn` (RFC 3758 §3.6). */
  advance(tsn: number): void {
    if (tsnDelta(tsn, this.#cumulative) <= 0) return;
    this.#cumulative = tsn;
    let passed = 0;
    while (passed < this.#blocks.length && tsnDelta(this.#blocks[passed + 1], tsn) <= 0) passed += 2;
    this.#blocks.splice(0, passed);
    if (this.#blocks.length > 0 && tsnDelta(this.#blocks[0], tsn) <= 0) this.#blocks[0] = addTsn(tsn, 1);
    this.#joinCumulative();
  }

  /** The offset, from the cumulative TSN, of the start (even) or end (odd) of a block. */
  blockOffset(index: number): number {
    return tsnDelta(this.#blocks[index], this.#cumulative);
  }

  #joinCumulative(): void {
    if (this.#blocks.length === 0 || this.#blocks[0] !== addTsn(this.#cumulative, 1)) return;
    this.#cumulative = this.#blocks[1];
    this.#blocks.splice(0, 2);
  }

  /** Index of the first block that ends at `tsn` or later. */
  #blockAt(tsn: number): number {
    let low = 0;
    let high = this.#blocks.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tsnDelta(this.#blocks[2 * middle + 1], tsn) < 0) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
