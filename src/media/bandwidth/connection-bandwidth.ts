import type { MediaContext } from '../media-context.ts';
import type { AllocatableSender } from './allocatable-sender.ts';
import type { BandwidthEstimator, EstimateReason } from './bandwidth-estimator.ts';
import { unlimitedBandwidth } from './bandwidth-estimator.ts';
import { BitrateAllocator } from './bitrate-allocator.ts';
import { PacketOutlet } from './packet-outlet.ts';
import { ProbeCluster } from './probe-cluster.ts';
import { type ProbeReason, ProbeSchedule } from './probe-schedule.ts';
import { ReportedEstimator } from './reported-estimator.ts';
import { type EstimatorLimits, SendSideEstimator } from './send-side-estimator.ts';
import { SentPacketLog } from './sent-packet-log.ts';

/** Something that can send packets without meaning, to find out what a path carries. */
export interface PaddingSource {
  /** Whether anything can be sent. */
  readonly canPad: boolean;
  /** Sends a packet of at most about `bytes`, a recent one again where there is one. False where nothing can be sent. */
  sendPadding(bytes: number): boolean;
}

/** Video is sent at this multiple of the estimate at most. */
const pacingFactor = 1.2;
/** With an estimate this many times what is sent there is nothing to pace; nor this long after the last overuse. */
const farAbove = 2;
const rememberedFallMs = 30_000;
/** What is sent is measured over this long, ms. */
const sendRateMs = 500;
/** A shared estimate is looked at again after this, though nothing new was measured. */
const allocateIntervalMs = 500;
/** Feedback comes more often than shares are worth a look, unless the estimate has fallen noticeably. */
const reallocateMs = 200;
const noticeableShare = 0.97;
const unboundedIntervalMs = 2000;
/** How often padding is sent: to fill up, and while probing, ms. */
const paddingIntervalMs = 20;
const probeIntervalMs = 4;
/** Probes are for paths without a queue. */
const quietQueueShare = 0.5;
/** A probe that leaves a queue behind was more than there is room for. */
const noQueueShare = 0.6;
/** Nothing is filled up into a queue this long. */
const fullQueueShare = 2;
/** Beyond the layers wanted: what the allocator asks for before it switches up. */
const wantedMargin = 1.25;
/** What filling up may have saved or owe, ms of its rate. */
const maxSavedMs = 30;
const maxOwedMs = 250;
const drainingShare = 0.9;
/** A receiver that was to report how packets arrive, and does not for so long, is taken at its other word. */
const feedbackPatienceMs = 3000;

export interface BandwidthStats {
  /** Bits per second, null for no bound. */
  readonly estimate: number | null;
  readonly reason: EstimateReason;
  /** Bits per second on the wire that the layers chosen take, and that all layers wanted would. */
  readonly allocated: number;
  readonly wanted: number;
  /** Bits per second on the wire over the last half second, padding included. */
  readonly sent: number;
  readonly paddingBytes: number;
  readonly probes: number;
  readonly lastProbe: ProbeReason | null;
  readonly pacing: boolean;
  /** Packets that waited for their turn, that wait, and that waited too long for the packet ring. */
  readonly packetsPaced: number;
  readonly packetsWaiting: number;
  readonly packetsExpired: number;
  /** 0 … 1, of the last measurement; null without measurement. */
  readonly lossFraction: number | null;
  readonly layerSwitches: number;
}

/**
 * The bandwidth of one connection towards a receiver: estimates it, paces to it, shares it over what is sent, and fills
 * up with padding where more is wanted than is known to fit. A state machine on `context.clock`.
 */
export class ConnectionBandwidth {
  readonly outlet: PacketOutlet;
  readonly allocator = new BitrateAllocator();
  paddingBytes = 0;
  probes = 0;

