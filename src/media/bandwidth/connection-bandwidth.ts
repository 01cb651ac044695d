import type { MediaContext } from '../media-context.ts';
import type { AllocatableSender } from './allocatable-sender.ts';
import type { BandwidthEstimator, EstimateReason } from './bandwidth-estimator.ts';
import { unlimitedBandwidth } from './bandwidth-estimator.ts';
import { BitrateAllocator, type StartLayer } from './bitrate-allocator.ts';
import type { BitrateBounds } from './bitrate-bounds.ts';
import { PacketOutlet } from './packet-outlet.ts';
import { type PaddingSource, PathFiller } from './path-filler.ts';
import type { ProbeReason } from './probe-schedule.ts';
import { RepairBudget } from './repair-budget.ts';
import { RepairDelay } from './repair-delay.ts';
import { ReportedEstimator } from './reported-estimator.ts';
import { SendSideEstimator } from './send-side-estimator.ts';
import { noCopy } from './sent-copy.ts';
import { SentPacketLog } from './sent-packet-log.ts';

/** Video is sent at this multiple of the estimate at most: more, and a key frame alone makes a queue at the path. */
const pacingFactor = 1.1;
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
/** The same of both where nothing is bounded and so nothing is shared: at the next review() after it. */
const unboundedIntervalMs = 2000;
/** A receiver that was to report how packets arrive, and does not for so long, is taken at its other word. */
const feedbackPatienceMs = 3000;

/** What is known of the path to a receiver, and what is made of it. Bit rates are in bits per second on the wire. */
export interface BandwidthStats {
  /** null for no bound. */
  readonly estimate: number | null;
  readonly reason: EstimateReason;
  /** What the layers chosen take, and what all layers wanted would. */
  readonly target: number;
  readonly wanted: number;
  /** What is sent, over the last half second at least, padding included; and what is sent again on request. */
  readonly current: number;
  readonly repairs: number;
  /** Bounds of the estimate; null for no upper one. */
  readonly min: number;
  readonly max: number | null;
  /** 0 … 1, of the last measurement; null without measurement. */
  readonly lossFraction: number | null;
  /** What of it is lost whatever is sent; null where that is not measured. */
  readonly inherentLoss: number | null;
  /** Whether bursts of video are spread over time; how many packets wait for their turn, and how long the first has. */
  readonly pacing: boolean;
  readonly packetsWaiting: number;
  readonly waitingMs: number;
  /** Packets that have waited, and those of them that waited too long for the packet ring. */
  readonly packetsPaced: number;
  readonly packetsExpired: number;
  readonly paddingBytes: number;
  readonly repairBytes: number;
  /** How long the receiver is asked to wait for repairs, ms. */
  readonly repairDelayMs: number;
  readonly probes: number;
  readonly lastProbe: ProbeReason | null;
  readonly layerSwitches: number;
}

/**
 * The bandwidth of one connection towards a receiver: estimates it, paces to it, shares it over what is sent, and fills
 * up with padding where more is wanted than is known to fit. A state machine on `context.clock`.
 */
export class ConnectionBandwidth {
  readonly outlet: PacketOutlet;
  readonly allocator: BitrateAllocator;
  /** What may be sent again, and what has been. */
  readonly repairs = new RepairBudget();
  /** How long the receiver is asked to wait for what is sent again. */
  readonly repairDelay = new RepairDelay();
  /** Called with each packet that was sent under a name (sentCopy()) and that feedback says was lost. */
  onLost: (copy: number) => void = () => {};

  readonly #context: MediaContext;
  readonly #initialBitrate: number;
  #bounds: BitrateBounds;
  readonly #onDeadline: (atMs: number) => void;
  readonly #filler: PathFiller;
  readonly #reported: ReportedEstimator;
  #estimator: BandwidthEstimator = unlimitedBandwidth;
  #sendSide: SendSideEstimator | null = null;
  #allocatedMs = Number.NEGATIVE_INFINITY;
  #allocatedEstimate = Number.POSITIVE_INFINITY;
  #sendRate = 0;
  /** Without padding and what is sent again. */
  #mediaRate = 0;
  #rateBytes = 0;
  #rateMediaBytes = 0;
  #enabled = false;
  #rateMs = -1;
  /** When something was last heard of what was sent, or sending began; -1 before. */
  #heardMs = -1;
  /** The next packet's number then. */
  #heardNext = 0;

