import type { BandwidthEstimator, EstimateReason } from './bandwidth-estimator.ts';
import { type BitrateBounds, withinBounds } from './bitrate-bounds.ts';
import { LossBound } from './loss-bound.ts';

/**
 * The estimate for receivers without transport-wide feedback: their own (REMB), bounded by the losses of their receiver
 * reports. Where they say neither, nothing is bounded.
 */
export class ReportedEstimator implements BandwidthEstimator {
  readonly probeable = false;
  estimate = Number.POSITIVE_INFINITY;
  reason: EstimateReason = 'not-measured';

  #bounds: BitrateBounds;
  readonly #losses = new LossBound();
  #remote = Number.POSITIVE_INFINITY;
  #reported = false;

  constructor(bounds: BitrateBounds) {
    this.#bounds = bounds;
    this.#combine();
  }

  setBounds(bounds: BitrateBounds): void {
    this.#bounds = bounds;
    this.#combine();
  }

  /** Of the last report, 0 … 1; null before the first. */
  get lossFraction(): number | null {
    return this.#reported ? this.#losses.fraction : null;
  }

  /** REMB, bits per second; 0 takes it back. */
  receiverEstimate(bitrate: number): void {
    this.#remote = bitrate > 0 ? bitrate : Number.POSITIVE_INFINITY;
    this.#combine();
  }

  /** @param sentBitrate what is being sent, bits per second: losses say that this is too much */
  report(nowMs: number, fractionLost: number, rttMs: number, sentBitrate: number): void {
    this.#reported = true;
    const current = Math.min(this.#remote, this.#losses.bitrate);
    this.#losses.report(
      nowMs,
      fractionLost,
      current === Number.POSITIVE_INFINITY ? sentBitrate : current,
      rttMs,
    );
    this.#combine();
  }

  #combine(): void {
    const bitrate = Math.min(this.#remote, this.#losses.bitrate);
    this.estimate = withinBounds(bitrate, this.#bounds);
    if (this.estimate === Number.POSITIVE_INFINITY) this.reason = 'not-measured';
    else if (this.#bounds.max <= bitrate) this.reason = 'configured-limit';
    else this.reason = this.#losses.bitrate < this.#remote ? 'loss' : 'receiver-estimate';
  }
}
