import { InherentLoss } from './inherent-loss.ts';

/** Below the first, losses are no sign of congestion; above the second they are (gcc draft §6). */
const lowLoss = 0.02;
const highLoss = 0.1;
/** The same before anything is known of the path: a few packets more or less. */
const firstLoss = 0.25;
/** Of inherent losses a measurement has so many standard deviations more by chance. */
const chance = 2;
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
 * The loss-based bound of the estimate (gcc draft §6): falls with losses above 10 %, grows again below 2 %. A path that
 * loses at random below that is left alone, and what it loses whatever is sent does not count. As losses do not tell
 * where they come from, the bound stops at what gets through, and is taken back when they turn out to be inherent.
 */
export class LossBound {
  /** Bits per second; Infinity while losses bound nothing. */
  bitrate = Number.POSITIVE_INFINITY;
  /** Of the last measurement, 0 … 1. */
  fraction = 0;
  /** What of it is not for sending too much. */
  readonly inherent = new InherentLoss();

  #packets = 0;
  #lost = 0;
  #windowMs = -1;
  #fellMs = Number.NEGATIVE_INFINITY;
  /** The share of losses that the bound fell for last. */
  #fellFor = 0;
  #updatedMs = -1;

  /** Statuses of one feedback packet. A packet that came after all counts as -1 lost. */
  add(packets: number, lost: number): void {
    this.#packets += packets;
    this.#lost += lost;
  }

  /**
   * @param estimate what would hold without this bound, bits per second
   * @param delivered bits per second that get through, 0 while unknown
   * @param sent bits per second at which what was reported was sent
   * @param queued whether a queue stands on the way
   */
  update(
    nowMs: number,
    estimate: number,
    delivered: number,
    sent: number,
    queued: boolean,
    rttMs: number,
  ): void {
    if (this.#windowMs < 0) this.#windowMs = nowMs;
    if (this.#packets < minPackets || nowMs - this.#windowMs < minWindowMs) return;
    const packets = this.#packets;
    const lost = Math.max(0, Math.min(packets, this.#lost));
    this.fraction = lost / packets;
    this.#packets = 0;
    this.#lost = 0;
    this.#windowMs = nowMs;
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(1000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    this.inherent.add(nowMs, packets, lost, sent, queued);
    const inherent = this.inherent.fraction;
    const usual = packets * inherent;
    const deviation = Math.sqrt(usual * (1 - inherent));
    const excess = this.#excess(this.fraction);
    const isExcessive = excess > (this.inherent.known ? highLoss : firstLoss);
    if (isExcessive && lost > usual + chance * deviation) {
      this.#fall(nowMs, estimate, delivered / (1 - inherent), rttMs);
    } else if (this.bitrate !== Number.POSITIVE_INFINITY) {
      if (lost <= usual + lowLoss * packets) this.#grow(elapsedMs);
      // It fell for what is lost anyway; or the delay has taken over.
      const mistaken = inherent > 0 && this.#excess(this.#fellFor) <= highLoss;
      if (mistaken || this.bitrate > estimate) this.bitrate = Number.POSITIVE_INFINITY;
    }
  }

  /** A receiver report, which has measured the fraction already. There is no delay to take over: growth frees slowly. */
  report(nowMs: number, fraction: number, estimate: number, rttMs: number): void {
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(5000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    this.fraction = fraction;
    if (fraction > highLoss) this.#fall(nowMs, estimate, 0, rttMs);
    else if (fraction < lowLoss) this.#grow(elapsedMs);
    if (this.bitrate > freeBitrate) this.bitrate = Number.POSITIVE_INFINITY;
  }

  #fall(nowMs: number, estimate: number, delivered: number, rttMs: number): void {
    if (nowMs - this.#fellMs < fallIntervalMs + Math.max(0, rttMs)) return;
    this.#fellMs = nowMs;
    this.#fellFor = this.fraction;
    const from = Math.min(this.bitrate, estimate);
    const fallen = from * (1 - 0.5 * this.#excess(this.fraction));
    this.bitrate = Math.min(from, Math.max(fallen, floorOfDelivered * delivered));
  }

  #grow(elapsedMs: number): void {
    this.bitrate *= (1 + growthPerSecond) ** (elapsedMs / 1000);
  }

  /** What of a share of losses is not inherent. */
  #excess(fraction: number): number {
    const inherent = this.inherent.fraction;
    return (fraction - inherent) / (1 - inherent);
  }
}
