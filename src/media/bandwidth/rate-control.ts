import { type BitrateBounds, withinBounds } from './bitrate-bounds.ts';
import type { LinkUsage } from './overuse-detector.ts';

/** No path is taken to carry more, in bits per second: nothing would be gained by knowing. */
const highestBitrate = 50_000_000;
/** What the estimate falls to, of what gets through, when a queue builds (gcc draft §5.5). */
const backoff = 0.88;
/** Growth per second while the capacity is unknown (gcc draft §5.5), and what it speeds up to. */
const growthPerSecond = 0.08;
const maxGrowthPerSecond = 0.35;
/** The speed doubles for every so many ms of undisturbed growth. */
const speedUpMs = 1500;
/** Near capacity the estimate grows by one packet per response time; the packet's size, in bits. */
const packetBits = 1200 * 8;
/** Added to the RTT, the time in which an overuse would show (gcc draft §5.5). */
const detectionMs = 100;
/** Slowest growth there, per second; and that of an estimate that is well below the capacity, back to where it was. */
const nearGrowthPerSecond = 0.03;
const returnPerSecond = 0.16;
const wellBelow = 0.9;
/** From such a queue on, the estimate does not grow beyond what gets through by more than this. */
const beginningQueueShare = 0.35;
const beginningMargin = 1.04;
/** While a queue stands, the estimate is not above what gets through by more than this ... */
const standingMargin = 1.01;
/** ... unless little is sent anyway. */
const littleSent = 0.9;
/**
 * The estimate has grown out of what was known of the capacity when it is above it by this share, and by so many
 * deviations of what was measured (libwebrtc's LinkCapacityEstimator).
 */
const capacityMargin = 1.03;
const capacityDeviations = 3;
/** Weight of a new measurement of the capacity; one that is further off than the bounds replaces it. */
const capacityWeight = 0.2;
const initialDeviation = 0.02;
const maxDeviation = 0.1;
/** Unless so little gets through, a fall waits until the one before has had its effect. */
const clearlyTooMuch = 0.7;
/** What is sent gets through: the queue may be others'. Then the estimate does not fall by more than this at once. */
const undiminished = 0.95;
const cautiousFall = 0.85;
const minFallIntervalMs = 150;
/** The estimate does not grow beyond this much of what is sent and gets through (gcc draft §5.5). */
const maxOverDelivered = 1.5;
const overDeliveredBits = 10_000;

