/** Below the first, losses are no sign of congestion; above the second they are (gcc draft §6). */
const lowLoss = 0.02;
const highLoss = 0.1;
/**
 * The same where no queue stands: what is lost there is lost by chance, as far as anyone can tell; and as chance is
 * uneven, it is measured over longer.
 */
const highLossWithoutQueue = 0.15;
const withoutQueueWindowMs = 1000;
/** Statuses a measurement needs. */
const minPackets = 20;
/** How often the bound may fall, on top of the RTT. */
const fallIntervalMs = 300;
/** A measurement spans at least this long: a burst of losses is not a rate. */
const minWindowMs = 200;
/** Losses beyond which what gets through is taken as what the path carries: it does not fall below this much of it. */
const floorOfDelivered = 0.85;
const growthPerSecond = 0.08;
/** A bound that has grown to this is none. */
const freeBitrate = 100_000_000;

/**
 * The loss-based bound of the estimate (gcc draft §6): falls with losses above 10 %, grows again below 2 %; where no
 * queue stands, 15 % and 10 %. A path that loses at random below that is left alone. As the bound ignores where losses come from, it stops at what gets through.
 */
export class LossBound {
  /** Bits per second; Infinity while losses bound nothing. */
  bitrate = Number.POSITIVE_INFINITY;
  /** Of the last measurement, 0 … 1. */
  fraction = 0;

  #packets = 0;
  #lost = 0;
  #windowMs = -1;
  #fellMs = Number.NEGATIVE_INFINITY;
  #updatedMs = -1;

  /** Statuses of one feedback packet. A packet that came after all counts as -1 lost. */
  add(packets: number, lost: number): void {
    this.#packets += packets;
    this.#lost += lost;
  }

  /**
   * @param estimate what would hold without this bound, bits per second
   * @param delivered bits per second that get through, 0 while unknown
   * @param queueStands whether packets wait on the way
   */
  update(nowMs: number, estimate: number, delivered: number, rttMs: number, queueStands: boolean): void {
    if (this.#windowMs < 0) this.#windowMs = nowMs;
    const windowMs = queueStands ? minWindowMs : withoutQueueWindowMs;
    if (this.#packets < minPackets || nowMs - this.#windowMs < windowMs) return;
    this.fraction = Math.max(0, Math.min(1, this.#lost / this.#packets));
    this.#packets = 0;
    this.#lost = 0;
    this.#windowMs = nowMs;
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(2000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    const tooMuch = queueStands ? highLoss : highLossWithoutQueue;
    const little = queueStands ? lowLoss : highLoss;
    if (this.fraction > tooMuch) this.#fall(nowMs, estimate, delivered, rttMs);
    else if (this.fraction < little && this.bitrate !== Number.POSITIVE_INFINITY) {
      this.bitrate *= (1 + growthPerSecond) ** (elapsedMs / 1000);
      // The delay has taken over.
      if (this.bitrate > estimate) this.bitrate = Number.POSITIVE_INFINITY;
    }
  }

  /** A receiver report, which has measured the fraction already. There is no delay to take over: growth frees slowly. */
  report(nowMs: number, fraction: number, estimate: number, rttMs: number): void {
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(5000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    this.fraction = fraction;
    if (fraction > highLoss) this.#fall(nowMs, estimate, 0, rttMs);
    else if (fraction < lowLoss) this.bitrate *= (1 + growthPerSecond) ** (elapsedMs / 1000);
    if (this.bitrate > freeBitrate) this.bitrate = Number.POSITIVE_INFINITY;
  }

  #fall(nowMs: number, estimate: number, delivered: number, rttMs: number): void {
    if (nowMs - this.#fellMs < fallIntervalMs + Math.max(0, rttMs)) return;
    this.#fellMs = nowMs;
    const from = Math.min(this.bitrate, estimate);
    const fallen = from * (1 - 0.5 * this.fraction);
    this.bitrate = Math.min(from, Math.max(fallen, floorOfDelivered * delivered));
  }
}
