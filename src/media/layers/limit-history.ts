import { timestampDelta } from '../rtp/serial-number.ts';

/** Changes remembered: more than there are while packets may still be late. A power of two. */
const rememberedChanges = 8;

/**
 * Up to which layers pictures were forwarded of late, so that a late packet is treated as the others of its picture
 * were. Only changes are kept.
 */
export class LimitHistory {
  /** The limits in force for the picture last given to find(). */
  spatial = 0;
  temporal = 0;
  readonly #timestamps = new Int32Array(rememberedChanges);
  readonly #spatial = new Int32Array(rememberedChanges);
  readonly #temporal = new Int32Array(rememberedChanges);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /** From the picture with `timestamp` on, these limits hold. */
  record(timestamp: number, spatial: number, temporal: number): void {
    const newest = (this.#count - 1) & (rememberedChanges - 1);
    if (this.#count > 0 && this.#spatial[newest] === spatial && this.#temporal[newest] === temporal) return;
    const at = this.#count & (rememberedChanges - 1);
    this.#timestamps[at] = timestamp;
    this.#spatial[at] = spatial;
    this.#temporal[at] = temporal;
    this.#count++;
  }

  /** Shows the limits of a picture; false where it is older than what is remembered. */
  find(timestamp: number): boolean {
    const oldest = Math.max(0, this.#count - rememberedChanges);
    for (let change = this.#count - 1; change >= oldest; change--) {
      const at = change & (rememberedChanges - 1);
      if (timestampDelta(timestamp, this.#timestamps[at]) < 0) continue;
      this.spatial = this.#spatial[at];
      this.temporal = this.#temporal[at];
      return true;
    }
    return false;
  }
}