  readonly #context: MediaContext;
  readonly #limits: EstimatorLimits;
  readonly #onDeadline: (atMs: number) => void;
  readonly #padding: PaddingSource;
  readonly #schedule = new ProbeSchedule();
  readonly #reported: ReportedEstimator;
  #estimator: BandwidthEstimator = unlimitedBandwidth;
  #sendSide: SendSideEstimator | null = null;
  #probe: ProbeCluster | null = null;
  #allocatedMs = Number.NEGATIVE_INFINITY;
  #allocatedEstimate = Number.POSITIVE_INFINITY;
  #sendRate = 0;
  #rateBytes = 0;
  #rateMs = -1;
  /** When something was last heard of what was sent, or sending began; -1 before. */
  #heardMs = -1;
  /** The next packet's number then. */
  #heardNext = 0;
  /** When to pad next, and what filling up has saved (or owes). */
  #paddingAtMs = Number.POSITIVE_INFINITY;
  #saved = 0;
  #savedMs = 0;
  #savedSentBytes = 0;

  /** `onDeadline` is called with the time at which handleTimeout() is wanted. */
  constructor(
    context: MediaContext,
    transport: number,
    limits: EstimatorLimits,
    padding: PaddingSource,
    onDeadline: (atMs: number) => void,
  ) {
    this.#context = context;
    this.#limits = limits;
    this.#padding = padding;
    this.#onDeadline = onDeadline;
    this.#reported = new ReportedEstimator(limits);
    this.outlet = new PacketOutlet(context, transport, () => onDeadline(this.outlet.nextDrainMs()));
  }

  get estimate(): number {
    return this.#estimator.estimate;
  }

  get reason(): EstimateReason {
    return this.#estimator.reason;
  }

  /** Whether packets are numbered transport-wide, as the receiver reports on them. */
  get transportWide(): boolean {
    return this.#sendSide !== null;
  }

  /** What a send-side estimate rests on; null without one. */
  get sendSide(): SendSideEstimator | null {
    return this.#sendSide;
  }

