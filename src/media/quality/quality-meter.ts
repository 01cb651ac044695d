import type { MediaKind } from '../rtp-parameters.ts';
import { qualityScore } from './quality-score.ts';

/** What is known of a stream at one report, about once a second. */
export interface QualitySample {
  /** Packets so far: where none came since the last sample, it says nothing. */
  readonly packets: number;
  /** Since the last sample; null while the other side has not reported. */
  readonly lossShare: number | null;
  readonly rttMs: number | null;
  readonly jitterMs: number;
  /** So far, in ms. */
  readonly frozenMs: number;
  readonly layerShare: number | null;
}

/** Weight of the newest sample: the score looks back over about four seconds. */
const sampleWeight = 0.25;
/** After so many samples without packets there is no score. */
const idleSamples = 5;

/** The quality score of one stream, out of samples. */
export class QualityMeter {
  /** 1 … 5; null while nothing flows or nothing is known. */
  score: number | null = null;

  readonly #kind: MediaKind;
  #packets = 0;
  #idle = 0;
  #lossShare = 0;
  #frozenShare = 0;
  #frozenMs = 0;
  #atMs = -1;

  constructor(kind: MediaKind) {
    this.#kind = kind;
  }

  sample({ packets, lossShare, rttMs, jitterMs, frozenMs, layerShare }: QualitySample, nowMs: number): void {
    const elapsedMs = this.#atMs < 0 ? 0 : nowMs - this.#atMs;
    const frozen = elapsedMs > 0 ? Math.min(1, Math.max(0, (frozenMs - this.#frozenMs) / elapsedMs)) : 0;
    const idle = packets === this.#packets;
    this.#atMs = nowMs;
    this.#frozenMs = frozenMs;
    this.#packets = packets;
    this.#idle = idle ? this.#idle + 1 : 0;
    this.#frozenShare += (frozen - this.#frozenShare) * sampleWeight;
    if (this.#idle >= idleSamples) {
      this.score = null;
      return;
    }
    if (lossShare === null || (idle && this.score === null)) return;
    this.#lossShare += (lossShare - this.#lossShare) * sampleWeight;
    this.score = qualityScore({
      kind: this.#kind,
      lossShare: this.#lossShare,
      rttMs,
      jitterMs,
      frozenShare: this.#frozenShare,
      layerShare,
    });
  }
}