export type RateControlReason =
  | 'initial'
  | 'probed'
  | 'increasing'
  | 'near-capacity'
  | 'queue-standing'
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

  #bounds: BitrateBounds;
  /** Of the capacity, as a share of it. */
  #deviation = initialDeviation;
  #updatedMs = -1;
  /** Since when the estimate has grown without knowing the capacity; -1 while it does not. */
  #growingSinceMs = -1;

  constructor(initial: number, bounds: BitrateBounds) {
    this.#bounds = bounds;
    this.bitrate = this.#bounded(initial);
  }

  setBounds(bounds: BitrateBounds): void {
    this.#bounds = bounds;
    this.bitrate = this.#bounded(this.bitrate);
  }

  /**
   * @param delivered bits per second that get through lately, 0 while unknown
   * @param sent bits per second at which that was sent
   * @param queueShare how long packets wait on the way, as a share of what a burst of ours would explain: from 1 on a
   *   queue stands
   * @param rttMs -1 while unknown
   * @param feedbackAgeMs how long ago the newest packet that this is about was sent
   */
  update(
    nowMs: number,
    usage: LinkUsage,
    delivered: number,
    sent: number,
    queueShare: number,
    rttMs: number,
    feedbackAgeMs: number,
  ): void {
    const elapsedMs = this.#updatedMs < 0 ? 0 : Math.min(1000, nowMs - this.#updatedMs);
    this.#updatedMs = nowMs;
    if (usage === 'overuse') {
      this.#growingSinceMs = -1;
      this.#fall(nowMs, delivered, sent, feedbackAgeMs);
    } else if (usage === 'underuse') {
      // The queue empties: growing now would fill it again.
      this.#growingSinceMs = -1;
      this.reason = 'queue-draining';
    } else if (queueShare >= 1) {
      this.#growingSinceMs = -1;
      this.reason = 'queue-standing';
      if (delivered > littleSent * this.bitrate)
        this.bitrate = this.#bounded(Math.min(this.bitrate, delivered * standingMargin));
    } else {
      this.#grow(nowMs, elapsedMs, delivered, rttMs, queueShare);
    }
  }

  /**
   * A probe got this much through.
   * @param saturated whether that was less than it tried: then it is what the path carries
   */
  probed(bitrate: number, saturated: boolean): void {
    if (bitrate <= this.bitrate) return;
    this.bitrate = this.#bounded(bitrate);
    this.reason = 'probed';
    if (saturated) this.#learnCapacity(bitrate);
    else if (bitrate > this.#upperCapacity) this.capacity = 0;
  }

  /** Something else (losses, no feedback) says that less gets through. */
  lower(bitrate: number): void {
    this.bitrate = this.#bounded(Math.min(this.bitrate, bitrate));
    this.#growingSinceMs = -1;
  }

  #fall(nowMs: number, delivered: number, sent: number, feedbackAgeMs: number): void {
    const sinceFall = nowMs - this.fellMs;
    if (sinceFall < minFallIntervalMs) return;
    if (sinceFall < feedbackAgeMs && delivered > clearlyTooMuch * this.bitrate) return;
    if (delivered > 0) this.#learnCapacity(delivered);
    let target = delivered > 0 ? backoff * delivered : backoff * this.bitrate;
    if (delivered > undiminished * sent) target = Math.max(target, cautiousFall * this.bitrate);
    this.fellFrom = this.bitrate;
    this.fellMs = nowMs;
    this.bitrate = this.#bounded(Math.min(this.bitrate, target));
    this.reason = 'overuse';
  }

  #grow(nowMs: number, elapsedMs: number, delivered: number, rttMs: number, queueShare: number): void {
    const limit = delivered > 0 ? delivered * maxOverDelivered + overDeliveredBits : this.bitrate;
    if (this.bitrate >= limit) {
      this.reason = 'application-limited';
      this.#growingSinceMs = -1;
      return;
    }
    // Where a queue begins to build, growth slows down.
    const seconds = (elapsedMs / 1000) * (1 - queueShare);
    let next: number;
    if (this.bitrate <= this.#upperCapacity) {
      this.#growingSinceMs = -1;
      const responseSeconds = ((rttMs < 0 ? 100 : rttMs) + detectionMs) / 1000;
      const share = this.bitrate < wellBelow * this.capacity ? returnPerSecond : nearGrowthPerSecond;
      next = this.bitrate + Math.max(share * this.bitrate, packetBits / responseSeconds) * seconds;
      this.reason = 'near-capacity';
    } else {
      this.capacity = 0;
      if (this.#growingSinceMs < 0) this.#growingSinceMs = nowMs;
      const speed = growthPerSecond * 2 ** ((nowMs - this.#growingSinceMs) / speedUpMs);
      next = this.bitrate * (1 + Math.min(maxGrowthPerSecond, speed)) ** seconds;
      this.reason = 'increasing';
    }
    const queueBegins = queueShare > beginningQueueShare && delivered > 0;
    const reached = queueBegins ? Math.max(this.bitrate, beginningMargin * delivered) : limit;
    this.bitrate = this.#bounded(Math.min(next, limit, reached));
  }

  get #upperCapacity(): number {
    return this.capacity * (capacityMargin + capacityDeviations * this.#deviation);
  }

  #learnCapacity(delivered: number): void {
    const error = Math.abs(delivered - this.capacity) / Math.max(1, this.capacity);
    if (this.capacity === 0 || error > capacityMargin - 1 + capacityDeviations * this.#deviation) {
      this.capacity = delivered;
      this.#deviation = initialDeviation;
      return;
    }
    this.capacity += capacityWeight * (delivered - this.capacity);
    this.#deviation += capacityWeight * (error - this.#deviation);
    this.#deviation = Math.min(maxDeviation, this.#deviation);
  }

  #bounded(bitrate: number): number {
    return withinBounds(Math.min(highestBitrate, bitrate), this.#bounds);
  }
}
