import { FreezeDetector } from '../quality/freeze-detector.ts';
import { QualityMeter } from '../quality/quality-meter.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';

/** How what a publisher sends on one track arrives. */
export class InboundQuality {
  readonly freezes: FreezeDetector;

  readonly #link: TransportLink;
  readonly #meter: QualityMeter;
  #freezesCounted = 0;
  #expected = 0;
  #lost = 0;

  constructor(link: TransportLink, kind: MediaKind) {
    this.#link = link;
    this.freezes = new FreezeDetector(link.context.clock);
    this.#meter = new QualityMeter(kind);
  }

  /** 1 … 5 (qualityScore()); null while nothing comes. */
  get score(): number | null {
    return this.#meter.score;
  }

  /**
   * Called with each report. `packets` were heard and, of those expected, `received` and `lost` through all encodings;
   * `layerShare` as in QualitySample.
   */
  sample(packets: number, received: number, lost: number, jitterMs: number, layerShare: number | null): void {
    const { context, nowMs, rttMs } = this.#link;
    const expected = received + lost;
    const newlyExpected = expected - this.#expected;
    const newlyLost = Math.max(0, lost - this.#lost);
    this.#expected = expected;
    this.#lost = lost;
    this.#meter.sample(
      {
        packets,
        // A stream that started anew counts from elsewhere.
        lossShare: newlyExpected <= 0 ? null : Math.min(1, newlyLost / newlyExpected),
        rttMs: rttMs < 0 ? null : rttMs,
        jitterMs,
        frozenMs: this.freezes.frozenMsNow(),
        layerShare,
      },
      nowMs,
    );
    context.counters.freezesIn += this.freezes.count - this.#freezesCounted;
    this.#freezesCounted = this.freezes.count;
  }
}
