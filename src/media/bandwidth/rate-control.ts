import type { LinkUsage } from './overuse-detector.ts';

/** What the estimate falls to, of what gets through, when a queue builds (gcc draft §5.5). */
const backoff = 0.85;
/** Growth per second while the capacity is unknown (gcc draft §5.5), and what it speeds up to. */
const growthPerSecond = 0.08;
const maxGrowthPerSecond = 0.25;
/** The speed doubles for every so many ms of undisturbed growth. */
const speedUpMs = 2000;
/** Near capacity the estimate grows by one packet per response time; the packet's size, in bits. */
const packetBits = 1200 * 8;
/** Added to the RTT, the time in which an overuse would show (gcc draft §5.5). */
const detectionMs = 100;
/** Slowest additive growth, bits per second per second (libwebrtc). */
const minAdditiveGrowth = 4000;
/** The estimate has grown out of what was known of the capacity when it is above it by this. */
const capacityMargin = 1.04;
/** Weight of a new measurement of the capacity; one that differs by more than the deviation replaces it. */
const capacityWeight = 0.3;
const capacityDeviation = 0.15;
/** Between two falls an RTT has to pass, for the first one to show; within these bounds, in ms. */
const minFallIntervalMs = 150;
const maxFallIntervalMs = 400;
/** The estimate does not grow beyond this much of what is sent and gets through (gcc draft §5.5). */
const maxOverDelivered = 1.5;
const overDeliveredBits = 10_000;

export type RateControlReason =
  | 'initial'
  | 'probed'
  | 'increasing'
  | 'near-capacity'
  | 'queue-draining'
  | 'application-limited'
  | 'overuse';

/**
 * The delay-based estimate: additive or multiplicative growth, multiplicative fall (gcc draft §5.5, and libwebrtc's
 * practice since: growth is additive near a capacity that an earlier overuse has shown).
 */
export class RateControl {
  /** Bits per second. */
  bitrate: number;
  reason: RateControlReason = 'initial';
  /** What got through when a queue last built; 0 while unknown. Bits per second. */
  capacity = 0;
  /** When it last fell, and from what. */
  fellMs = Number.NEGATIVE_INFINITY;
  fellFrom = 0;

  readonly #min: number;
  readonly #max: number;
  #updatedMs = -1;
  #growingSinceMs = -1;

  constructor(initial: number, min: number, max: number) {
    this.#min = min;
    this.#max = max;
    this.bitrate = initial;
  }

  /**
   * @param delivered bits per second that get through lately, 0 while unknown
   * @param rttMs -1 while unknown
   */
  update(nowMs: number, usage: LinkUsage, delivered: number, rttMs: number): void {
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(1000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    if (usage === 'overuse') {
      this.#growingSinceMs = -1;
      this.#fall(nowMs, delivered, rttMs);
    } else if (usage === 'underuse') {
      // The queue empties: growing now would fill it again.
      this.#growingSinceMs = -1;
      this.reason = 'queue-draining';
    } else {
      if (this.#growingSinceMs < 0) this.#growingSinceMs = nowMs;
      this.#grow(nowMs, elapsedMs, delivered, rttMs);
    }
  }

  /** A probe got this much through. */
  probed(bitrate: number): void {
    if (bitrate <= this.bitrate) return;
    this.bitrate = this.#bounded(bitrate);
    this.reason = 'probed';
    if (bitrate > this.capacity * capacityMargin) this.capacity = 0;
  }

  /** Something else (losses, no feedback) says that less gets through. */
  lower(bitrate: number): void {
    this.bitrate = this.#bounded(Math.min(this.bitrate, bitrate));
    this.#growingSinceMs = -1;
  }

  #fall(nowMs: number, delivered: number, rttMs: number): void {
    const interval = Math.max(minFallIntervalMs, Math.min(maxFallIntervalMs, rttMs));
    if (nowMs - this.fellMs < interval && delivered > this.bitrate / 2) return;
    if (delivered > 0) this.#learnCapacity(delivered);
    const target = delivered > 0 ? backoff * delivered : backoff * this.bitrate;
    this.fellFrom = this.bitrate;
    this.fellMs = nowMs;
    this.bitrate = this.#bounded(Math.min(this.bitrate, target));
    this.reason = 'overuse';
  }

  #grow(nowMs: number, elapsedMs: number, delivered: number, rttMs: number): void {
    const known = this.capacity > 0 && this.bitrate <= this.capacity * capacityMargin;
    const limit = delivered > 0 ? delivered * maxOverDelivered + overDeliveredBits : this.bitrate;
    if (this.bitrate >= limit) {
      this.reason = 'application-limited';
      this.#growingSinceMs = nowMs;
      return;
    }
    const seconds = elapsedMs / 1000;
    let next: number;
    if (known) {
      const responseSeconds = ((rttMs < 0 ? 100 : rttMs) + detectionMs) / 1000;
      next = this.bitrate + Math.max(minAdditiveGrowth, packetBits / responseSeconds) * seconds;
      this.reason = 'near-capacity';
    } else {
      this.capacity = 0;
      const speed = growthPerSecond * 2 ** ((nowMs - this.#growingSinceMs) / speedUpMs);
      next = this.bitrate * (1 + Math.min(maxGrowthPerSecond, speed)) ** seconds;
      this.reason = 'increasing';
    }
    this.bitrate = this.#bounded(Math.min(next, limit));
  }

  #learnCapacity(delivered: number): void {
    const deviation = Math.abs(delivered - this.capacity);
    if (this.capacity === 0 || deviation > this.capacity * capacityDeviation) this.capacity = delivered;
    else this.capacity += capacityWeight * (delivered - this.capacity);
  }

  #bounded(bitrate: number): number {
    return Math.max(this.#min, Math.min(this.#max, bitrate));
  }
}
