import { arrivalTicksPerMs } from '../rtcp/transport-feedback.ts';
import { timestampDelta } from '../rtp/serial-number.ts';
import { sentTicksPerMs } from './sent-packet-log.ts';

const arrivalScale = sentTicksPerMs / arrivalTicksPerMs;
/** The least delay of so long counts as the present one: jitter only adds to it. Half of it, in ms. */
const halfRecentMs = 75;
/** The least delay of the last minute counts as that of an empty queue: longer, and clocks drift apart. */
const baseBucketMs = 10_000;
const baseBuckets = 6;

/**
 * How long packets wait on the way: the one-way delay now against the least one known. The clocks of both sides differ
 * by a constant that falls out. A standing queue that was there all along is not seen.
 */
export class QueueDelay {
  // Relative delays in sent ticks, compared modulo 2^32.
  #recent = 0;
  #recentBefore = 0;
  #recentSince = 0;
  readonly #base = new Int32Array(baseBuckets);
  #baseSince = 0;
  #bucket = 0;
  #known = false;

  add(sentTicks: number, arrivalTicks: number): void {
    const delay = (((arrivalTicks * arrivalScale) | 0) - sentTicks) | 0;
    if (!this.#known) {
      this.#recent = delay;
      this.#recentBefore = delay;
      this.#recentSince = arrivalTicks;
      this.#baseSince = arrivalTicks;
      this.#base.fill(delay);
      this.#known = true;
      return;
    }
    if (timestampDelta(arrivalTicks, this.#recentSince) > halfRecentMs * arrivalTicksPerMs) {
      this.#recentBefore = this.#recent;
      this.#recent = delay;
      this.#recentSince = arrivalTicks;
    } else if (timestampDelta(delay, this.#recent) < 0) this.#recent = delay;
    if (timestampDelta(arrivalTicks, this.#baseSince) > baseBucketMs * arrivalTicksPerMs) {
      this.#bucket = (this.#bucket + 1) % baseBuckets;
      this.#base[this.#bucket] = delay;
      this.#baseSince = arrivalTicks;
    } else if (timestampDelta(delay, this.#base[this.#bucket]) < 0) this.#base[this.#bucket] = delay;
  }

  /** Forgets what an empty queue was like. */
  reset(): void {
    this.#known = false;
  }

  /** Milliseconds above the least delay known. */
  get waitMs(): number {
    if (!this.#known) return 0;
    let base = this.#base[0];
    for (let i = 1; i < baseBuckets; i++) if (timestampDelta(this.#base[i], base) < 0) base = this.#base[i];
    const recent = timestampDelta(this.#recent, this.#recentBefore) < 0 ? this.#recent : this.#recentBefore;
    return timestampDelta(recent, base) / sentTicksPerMs;
  }
}