  /** What was negotiated: whether the receiver reports how packets arrive (transport-cc). */
  setTransportWide(on: boolean): void {
    if (on === this.transportWide) return;
    if (on) {
      const log = new SentPacketLog(this.#context.randomUint32() & 0x7fff);
      this.#probe = new ProbeCluster();
      this.#sendSide = new SendSideEstimator(this.#limits, log, this.#probe);
      this.outlet.log = log;
      this.#heardNext = log.next;
      this.outlet.probe = this.#probe;
    } else {
      this.#sendSide = null;
      this.#probe = null;
      this.outlet.log = null;
      this.outlet.probe = null;
    }
    this.#chooseEstimator();
  }

  addSender(sender: AllocatableSender): void {
    this.allocator.add(sender, this.#context.clock.nowMs);
    this.reallocate();
  }

  removeSender(sender: AllocatableSender): void {
    this.allocator.remove(sender);
    this.reallocate();
  }

  /** Shares the estimate again at the next occasion: layers, priorities or wishes have changed. */
  reallocate(): void {
    this.#allocatedMs = Number.NEGATIVE_INFINITY;
    if (this.allocator.hasVideo) this.#onDeadline(this.#context.clock.nowMs);
  }

  /** The path can be used (again), or not. */
  setEnabled(enabled: boolean): void {
    if (!enabled) {
      this.outlet.clear();
      this.#paddingAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.reallocate();
  }

  /** Transport-wide feedback. False for malformed feedback. */
  receiveFeedback(bytes: Uint8Array, start: number, length: number, rttMs: number): boolean {
    const sendSide = this.#sendSide;
    if (sendSide === null) return true;
    const { clock } = this.#context;
    const { nowMs } = clock;
    this.#heardMs = nowMs;
    this.#heardNext = this.outlet.log!.next;
    const ok = sendSide.receiveFeedback(clock, rttMs, bytes, start, length);
    this.#takeProbeResult(nowMs, sendSide, this.#probe!);
    this.#chooseEstimator();
    this.#update(nowMs);
    return ok;
  }

  /** The receiver's own estimate (REMB), bits per second. */
  receiverEstimate(bitrate: number): void {
    this.#reported.receiverEstimate(bitrate);
    this.#chooseEstimator();
    this.#update(this.#context.clock.nowMs);
  }

  /** A receiver report: the share of packets lost, 0 … 1. */
  receiverReport(fractionLost: number, rttMs: number): void {
    if (this.#sendSide !== null && this.#estimator === this.#sendSide) return;
    this.#reported.report(this.#context.clock.nowMs, fractionLost, rttMs, this.#sendRate);
    this.#chooseEstimator();
    this.#update(this.#context.clock.nowMs);
  }

  /** Does what is due: lets waiting packets go, pads, probes. Says by `onDeadline` when it is wanted again. */
  handleTimeout(): void {
    const { nowMs } = this.#context.clock;
    this.outlet.drain();
    if (nowMs >= this.#nextAllocationMs()) this.#update(nowMs);
    this.#checkSilence(nowMs);
    if (nowMs >= this.#paddingAtMs) this.#pad(nowMs);
    this.#onDeadline(Math.min(this.outlet.nextDrainMs(), this.#paddingAtMs, this.#nextAllocationMs()));
  }

  stats(): BandwidthStats {
    const { estimate, reason } = this.#estimator;
    const { outlet, allocator } = this;
    return {
      estimate: estimate === Number.POSITIVE_INFINITY ? null : Math.round(estimate),
      reason,
      allocated: Math.round(allocator.allocated),
      wanted: Math.round(allocator.wanted),
      sent: Math.round(this.#sendRate),
      paddingBytes: this.paddingBytes,
      probes: this.probes,
      lastProbe: this.#schedule.reason,
      pacing: outlet.pacing,
      packetsPaced: outlet.paced,
      packetsWaiting: outlet.waiting,
      packetsExpired: outlet.expired,
      lossFraction: this.#sendSide === null ? this.#reported.lossFraction : this.#sendSide.losses.fraction,
      layerSwitches: allocator.switches,
    };
  }

  #takeProbeResult(nowMs: number, sendSide: SendSideEstimator, probe: ProbeCluster): void {
    const result = probe.takeResult(nowMs);
    if (result === 0) return;
    const { estimate, queueShare } = sendSide;
    const saturated = probe.saturated || queueShare > noQueueShare;
    if (this.#schedule.result(result, saturated, estimate)) sendSide.probed(result, probe.saturated);
  }

  #chooseEstimator(): void {
    const sendSide = this.#sendSide;
    if (sendSide === null) {
      this.#estimator = this.#reported;
      return;
    }
    const { nowMs } = this.#context.clock;
    const waiting = this.#heardMs < 0 || nowMs - this.#heardMs < feedbackPatienceMs;
    this.#estimator = sendSide.hears || waiting ? sendSide : this.#reported;
  }

  /** After something new is known: shares the estimate, paces to it, and pads up to it. */
  #update(nowMs: number): void {
    this.#measureSendRate(nowMs);
    const { estimate } = this.#estimator;
    const fell = estimate < this.#allocatedEstimate * noticeableShare;
    if (fell || nowMs - this.#allocatedMs >= reallocateMs) {
      this.allocator.allocate(nowMs, estimate, this.#limitKnown);
      this.#allocatedMs = nowMs;
      this.#allocatedEstimate = estimate;
    }
    this.outlet.setPacingRate(this.#pacingRate(nowMs, estimate));
    if (this.#mayPad(estimate)) this.#padAt(nowMs + paddingIntervalMs);
  }

  /** Bits per second; 0 where there is nothing to pace to, or for. */
  #pacingRate(nowMs: number, estimate: number): number {
    const sendSide = this.#sendSide;
    if (sendSide === null || this.#estimator !== sendSide || estimate > farAbove * this.#sendRate) return 0;
    // An estimate that is only not known to be more is no reason to hold back what is sent.
    const { fellMs, capacity } = sendSide.rates;
    const limited = capacity > 0 || nowMs - fellMs < rememberedFallMs;
    return limited ? pacingFactor * estimate : 0;
  }

  #nextAllocationMs(): number {
    if (!this.allocator.hasVideo) return Number.POSITIVE_INFINITY;
    const bounded = this.#estimator.estimate !== Number.POSITIVE_INFINITY;
    return this.#allocatedMs + (bounded ? allocateIntervalMs : unboundedIntervalMs);
  }

  /** Whether anything has shown that not more than the estimate gets through. */
  get #limitKnown(): boolean {
    const sendSide = this.#sendSide;
    return this.#estimator !== sendSide || (sendSide !== null && sendSide.limitKnown);
  }

  #measureSendRate(nowMs: number): void {
    const { sentBytes } = this.outlet;
    if (this.#rateMs >= 0 && nowMs - this.#rateMs < sendRateMs) return;
    if (this.#rateMs >= 0) this.#sendRate = ((sentBytes - this.#rateBytes) * 8000) / (nowMs - this.#rateMs);
    this.#rateMs = nowMs;
    this.#rateBytes = sentBytes;
  }

  /** Whether padding could find something out that is of use. */
  #mayPad(estimate: number): boolean {
    if (this.#estimator !== this.#sendSide || !this.#padding.canPad) return false;
    const { wanted, allocated } = this.allocator;
    return this.#probe!.sending !== 0 || (wanted > allocated && estimate < wanted * wantedMargin);
  }

  #padAt(atMs: number): void {
    if (atMs >= this.#paddingAtMs) return;
    this.#paddingAtMs = atMs;
    this.#onDeadline(atMs);
  }

  #pad(nowMs: number): void {
    this.#paddingAtMs = Number.POSITIVE_INFINITY;
    const { estimate } = this.#estimator;
    if (!this.#mayPad(estimate)) return;
    const probe = this.#probe!;
    if (!probe.busy) this.#startProbe(nowMs, probe);
    if (probe.sending !== 0) {
      this.#send(probe.due(nowMs));
      this.#resetSaved(nowMs);
    } else this.#fillUp(nowMs, Math.min(estimate, this.allocator.wanted * wantedMargin));
    this.#padAt(nowMs + (probe.sending !== 0 ? probeIntervalMs : paddingIntervalMs));
  }

  #startProbe(nowMs: number, probe: ProbeCluster): void {
    const { estimate, rates, detector, queueShare } = this.#sendSide!;
    const bitrate = this.#schedule.decide(nowMs, {
      estimate,
      wanted: this.allocator.wanted * wantedMargin,
      fellMs: rates.fellMs,
      fellFrom: rates.fellFrom,
      calm: detector.usage === 'normal' && queueShare < quietQueueShare,
      growing: rates.reason === 'increasing',
    });
    if (bitrate === 0) return;
    this.probes++;
    probe.start(nowMs, bitrate, !this.#schedule.starting);
  }

  /** Keeps what is sent at `bitrate`, where media alone is less: else nothing would be known of the rest. */
  #fillUp(nowMs: number, bitrate: number): void {
    // A queue that is to empty is not filled again.
    const perMs = (this.reason === 'queue-draining' ? drainingShare * bitrate : bitrate) / 8000;
    const { sentBytes } = this.outlet;
    const saved = this.#saved + (nowMs - this.#savedMs) * perMs - (sentBytes - this.#savedSentBytes);
    this.#saved = Math.max(-maxOwedMs * perMs, Math.min(maxSavedMs * perMs, saved));
    this.#savedMs = nowMs;
    this.#savedSentBytes = sentBytes;
    if (this.outlet.waiting > 0 || this.#sendSide!.queueShare > fullQueueShare) return;
    this.#send(this.#saved);
  }

  #resetSaved(nowMs: number): void {
    this.#saved = 0;
    this.#savedMs = nowMs;
    this.#savedSentBytes = this.outlet.sentBytes;
  }

  #send(bytes: number): void {
    const { outlet } = this;
    const end = outlet.sentBytes + bytes;
    while (outlet.sentBytes < end) {
      const before = outlet.sentBytes;
      if (!this.#padding.sendPadding(end - before)) return;
      this.paddingBytes += outlet.sentBytes - before;
    }
  }

  #checkSilence(nowMs: number): void {
    const sendSide = this.#sendSide;
    if (sendSide === null) return;
    const { next } = this.outlet.log!;
    if (this.#heardMs < 0 || next === this.#heardNext) {
      // Nothing is on its way of which something could be heard, or it has just been sent.
      this.#heardMs = next === this.#heardNext ? -1 : nowMs;
      return;
    }
    sendSide.handleSilence(nowMs, nowMs - this.#heardMs);
    this.#chooseEstimator();
  }
}
