import type { MediaCounters } from '../media-counters.ts';
import type { BitrateAllocator } from './bitrate-allocator.ts';
import type { PacketOutlet } from './packet-outlet.ts';
import { ProbeCluster } from './probe-cluster.ts';
import { type ProbeReason, ProbeSchedule } from './probe-schedule.ts';
import type { SendSideEstimator } from './send-side-estimator.ts';

/** Something that can send packets without meaning, to find out what a path carries. */
export interface PaddingSource {
  /** Whether anything can be sent. */
  readonly canPad: boolean;
  /** Sends a packet of at most about `bytes`, a recent one again where there is one. False where nothing can be sent. */
  sendPadding(bytes: number): boolean;
}

/** How often padding is sent: to fill up, and while probing, ms. */
const paddingIntervalMs = 20;
const probeIntervalMs = 4;
/** Probes are for paths without a queue. */
const quietQueueShare = 0.5;
/** A probe that leaves a queue behind was more than there is room for. */
const noQueueShare = 0.6;
/** An estimate so far above the capacity that was known, so long after the last fall and without a queue, has outgrown it. */
const outgrownShare = 1.03;
const undisturbedMs = 4000;
const noneQueueShare = 0.2;
/** Nothing is filled up into a queue this long. */
const fullQueueShare = 2;
/** Beyond the layers wanted: what the allocator asks for before it switches up. */
const wantedMargin = 1.25;
/** What filling up may have saved or owe, ms of its rate. */
const maxSavedMs = 30;
const maxOwedMs = 250;
const drainingShare = 0.9;
/**
 * Sends padding where more is wanted than is known to fit: fills up to the estimate, so that it stays true though the
 * layers chosen are less, and probes beyond it.
 */
export class PathFiller {
  readonly probe = new ProbeCluster();
  paddingBytes = 0;
  probes = 0;
  /** When run() is wanted; Infinity for not at all. */
  dueMs = Number.POSITIVE_INFINITY;

  readonly #outlet: PacketOutlet;
  readonly #allocator: BitrateAllocator;
  readonly #source: PaddingSource;
  readonly #counters: MediaCounters;
  readonly #onDue: (atMs: number) => void;
  readonly #schedule = new ProbeSchedule();
  /** What filling up has saved, or owes: bytes, since when, and what had been sent by then. */
  #saved = 0;
  #savedMs = 0;
  #savedSentBytes = 0;

  constructor(
    outlet: PacketOutlet,
    allocator: BitrateAllocator,
    source: PaddingSource,
    counters: MediaCounters,
    onDue: (atMs: number) => void,
  ) {
    this.#outlet = outlet;
    this.#allocator = allocator;
    this.#source = source;
    this.#counters = counters;
    this.#onDue = onDue;
  }

  get lastProbe(): ProbeReason | null {
    return this.#schedule.reason;
  }

  /** Something new is known: sees whether padding is of use. `estimator` is null where there is none that it could tell. */
  consider(nowMs: number, estimator: SendSideEstimator | null): void {
    if (this.#isUseful(estimator)) this.#wakeAt(nowMs + paddingIntervalMs);
  }

  /** Sends what is due. */
  run(nowMs: number, estimator: SendSideEstimator | null): void {
    this.dueMs = Number.POSITIVE_INFINITY;
    if (estimator === null || !this.#isUseful(estimator)) return;
    const { probe } = this;
    if (!probe.busy) this.#startProbe(nowMs, estimator);
    if (probe.sending !== 0) {
      this.#send(probe.due(nowMs));
      this.#forgetSaved(nowMs);
    } else this.#fillUp(nowMs, estimator);
    this.#wakeAt(nowMs + (probe.sending !== 0 ? probeIntervalMs : paddingIntervalMs));
  }

  /** After feedback: raises the estimate to what a probe has shown. */
  takeResult(nowMs: number, estimator: SendSideEstimator): void {
    const { probe } = this;
    const result = probe.takeResult(nowMs);
    if (result === 0) return;
    const { estimate, queueShare, losses } = estimator;
    const saturated = probe.saturated || queueShare > noQueueShare;
    const bitrate = result > 0 ? result / (1 - losses.inherent.fraction) : result;
    if (this.#schedule.result(bitrate, saturated, estimate)) estimator.probed(bitrate, probe.saturated);
  }

  /** There is no path any more. */
  stop(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  #isUseful(estimator: SendSideEstimator | null): boolean {
    if (estimator === null || !this.#source.canPad) return false;
    const { wanted, allocated } = this.#allocator;
    return (
      this.probe.sending !== 0 || (wanted > allocated && estimator.estimate < this.#usefulBitrate(estimator))
    );
  }

  /** Bits per second beyond which nothing is gained. */
  #usefulBitrate({ bounds }: SendSideEstimator): number {
    return Math.min(bounds.max, this.#allocator.wanted * wantedMargin);
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.dueMs) return;
    this.dueMs = atMs;
    this.#onDue(atMs);
  }

  #startProbe(nowMs: number, estimator: SendSideEstimator): void {
    const { estimate, rates, detector, queueShare } = estimator;
    const bitrate = this.#schedule.decide(nowMs, {
      estimate,
      wanted: this.#usefulBitrate(estimator),
      fellMs: rates.fellMs,
      fellFrom: rates.fellFrom,
      calm: detector.usage === 'normal' && queueShare < quietQueueShare,
      growing: this.#isGrowing(nowMs, estimator),
    });
    if (bitrate === 0) return;
    this.probes++;
    this.#counters.probesSent++;
    this.probe.start(nowMs, bitrate, !this.#schedule.starting);
  }

  /** Whether the path may well carry more than was known of it. */
  #isGrowing(nowMs: number, { rates, queueShare }: SendSideEstimator): boolean {
    const { reason, bitrate, capacity, fellMs } = rates;
    if (reason !== 'near-capacity') return reason === 'increasing' || reason === 'application-limited';
    return (
      bitrate > outgrownShare * capacity && nowMs - fellMs > undisturbedMs && queueShare < noneQueueShare
    );
  }

  /** Keeps what is sent at the estimate, where media alone is less: else nothing would be known of the rest. */
  #fillUp(nowMs: number, estimator: SendSideEstimator): void {
    const bitrate = Math.min(estimator.estimate, this.#usefulBitrate(estimator));
    // A queue that is to empty is not filled again.
    const perMs = (estimator.reason === 'queue-draining' ? drainingShare * bitrate : bitrate) / 8000;
    const { sentBytes, waiting } = this.#outlet;
    const saved = this.#saved + (nowMs - this.#savedMs) * perMs - (sentBytes - this.#savedSentBytes);
    this.#saved = Math.max(-maxOwedMs * perMs, Math.min(maxSavedMs * perMs, saved));
    this.#savedMs = nowMs;
    this.#savedSentBytes = sentBytes;
    if (waiting === 0 && estimator.queueShare <= fullQueueShare) this.#send(this.#saved);
  }

  #forgetSaved(nowMs: number): void {
    this.#saved = 0;
    this.#savedMs = nowMs;
    this.#savedSentBytes = this.#outlet.sentBytes;
  }

  #send(bytes: number): void {
    const outlet = this.#outlet;
    const end = outlet.sentBytes + bytes;
    while (outlet.sentBytes < end) {
      const before = outlet.sentBytes;
      if (!this.#source.sendPadding(end - before)) return;
      this.paddingBytes += outlet.sentBytes - before;
      this.#counters.paddingBytes += outlet.sentBytes - before;
    }
  }
}