  /**
   * `initialBitrate` is bits per second. `onDeadline` is called with the time at which handleTimeout() is wanted.
   */
  constructor(
    context: MediaContext,
    transport: number,
    initialBitrate: number,
    bounds: BitrateBounds,
    padding: PaddingSource,
    onDeadline: (atMs: number) => void,
    startLayer: StartLayer = 'fitting',
  ) {
    this.allocator = new BitrateAllocator(startLayer);
    this.#context = context;
    this.#initialBitrate = initialBitrate;
    this.#bounds = bounds;
    this.#onDeadline = onDeadline;
    this.#reported = new ReportedEstimator(bounds);
    this.outlet = new PacketOutlet(context, transport, () => onDeadline(this.outlet.nextDrainMs()));
    this.#filler = new PathFiller(this.outlet, this.allocator, padding, context.counters, onDeadline);
  }

  get estimate(): number {
    return this.#estimator.estimate;
  }

  get reason(): EstimateReason {
    return this.#estimator.reason;
  }

  /** How long it takes until the receiver can say that something sent now has not come, ms; -1 while unknown. */
  get responseMs(): number {
    return this.#sendSide === null ? -1 : this.#sendSide.responseMs;
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
    if (on) this.#measureFrom(this.#context.randomUint32() & 0x7fff);
    else {
      this.#sendSide = null;
      this.outlet.log = null;
      this.outlet.probe = null;
    }
    this.#chooseEstimator();
  }

  /** Packets go another way from now on: nothing is known of it, and what was lost on the former says nothing. */
  pathChanged(): void {
    if (this.outlet.log === null) return;
    this.#measureFrom(this.outlet.log.next & 0xffff);
    this.#chooseEstimator();
    this.reallocate();
  }

