/** Whether a client's network is in order: unstable as soon as it is not, stable again after some quiet time. */

/** Packets that come later than this out of their rhythm disturb. */
const disturbingJitterMs = 100;
/** So does this share of packets lost within a second, in either direction. */
const disturbingLoss = 0.1;
const quietMs = 30_000;

/** What was measured in the last second. */
export interface PathMeasurement {
  readonly jitterMs: number;
  /** 0 … 1 */
  readonly lossFraction: number;
}

export class NetworkCondition {
  #disturbedMs = Number.NEGATIVE_INFINITY;
  #stable = true;

  /** @returns 1 where it has become stable, 0 where unstable, null where it stays as it was */
  observe(nowMs: number, { jitterMs, lossFraction }: PathMeasurement): 0 | 1 | null {
    if (jitterMs > disturbingJitterMs || lossFraction > disturbingLoss) this.#disturbedMs = nowMs;
    const stable = nowMs - this.#disturbedMs >= quietMs;
    if (stable === this.#stable) return null;
    this.#stable = stable;
    return stable ? 1 : 0;
  }
}
