/** Measurements remembered, and what one of them takes at least. */
const measurements = 24;
const leastPackets = 40;
const leastMs = 800;
/** A measurement counts half after so long, ms. */
const halfLifeMs = 8000;
/** Losses come in bursts, so that a packet tells less than it would by itself. */
const independence = 0.5;
/** Below this share of losses there is nothing to explain. */
const negligible = 0.02;
/** What is tried as the inherent loss. More than the last is no network that one could talk over, but congestion. */
const candidates = [0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.17, 0.2, 0.24];
/** How much less likely than the best explanation, in nats, the one taken may be: in doubt losses are inherent. */
const doubt = 0.5;
/** Keeps logarithms finite. */
const leastLoss = 0.002;
// Of a measurement, after its rate.
const stride = 4;
const packetsOf = 1;
const lossesOf = 2;
const timeOf = 3;
/** How much each measurement counts while one estimate is made; no two are made at once. */
const weights = new Float64Array(measurements);

/**
 * How much a path loses whatever is sent, as radio does, apart from what it loses because too much is sent. Told apart
 * by what is lost at different rates: with a capacity B and an inherent loss q, sending at r loses
 *
 *     q + (1 - q) · max(0, 1 - B / r)
 *
 * The most likely q of the last measurements, over all B, is taken; the same model as in libwebrtc's loss-based
 * estimation (LossBasedBweV2).
 */
export class InherentLoss {
  /** 0 … 1. */
  fraction = 0;

  /** Of each measurement: bits per second, packets, losses, when. One array, as every connection has one. */
  readonly #measured = new Float64Array(measurements * stride);
  #count = 0;
  /** Of the measurement under way. */
  #sinceMs = -1;
  #sent = 0;
  #lost = 0;
  #bits = 0;
  #queued = false;

  /** Whether anything was measured. */
  get known(): boolean {
    return this.#count > 0;
  }

  /**
   * @param lost of `packets` sent at `bitrate` (bits per second)
   * @param queued whether a queue stood on the way: then losses are its overflow
   */
  add(nowMs: number, packets: number, lost: number, bitrate: number, queued: boolean): void {
    if (this.#sinceMs < 0) this.#sinceMs = nowMs;
    this.#sent += packets;
    this.#lost += lost;
    this.#bits += packets * bitrate;
    this.#queued ||= queued;
    if (this.#sent < leastPackets || nowMs - this.#sinceMs < leastMs) return;
    if (!this.#queued) this.#remember(nowMs);
    this.#sinceMs = nowMs;
    this.#sent = 0;
    this.#lost = 0;
    this.#bits = 0;
    this.#queued = false;
  }

  #remember(nowMs: number): void {
    const at = (this.#count++ % measurements) * stride;
    this.#measured[at] = this.#bits / this.#sent;
    this.#measured[at + packetsOf] = this.#sent;
    this.#measured[at + lossesOf] = Math.max(0, Math.min(this.#sent, this.#lost));
    this.#measured[at + timeOf] = nowMs;
    this.#estimate(nowMs);
  }

  #estimate(nowMs: number): void {
    const known = Math.min(measurements, this.#count);
    let packets = 0;
    let losses = 0;
    const measured = this.#measured;
    for (let i = 0; i < known; i++) {
      const at = i * stride;
      const weight = independence * 2 ** ((measured[at + timeOf] - nowMs) / halfLifeMs);
      weights[i] = weight;
      packets += weight * measured[at + packetsOf];
      losses += weight * measured[at + lossesOf];
    }
    this.fraction = 0;
    if (losses < negligible * packets) return;
    let best = this.#likelihood(0, known);
    for (const candidate of candidates) {
      const likelihood = this.#likelihood(candidate, known);
      if (likelihood >= best - doubt) this.fraction = candidate;
      if (likelihood > best) best = likelihood;
    }
  }

  /** Of an inherent loss, with the capacity that suits it best. */
  #likelihood(inherent: number, known: number): number {
    let best = this.#likelihoodWith(inherent, Number.POSITIVE_INFINITY, known);
    const measured = this.#measured;
    for (let at = 0; at < known * stride; at += stride) {
      const arrived = measured[at] * (1 - measured[at + lossesOf] / measured[at + packetsOf]);
      best = Math.max(best, this.#likelihoodWith(inherent, arrived / (1 - inherent), known));
    }
    return best;
  }

  #likelihoodWith(inherent: number, capacity: number, known: number): number {
    let sum = 0;
    const measured = this.#measured;
    for (let i = 0; i < known; i++) {
      const at = i * stride;
      const excess = Math.max(0, 1 - capacity / measured[at]);
      const loss = Math.min(1 - leastLoss, Math.max(leastLoss, inherent + (1 - inherent) * excess));
      const lost = measured[at + lossesOf];
      sum += weights[i] * (lost * Math.log(loss) + (measured[at + packetsOf] - lost) * Math.log(1 - loss));
    }
    return sum;
  }
}
