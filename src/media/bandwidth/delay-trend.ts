import type { GroupComparison } from './packet-groups.ts';

/** Groups whose delays a line is fitted to. */
const windowGroups = 20;
/** Weight of the past in the smoothed delay. */
const smoothing = 0.9;
/** The slope is scaled by how much it rests on, up to so many groups, and by the gain: both as in libwebrtc. */
const maxScaledGroups = 60;
const gain = 4;

/**
 * The trendline filter: how fast the one-way delay grows, by a line fitted to the accumulated and smoothed delay
 * variations of the last groups (Carlucci et al., Analysis and Design of the Google Congestion Control, 2016; the
 * successor of the gcc draft's Kalman filter).
 */
export class DelayTrend {
  /** The scaled slope that is compared with the overuse threshold. */
  trend = 0;
  /** Groups seen since the last reset. */
  groups = 0;

  readonly #arrivals = new Float64Array(windowGroups);
  readonly #delays = new Float64Array(windowGroups);
  #accumulated = 0;
  #smoothed = 0;

  add({ sentDeltaMs, arrivalDeltaMs, arrivalMs }: GroupComparison): void {
    this.#accumulated += arrivalDeltaMs - sentDeltaMs;
    this.#smoothed = smoothing * this.#smoothed + (1 - smoothing) * this.#accumulated;
    const at = this.groups % windowGroups;
    this.#arrivals[at] = arrivalMs;
    this.#delays[at] = this.#smoothed;
    this.groups++;
    if (this.groups < windowGroups) return;
    this.#fit();
  }

  reset(): void {
    this.trend = 0;
    this.groups = 0;
    this.#accumulated = 0;
    this.#smoothed = 0;
  }

  /** Least squares; no slope where all arrived at once. */
  #fit(): void {
    let meanArrival = 0;
    let meanDelay = 0;
    for (let i = 0; i < windowGroups; i++) {
      meanArrival += this.#arrivals[i];
      meanDelay += this.#delays[i];
    }
    meanArrival /= windowGroups;
    meanDelay /= windowGroups;
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < windowGroups; i++) {
      const arrival = this.#arrivals[i] - meanArrival;
      covariance += arrival * (this.#delays[i] - meanDelay);
      variance += arrival * arrival;
    }
    const slope = variance === 0 ? 0 : covariance / variance;
    this.trend = Math.min(this.groups, maxScaledGroups) * slope * gain;
  }
}
