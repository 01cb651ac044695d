import { arrivalTicksPerMs, readTransportFeedback } from '../rtcp/transport-feedback.ts';
import { addTicks, timestampDelta } from '../rtp/serial-number.ts';
import type { BandwidthEstimator, EstimateReason } from './bandwidth-estimator.ts';
import { type BitrateBounds, withinBounds } from './bitrate-bounds.ts';
import { DelayTrend } from './delay-trend.ts';
import { DeliveryRate } from './delivery-rate.ts';
import { LossBound } from './loss-bound.ts';
import { type LinkUsage, OveruseDetector } from './overuse-detector.ts';
import { PacketGroups } from './packet-groups.ts';
import type { ProbeCluster } from './probe-cluster.ts';
import { QueueDelay } from './queue-delay.ts';
import { RateControl } from './rate-control.ts';
import { type SentPacketLog, SentState, sentTicksPerMs } from './sent-packet-log.ts';

/** What gets through is measured over this long; right after a change of the path over less. */
const deliveryWindowMs = 1000;
const fallWindowMs = 300;
/** The rate at which losses are seen. */
const lossRateMs = 300;
/** A trend without so much of a queue is jitter: ms, and the packets of a burst. */
const leastQueueMs = 28;
const burstBits = 1200 * 8;
/**
 * A queue of so many times that, which stands for so long without growing, is emptied by a fall, too. One that so many
 * falls do not shorten is none: the way has become longer.
 */
const longQueueShare = 3;
const longQueueMs = 700;
const fallsInVain = 4;
/** From sent ticks to arrival ticks. */
const sentToArrivalShift = Math.log2(sentTicksPerMs / arrivalTicksPerMs);
/** Round trips that the response time is taken from: about a fifth of a second of feedback. */
const consideredRoundTrips = 4;
/** Silence after which the path is taken for worse than thought; and how often again. */
const silenceMs = 1000;
const silenceBackoff = 0.5;

/**
 * The send-side estimator of one connection (draft-ietf-rmcat-gcc-02 and libwebrtc's practice since), fed with
 * transport-wide feedback: delay-based with a loss-based bound, raised by probes.
 */
export class SendSideEstimator implements BandwidthEstimator {
  readonly probeable = true;
  estimate: number;
  reason: EstimateReason = 'initial';
  /** Round trip of the newest packet of the last feedback, ms; with the time the receiver waited to report it. */
  feedbackRttMs = -1;
  /** How long it takes until something can be heard of what is sent now, queues on the way included, ms; -1 while unknown. */
  responseMs = -1;
  /** Packets and those reported lost. */
  packetsReported = 0;
  packetsLost = 0;
  readonly rates: RateControl;
  readonly detector = new OveruseDetector();
  readonly losses = new LossBound();
  readonly delivery = new DeliveryRate();
  readonly queue = new QueueDelay();
  /** What was reported, by when it was sent. */
  readonly sending = new DeliveryRate();

  #bounds: BitrateBounds;
  readonly #log: SentPacketLog;
  readonly #probe: ProbeCluster;
  readonly #groups = new PacketGroups();
  readonly #trend = new DelayTrend();
  /** Bound, so that none is made per feedback. */
  readonly #onStatus = (sequence: number, received: boolean, arrivalTicks: number) =>
    this.#packetStatus(sequence, received, arrivalTicks);
  #overused = false;
  #fresh = 0;
  #lost = 0;
  #newestSent = 0;
  /** Extended number of the newest packet told of; -1 before the first. */
  #toldUpTo = -1;
  readonly #roundTrips = new Float64Array(consideredRoundTrips);
  #roundTripCount = 0;
  #anyReceived = false;
  #longSinceMs = -1;
  #longQueueFalls = 0;
  #heardMs = -1;
  #silencedMs = -1;

  /** `initial` is bits per second. */
  constructor(initial: number, bounds: BitrateBounds, log: SentPacketLog, probe: ProbeCluster) {
    this.#bounds = bounds;
    this.#log = log;
    this.#probe = probe;
    this.rates = new RateControl(initial, bounds);
    this.estimate = this.rates.bitrate;
  }

