import type { LayerPair } from '../layers/layer-policy.ts';
import { FreezeDetector } from '../quality/freeze-detector.ts';
import { layerShare } from '../quality/layer-share.ts';
import { QualityMeter } from '../quality/quality-meter.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import type { SenderReports } from './sender-reports.ts';

/** How one forwarder's receiver fares. */
export class OutgoingQuality {
  readonly freezes: FreezeDetector;

  readonly #link: TransportLink;
  readonly #meter: QualityMeter;
  #freezesCounted = 0;

  constructor(link: TransportLink, kind: MediaKind) {
    this.#link = link;
    this.freezes = new FreezeDetector(link.context.clock);
    this.#meter = new QualityMeter(kind);
  }

  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  get score(): number | null {
    return this.#meter.score;
  }

  /** Called with each round of reports. `asked` are the highest layers the receiver has use for, null without layers. */
  sample(
    packets: number,
    { received, fractionLost, rttMs }: SenderReports,
    jitterMs: number,
    current: LayerPair,
    asked: LayerPair | null,
  ): void {
    const { context, nowMs } = this.#link;
    this.#meter.sample(
      {
        packets,
        lossShare: received === 0 ? null : fractionLost / 256,
        rttMs: rttMs < 0 ? null : rttMs,
        jitterMs,
        frozenMs: this.freezes.frozenMsNow(),
        layerShare: layerShare(current, asked),
      },
      nowMs,
    );
    context.counters.freezesOut += this.freezes.count - this.#freezesCounted;
    this.#freezesCounted = this.freezes.count;
  }
}
