import type { LayerPair } from '../layers/layer-policy.ts';
import { FreezeDetector } from '../quality/freeze-detector.ts';
import { layerShare } from '../quality/layer-share.ts';
import { QualityMeter } from '../quality/quality-meter.ts';
import { RateSampler } from '../receiving/rate-sampler.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import type { ForwarderStats } from './forwarder-stats.ts';
import type { ReceptionStats } from './sender-reports.ts';

/** What a forwarder has sent, counted from its beginning. */
export interface SentSoFar {
  readonly packets: number;
  /** Of payload. */
  readonly bytes: number;
  /** Of layers. */
  readonly switches: number;
}

/** How one forwarder's receiver fares. */
export class OutgoingQuality {
  readonly freezes: FreezeDetector;

  readonly #link: TransportLink;
  readonly #meter: QualityMeter;
  readonly #rate = new RateSampler();
  #freezesCounted = 0;
  #switchesCounted = 0;

  constructor(link: TransportLink, kind: MediaKind) {
    this.#link = link;
    this.freezes = new FreezeDetector(link.context.clock);
    this.#meter = new QualityMeter(kind);
  }

  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  get score(): number | null {
    return this.#meter.score;
  }

  /** Bits per second of payload over about the last second. */
  get bitrate(): number {
    return this.#rate.bitsPerSecond;
  }

  stats(): Pick<ForwarderStats, 'bitrate' | 'freezes' | 'frozenMs' | 'quality'> {
    const { count, frozenMs } = this.freezes;
    return { bitrate: this.bitrate, freezes: count, frozenMs, quality: this.score };
  }

  /**
   * Called with each round of reports: with what was sent so far, how it arrives, the layers sent and the highest the
   * receiver has use for, null without layers.
   */
  sample(sent: SentSoFar, reception: ReceptionStats, current: LayerPair, asked: LayerPair | null): void {
    const { context, nowMs } = this.#link;
    const { counters } = context;
    this.#rate.sample(sent.bytes, nowMs);
    this.#meter.sample(
      {
        packets: sent.packets,
        lossShare: reception.reported ? reception.fractionLost : null,
        rttMs: reception.rttMs,
        jitterMs: reception.jitterMs,
        frozenMs: this.freezes.frozenMsNow(),
        layerShare: layerShare(current, asked),
      },
      nowMs,
    );
    counters.freezesOut += this.freezes.count - this.#freezesCounted;
    this.#freezesCounted = this.freezes.count;
    counters.layerSwitches += sent.switches - this.#switchesCounted;
    this.#switchesCounted = sent.switches;
  }
}