  get bounds(): BitrateBounds {
    return this.#bounds;
  }

  setBounds(bounds: BitrateBounds): void {
    this.#bounds = bounds;
    this.rates.setBounds(bounds);
    this.#combine();
  }

  /**
   * Takes a feedback packet.
   * @returns false for a malformed one
   */
  receiveFeedback(
    clock: { readonly nowMs: number },
    rttMs: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): boolean {
    this.#overused = false;
    this.#fresh = 0;
    this.#lost = 0;
    this.#anyReceived = false;
    const ok = readTransportFeedback(bytes, start, length, this.#onStatus);
    this.losses.add(this.#fresh, this.#lost);
    this.packetsLost += this.#lost;
    if (!this.#anyReceived) return ok;
    const { nowMs } = clock;
    this.#heardMs = nowMs;
    this.#silencedMs = -1;
    this.feedbackRttMs = timestampDelta((nowMs * sentTicksPerMs) | 0, this.#newestSent) / sentTicksPerMs;
    this.#noteResponse();
    this.#update(nowMs, rttMs < 0 ? this.feedbackRttMs : rttMs);
    return ok;
  }

  /** Whether anything has shown where the limit is: until then the estimate is but what is known to get through. */
  get limitKnown(): boolean {
    return (
      this.rates.capacity > 0 ||
      this.rates.fellMs > Number.NEGATIVE_INFINITY ||
      this.losses.bitrate < this.rates.bitrate
    );
  }

  /** What gets through though losses bound the estimate, without a queue on the way; 0 where they do not. */
  get carriedInSpite(): number {
    return this.reason === 'loss' && this.queueShare < 1 ? this.delivery.bitrate(deliveryWindowMs) : 0;
  }

  /** Whether feedback comes at all. */
  get hears(): boolean {
    return this.#heardMs >= 0;
  }

  /** How long packets wait on the way, as a share of what jitter and a burst of ours explain. */
  get queueShare(): number {
    return this.queue.waitMs / (leastQueueMs + (burstBits * 1000) / this.estimate);
  }

  /** A probe has shown that this much gets through. */
  probed(bitrate: number, saturated: boolean): void {
    this.rates.probed(bitrate, saturated);
    this.#combine();
  }

  /**
   * Called now and then while packets are on their way.
   * @param sinceSentMs how long ago something was last heard of what was sent
   */
  handleSilence(nowMs: number, sinceSentMs: number): void {
    if (this.#heardMs < 0 || sinceSentMs < silenceMs) return;
    if (this.#silencedMs >= 0 && nowMs - this.#silencedMs < silenceMs) return;
    this.#silencedMs = nowMs;
    this.rates.lower(this.estimate * silenceBackoff);
    this.#combine();
    this.reason = 'no-feedback';
  }

  #packetStatus(sequence: number, received: boolean, arrivalTicks: number): void {
    const log = this.#log;
    const state = log.take(sequence, received);
    if (state === SentState.Unknown || state === SentState.Repeated) return;
    if (state === SentState.Fresh) {
      this.#fresh++;
      this.packetsReported++;
      if (!received) this.#lost++;
    } else this.#lost--;
    const { sentTicks, bytes, extended, probeCluster } = log;
    const assumed = state === SentState.Fresh && extended < this.#toldUpTo;
    if (state === SentState.Fresh && !assumed) this.sending.add(sentTicks >> sentToArrivalShift, bytes);
    if (!received) {
      if (extended === this.#toldUpTo + 1) this.#toldUpTo = extended;
      return;
    }
    if (!assumed) this.delivery.add(arrivalTicks, bytes);
    if (extended > this.#toldUpTo) this.#assumeArrived(extended, sentTicks, arrivalTicks);
    this.queue.add(sentTicks, arrivalTicks);
    if (probeCluster > 0) this.#probe.arrived(probeCluster, sentTicks, arrivalTicks, bytes);
    if (!this.#anyReceived || timestampDelta(sentTicks, this.#newestSent) > 0) this.#newestSent = sentTicks;
    this.#anyReceived = true;
    const groups = this.#groups;
    if (!groups.add(sentTicks, arrivalTicks)) return;
    this.#trend.add(groups);
    this.detector.detect(this.#trend, groups);
    if (this.detector.usage === 'overuse' && this.queueShare >= 1) this.#overused = true;
  }

  /**
   * What feedback passes over was told of by one that got lost: taken for arrived, as long under way as the packet told
   * of now. Else it would seem that less gets through, and the estimate would fall with losses on the way back.
   */
  #assumeArrived(told: number, sentTicks: number, arrivalTicks: number): void {
    const from = this.#toldUpTo < 0 ? told : this.#toldUpTo + 1;
    this.#toldUpTo = told;
    const log = this.#log;
    for (let passed = from; passed < told; passed++) {
      if (!log.findUnreported(passed)) continue;
      const before = timestampDelta(sentTicks, log.sentTicks) >> sentToArrivalShift;
      this.delivery.add(addTicks(arrivalTicks, -before), log.bytes);
      this.sending.add(log.sentTicks >> sentToArrivalShift, log.bytes);
    }
  }

  /** The least of the last few: what a receiver waits before it reports is not on the way. */
  #noteResponse(): void {
    const roundTrips = this.#roundTrips;
    roundTrips[this.#roundTripCount++ % roundTrips.length] = this.feedbackRttMs;
    const known = Math.min(this.#roundTripCount, roundTrips.length);
    this.responseMs = roundTrips[0];
    for (let i = 1; i < known; i++) this.responseMs = Math.min(this.responseMs, roundTrips[i]);
  }

  /** The window in which more got through: a short one is noisy, a long one remembers what was before. */
  #fallWindowMs(): number {
    const { delivery } = this;
    return delivery.bitrate(fallWindowMs) > delivery.bitrate(2 * fallWindowMs)
      ? fallWindowMs
      : 2 * fallWindowMs;
  }

  #update(nowMs: number, rttMs: number): void {
    const usage = this.#usage(nowMs);
    const { delivery, sending } = this;
    const windowMs = usage === 'overuse' ? this.#fallWindowMs() : deliveryWindowMs;
    const delivered = delivery.bitrate(windowMs);
    const sent = sending.bitrate(windowMs);
    const { queueShare, losses } = this;
    // What got through and what is lost whatever is sent.
    const carried = delivered / (1 - losses.inherent.fraction);
    this.rates.update(nowMs, usage, carried, sent, queueShare, rttMs, this.feedbackRttMs);
    const queued = queueShare >= 1 || usage === 'overuse';
    losses.update(nowMs, this.rates.bitrate, delivered, sending.bitrate(lossRateMs), queued, rttMs);
    this.#combine();
  }

  #usage(nowMs: number): LinkUsage {
    if (this.#overused) return 'overuse';
    if (this.detector.usage === 'underuse') return 'underuse';
    if (this.queueShare < longQueueShare) {
      this.#longSinceMs = -1;
      this.#longQueueFalls = 0;
      return 'normal';
    }
    if (this.#longSinceMs < 0) this.#longSinceMs = nowMs;
    if (nowMs - this.#longSinceMs < longQueueMs) return 'normal';
    this.#longSinceMs = nowMs;
    if (++this.#longQueueFalls > fallsInVain) {
      this.queue.reset();
      return 'normal';
    }
    return 'overuse';
  }

  #combine(): void {
    const { rates, losses } = this;
    const bounded = losses.bitrate < rates.bitrate;
    this.estimate = withinBounds(Math.min(rates.bitrate, losses.bitrate), this.#bounds);
    this.reason = bounded ? 'loss' : rates.reason;
    if (this.estimate >= this.#bounds.max) this.reason = 'configured-limit';
  }
}
