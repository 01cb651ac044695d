import type { MediaKind } from '../rtp-parameters.ts';

/** How one stream has fared lately. Shares are 0 … 1. */
export interface StreamCondition {
  readonly kind: MediaKind;
  /** Packets the network lost, repaired or not. */
  readonly lossShare: number;
  /** Of the transport; null while unknown, which counts as none. */
  readonly rttMs: number | null;
  readonly jitterMs: number;
  /** Share of the time in which the picture stood still; 0 for audio. */
  readonly frozenShare: number;
  /** The layer sent next to the one asked for: 1 where it is that one, null where there are none. */
  readonly layerShare: number | null;
}

/** The best R of the model: nothing lost, no delay. */
const bestFactor = 94.2;
/** A jitter buffer holds about twice the jitter. */
const jitterBufferFactor = 2;
/** Delay in ms beyond which people begin to talk at the same time. */
const annoyingDelayMs = 177.3;
/** How much loss hurts: audio is concealed; most of video's loss is repaired, at the price of delay. */
const lossWeight = { audio: 15, video: 5 } as const;
/** A picture that stands still a quarter of the time is as bad as none. */
const frozenWeight = 4;
/** What is left of the score's distance to 1 on a layer that is next to nothing. */
const lowestLayerWeight = 0.4;

/**
 * A score from 1 (bad) to 5 (excellent), after the simplified E-model of R. G. Cole and J. H. Rosenbluth, "Voice
 * over IP performance monitoring" (ACM CCR 31, 2001), stretched so that a perfect stream has 5, and scaled for what
 * only video has:
 *
 *     d     = rtt / 2 + 2 · jitter                                         ms
 *     R     = 94.2 − 0.024 d − 0.11 max(0, d − 177.3) − 30 ln(1 + w · loss)      w = 15 audio, 5 video
 *     MOS   = 1 + 0.035 R + 0.000007 R (R − 60) (100 − R)                  ITU-T G.107 annex B
 *     score = 1 + 4 (MOS − 1) / (MOS(94.2) − 1) · max(0, 1 − 4 · frozen) · (0.4 + 0.6 · layer)
 */
export function qualityScore(condition: StreamCondition): number {
  const { kind, lossShare, rttMs, jitterMs, frozenShare, layerShare } = condition;
  const delayMs = (rttMs ?? 0) / 2 + jitterBufferFactor * jitterMs;
  const delayImpairment = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - annoyingDelayMs);
  const lossImpairment = 30 * Math.log(1 + lossWeight[kind] * lossShare);
  const opinion = meanOpinion(bestFactor - delayImpairment - lossImpairment);
  const frozen = Math.max(0, 1 - frozenWeight * frozenShare);
  const layer = lowestLayerWeight + (1 - lowestLayerWeight) * (layerShare ?? 1);
  return 1 + ((4 * (opinion - 1)) / (meanOpinion(bestFactor) - 1)) * frozen * layer;
}

/**
 * The score of a participant: the worse of what it sends and what it gets, each the mean of its streams; null
 * where nothing has been measured.
 */
export function participantScore(
  published: readonly (number | null)[],
  received: readonly (number | null)[],
): number | null {
  const means = [mean(published), mean(received)].flatMap((score) => score ?? []);
  return means.length === 0 ? null : Math.min(...means);
}

function meanOpinion(factor: number): number {
  const r = Math.min(100, Math.max(0, factor));
  // Just above 0 the polynomial dips below 1.
  return Math.max(1, 1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r));
}

function mean(scores: readonly (number | null)[]): number | null {
  const known = scores.flatMap((score) => score ?? []);
  return known.length === 0 ? null : known.reduce((sum, score) => sum + score, 0) / known.length;
}
