/**
 * The dialect's quality levels (section 6 of its specification), and what they are in layers. A simulcast video has its
 * levels in its encodings, an SVC video in its spatial layers; a video of one layer has none to choose from.
 */
import type { LayerInfo, LayerPair } from '../../media/layers/layer-policy.ts';

/** Heights of a picture, lowest first; `none` is below them. */
export const pictureLevels = ['low', 'mid', 'high'] as const;
export type PictureLevel = (typeof pictureLevels)[number];

/** The numbers that statistics show. */
export const QualityNumber = { None: 0, Low: 3, Mid: 6, High: 9, Audio: 10, AudioRed: 11 } as const;
const numberOfLevel = { low: QualityNumber.Low, mid: QualityNumber.Mid, high: QualityNumber.High } as const;
/** Each level has three numbers: all of the rate, less, least. */
const rateSteps = 2;

/** A picture shown smaller than this many CSS pixels needs no more than the level. */
const lowArea = 16_200;
const midArea = 64_800;

export function lowerLevel(a: PictureLevel, b: PictureLevel): PictureLevel {
  return pictureLevels.indexOf(a) < pictureLevels.indexOf(b) ? a : b;
}

/**
 * The level that a picture of this size needs at most. 0x0 says that it is not visible, but the shipped page says so
 * of visible ones too: they get the lowest level, never nothing.
 */
export function levelOfSize(width: number, height: number): PictureLevel {
  const area = width * height;
  if (area < lowArea) return 'low';
  return area < midArea ? 'mid' : 'high';
}

/** The highest spatial layer within a level, of all layers of a track, lowest first; null for no limit. */
export function highestSpatialOf(layers: readonly LayerInfo[], level: PictureLevel): number | null {
  if (level === 'high') return null;
  const steps = stepsOf(layers);
  return steps.length === 0 ? 0 : steps.length === 1 ? null : steps[stepOfLevel(level, steps.length)].spatial;
}

/** What is sent of a video, as statistics number it. */
export function qualityNumber(layers: readonly LayerInfo[], { spatial, temporal }: LayerPair): number {
  if (spatial < 0 || temporal < 0) return QualityNumber.None;
  const steps = stepsOf(layers);
  const step = Math.max(
    0,
    steps.findIndex((candidate) => spatial <= candidate.spatial),
  );
  const highest = Math.max(0, ...layers.filter((layer) => layer.spatial === spatial).map((l) => l.temporal));
  return (
    numberOfLevel[levelOfStep(step, steps.length)] - Math.min(rateSteps, Math.max(0, highest - temporal))
  );
}

/** The number of a ceiling; a video without levels is not lowered by one. */
export function ceilingNumber(layers: readonly LayerInfo[], level: PictureLevel): number {
  return stepsOf(layers).length > 1 ? numberOfLevel[level] : QualityNumber.High;
}

/** What levels are counted in, lowest first: the highest layer of each encoding, or the spatial layers of the only one. */
function stepsOf(layers: readonly LayerInfo[]): { readonly spatial: number }[] {
  const encodings = new Map<number, number>();
  for (const { encoding, spatial } of layers) {
    encodings.set(encoding, Math.max(spatial, encodings.get(encoding) ?? 0));
  }
  if (encodings.size > 1)
    return [...encodings.values()].sort((a, b) => a - b).map((spatial) => ({ spatial }));
  return [...new Set(layers.map(({ spatial }) => spatial))]
    .sort((a, b) => a - b)
    .map((spatial) => ({ spatial }));
}

/** With fewer than three steps, the highest is `high` and the lowest `low`. */
function stepOfLevel(level: PictureLevel, steps: number): number {
  if (level === 'high') return steps - 1;
  return level === 'low' ? 0 : Math.max(0, steps - 2);
}

function levelOfStep(step: number, steps: number): PictureLevel {
  if (step >= steps - 1) return 'high';
  return step === 0 ? 'low' : 'mid';
}
