import type { DelayTrend } from './delay-trend.ts';
import type { GroupComparison } from './packet-groups.ts';

/** The threshold on the scaled trend: where it starts, and what it is kept within (gcc draft §5.4, in its units). */
const initialThreshold = 12.5;
const minThreshold = 6;
const maxThreshold = 600;
/** Speeds at which the threshold follows the trend up and down, per ms. */
const upSpeed = 0.0087;
const downSpeed = 0.039;
/** A trend this far above the threshold is a spike of the route, which the threshold does not follow. */
const maxExcess = 15;
const maxAdaptMs = 100;
/** The trend has to stay above for this long before it counts. */
const overuseMs = 10;

export type LinkUsage = 'normal' | 'overuse' | 'underuse';

/**
 * Compares the delay's trend with a threshold that adapts to what the path's jitter and competing flows make of it
 * (gcc draft §5.4): a fixed one would either never trigger or be starved by loss-based flows.
 */
export class OveruseDetector {
  usage: LinkUsage = 'normal';
  threshold = initialThreshold;

  #overMs = 0;
  #overCount = 0;
  #previousTrend = 0;
  #adaptedMs = -1;

  /** @param groups those that `delays` was told of last */
  detect(delays: DelayTrend, groups: GroupComparison): void {
    const { trend } = delays;
    const { sentDeltaMs } = groups;
    if (trend > this.threshold) {
      // Half of the first interval: it began somewhere within.
      this.#overMs += this.#overCount === 0 ? sentDeltaMs / 2 : sentDeltaMs;
      this.#overCount++;
      if (this.#overMs > overuseMs && this.#overCount > 1 && trend >= this.#previousTrend) {
        this.#overMs = 0;
        this.#overCount = 0;
        this.usage = 'overuse';
      }
    } else {
      this.#overMs = 0;
      this.#overCount = 0;
      this.usage = trend < -this.threshold ? 'underuse' : 'normal';
    }
    this.#previousTrend = trend;
    this.#adapt(delays, groups);
  }

  reset(): void {
    this.usage = 'normal';
    this.threshold = initialThreshold;
    this.#overMs = 0;
    this.#overCount = 0;
    this.#previousTrend = 0;
    this.#adaptedMs = -1;
  }

  #adapt({ trend }: DelayTrend, { arrivalMs }: GroupComparison): void {
    const size = Math.abs(trend);
    const elapsedMs = this.#adaptedMs < 0 ? 0 : Math.min(maxAdaptMs, arrivalMs - this.#adaptedMs);
    this.#adaptedMs = arrivalMs;
    if (size > this.threshold + maxExcess) return;
    const speed = size < this.threshold ? downSpeed : upSpeed;
    const threshold = this.threshold + speed * (size - this.threshold) * elapsedMs;
    this.threshold = Math.max(minThreshold, Math.min(maxThreshold, threshold));
  }
}
