/** How late the event loop runs, since this was last reset. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How finely it is sampled. */
const resolutionMs = 10;

export class EventLoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#histogram.enable();
  }

  /** In ms; 0 while nothing was sampled. @param quantile above 0, at most 1 */
  quantileMs(quantile: number): number {
    if (this.#histogram.count === 0) return 0;
    const intervalNs = quantile === 1 ? this.#histogram.max : this.#histogram.percentile(quantile * 100);
    // The histogram holds intervals between samples, which include the sampling interval itself.
    return Math.max(0, intervalNs / 1e6 - resolutionMs);
  }

  reset(): void {
    this.#histogram.reset();
  }

  close(): void {
    this.#histogram.disable();
  }
}