  /** Begins a send-side estimate, with the packet numbered `sequence`. */
  #measureFrom(sequence: number): void {
    const log = new SentPacketLog(sequence);
    const { probe } = this.#filler;
    this.#sendSide = new SendSideEstimator(this.#initialBitrate, this.#bounds, log, probe);
    this.outlet.log = log;
    this.#heardNext = log.next;
    this.outlet.probe = probe;
  }

  /** What may be sent at least and at most, whatever is measured. */
  get bounds(): BitrateBounds {
    return this.#bounds;
  }

  setBounds(bounds: BitrateBounds): void {
    this.#bounds = bounds;
    this.#sendSide?.setBounds(bounds);
    this.#reported.setBounds(bounds);
    this.#chooseEstimator();
    this.reallocate();
  }

  addSender(sender: AllocatableSender): void {
    this.allocator.add(sender);
    this.reallocate();
  }

  removeSender(sender: AllocatableSender): void {
    this.allocator.remove(sender);
    this.reallocate();
  }

  /** Shares the estimate again at the next occasion: layers, priorities or wishes have changed. */
  reallocate(): void {
    this.#allocatedMs = Number.NEGATIVE_INFINITY;
    if (this.#enabled && this.allocator.hasVideo) this.#onDeadline(this.#context.clock.nowMs);
  }

  /** The path can be used (again), or not. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    if (!enabled) {
      this.outlet.clear();
      this.#filler.stop();
      return;
    }
    this.allocator.begin();
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
    this.#filler.takeResult(nowMs, sendSide);
    this.#chooseEstimator();
    this.#update(nowMs);
    this.#tellLost();
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
    if (this.#measuring !== null) return;
    const { nowMs } = this.#context.clock;
    const bounded = this.#bounded;
    if (fractionLost > 0) this.#measureSendRate(nowMs);
    this.#reported.report(nowMs, fractionLost, rttMs, this.#sendRate);
    this.#chooseEstimator();
    // There was nothing to share, and there still is not: review() will do.
    if (bounded || this.#bounded) this.#update(nowMs);
  }

  /** To be called about once a second: where nothing is bounded, nothing else need happen in time. */
  review(): void {
    const { nowMs } = this.#context.clock;
    if (this.#bounded || !this.#enabled || nowMs < this.#allocatedMs + unboundedIntervalMs) return;
    this.#update(nowMs);
  }

  /** Does what is due: lets waiting packets go, pads, probes. Says by `onDeadline` when it is wanted again. */
  handleTimeout(): void {
    const { nowMs } = this.#context.clock;
    this.outlet.drain();
    if (nowMs >= this.#nextAllocationMs()) this.#update(nowMs);
    this.#checkSilence(nowMs);
    if (nowMs >= this.#filler.dueMs) this.#filler.run(nowMs, this.#measuring);
    this.#onDeadline(Math.min(this.outlet.nextDrainMs(), this.#filler.dueMs, this.#nextAllocationMs()));
  }

  stats(): BandwidthStats {
    this.#measureSendRate(this.#context.clock.nowMs);
    const { estimate, reason } = this.#estimator;
    const { outlet, allocator } = this;
    return {
      estimate: finite(Math.round(estimate)),
      reason,
      target: Math.round(allocator.allocated),
      wanted: Math.round(allocator.wanted),
      current: Math.round(this.#sendRate),
      repairs: Math.round(this.repairs.bitrate),
      min: this.#bounds.min,
      max: finite(this.#bounds.max),
      lossFraction: this.#sendSide === null ? this.#reported.lossFraction : this.#sendSide.losses.fraction,
      inherentLoss: this.#sendSide === null ? null : this.#sendSide.losses.inherent.fraction,
      pacing: outlet.pacing,
      packetsWaiting: outlet.waiting,
      waitingMs: outlet.waitingMs,
      packetsPaced: outlet.paced,
      packetsExpired: outlet.expired,
      paddingBytes: this.#filler.paddingBytes,
      repairBytes: this.repairs.bytes,
      repairDelayMs: this.repairDelay.ms,
      probes: this.#filler.probes,
      lastProbe: this.#filler.lastProbe,
      layerSwitches: allocator.switches,
    };
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

  #tellLost(): void {
    const log = this.outlet.log!;
    for (let copy = log.nextLost(); copy !== noCopy; copy = log.nextLost()) this.onLost(copy);
  }

  /** After something new is known: shares the estimate, paces to it, and pads up to it. */
  #update(nowMs: number): void {
    this.#measureSendRate(nowMs);
    const { estimate } = this.#estimator;
    const { repairs } = this;
    repairs.setEstimate(this.#context.clock, estimate, this.#mediaRate);
    const inherentLoss = this.#measuring?.losses.inherent.fraction ?? 0;
    this.repairDelay.update(nowMs, inherentLoss, this.responseMs);
    this.outlet.playoutDelay = this.repairDelay.extension;
    const fell = estimate < this.#allocatedEstimate * noticeableShare;
    const intervalMs = this.#bounded ? reallocateMs : unboundedIntervalMs;
    if (fell || nowMs >= this.#allocatedMs + intervalMs) {
      const left = Math.max(0, estimate - repairs.bitrate);
      this.allocator.allocate(nowMs, left, this.#limitKnown, this.#measuring?.carriedInSpite ?? 0);
      const boundedBefore = this.#allocatedEstimate !== Number.POSITIVE_INFINITY;
      this.#allocatedMs = nowMs;
      this.#allocatedEstimate = estimate;
      if (this.#bounded && !boundedBefore) this.#onDeadline(this.#nextAllocationMs());
    }
    this.outlet.setPacingRate(this.#pacingRate(nowMs, estimate));
    this.#filler.consider(nowMs, this.#measuring);
  }

  /** Whether anything is known that bounds what may be sent. */
  get #bounded(): boolean {
    return this.#estimator.estimate !== Number.POSITIVE_INFINITY;
  }

  /** The send-side estimator, while it is what counts. */
  get #measuring(): SendSideEstimator | null {
    return this.#estimator === this.#sendSide ? this.#sendSide : null;
  }

  /** Bits per second; 0 where there is nothing to pace to, or for. */
  #pacingRate(nowMs: number, estimate: number): number {
    const sendSide = this.#measuring;
    if (sendSide === null || estimate > farAbove * this.#sendRate) return 0;
    // An estimate that is only not known to be more is no reason to hold back what is sent.
    const { fellMs, capacity } = sendSide.rates;
    const limited = capacity > 0 || nowMs - fellMs < rememberedFallMs;
    return limited ? pacingFactor * estimate : 0;
  }

  /** Not before there is a path to share. */
  #nextAllocationMs(): number {
    if (!this.#enabled || !this.allocator.hasVideo) return Number.POSITIVE_INFINITY;
    const asked = this.#allocatedMs === Number.NEGATIVE_INFINITY;
    return asked || this.#bounded ? this.#allocatedMs + allocateIntervalMs : Number.POSITIVE_INFINITY;
  }

  /** Whether anything has shown that not more than the estimate gets through. */
  get #limitKnown(): boolean {
    return this.#measuring?.limitKnown ?? true;
  }

  #measureSendRate(nowMs: number): void {
    if (this.#rateMs >= 0 && nowMs - this.#rateMs < sendRateMs) return;
    const { sentBytes } = this.outlet;
    const mediaBytes = sentBytes - this.#filler.paddingBytes - this.repairs.bytes;
    if (this.#rateMs >= 0) {
      this.#sendRate = ((sentBytes - this.#rateBytes) * 8000) / (nowMs - this.#rateMs);
      this.#mediaRate = ((mediaBytes - this.#rateMediaBytes) * 8000) / (nowMs - this.#rateMs);
    }
    this.#rateMs = nowMs;
    this.#rateBytes = sentBytes;
    this.#rateMediaBytes = mediaBytes;
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

/** JSON has no Infinity. */
function finite(bitrate: number): number | null {
  return bitrate === Number.POSITIVE_INFINITY ? null : bitrate;
}
