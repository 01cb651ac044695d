/**
 * Which layer a subscriber is to have, as pure functions: of what a publisher sends, what the subscriber asks for,
 * and what its network carries.
 */

/** One encoding of a track as it is now, for ranking and choosing. */
export interface EncodingState {
  /** Its index as signaled. */
  readonly index: number;
  /** Spatial layers in it; 1 where it has none, or they are not known. */
  readonly spatialLayers: number;
  /** Those that come now; 0 where the encoding does not. */
  readonly activeSpatialLayers: number;
  readonly temporalLayers: number;
  /** Whether a receiver without the dependency descriptor can make nothing of more than its lowest spatial layer. */
  readonly needsDescriptor: boolean;
  /** Of its highest layer; 0 while unknown. */
  readonly width: number;
  readonly height: number;
  /** Bits per second; 0 while unknown. */
  readonly bitrate: number;
}

/** A spatial and a temporal layer, both counted from 0; -1 for nothing at all. */
export interface LayerPair {
  readonly spatial: number;
  readonly temporal: number;
}

/** A layer of a track: spatial layers are counted through all encodings, lowest first. */
export interface LayerPlace {
  /** Index of the encoding as signaled. */
  readonly encoding: number;
  /** Within the encoding. */
  readonly spatial: number;
}

/** One layer that can be chosen. */
export interface LayerInfo {
  /** Index of its encoding as signaled. */
  readonly encoding: number;
  readonly spatial: number;
  readonly temporal: number;
  /** Bits per second of payload, measured, with the lower layers it needs; 0 while unknown. */
  readonly bitrate: number;
  /** Whether the publisher sends it now. */
  readonly active: boolean;
  /** 0 while unknown. */
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

/** What a subscriber asks for; what is left out is not limited. */
export interface LayerPreference {
  readonly maxSpatial?: number;
  readonly maxTemporal?: number;
  /** The picture is shown in this size. */
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  /** Among the subscriptions of one receiver; higher goes first. */
  readonly priority?: number;
}

/** What there is of an encoding for a receiver that does not get dependency descriptors. */
export function withoutDescriptor(encoding: EncodingState): EncodingState {
  const { needsDescriptor, activeSpatialLayers } = encoding;
  return needsDescriptor ? { ...encoding, activeSpatialLayers: Math.min(1, activeSpatialLayers) } : encoding;
}

/** Bit rates that differ less than this say nothing about which encoding is larger. */
const distinctBitrates = 1.3;

/**
 * The encodings' indices from the smallest to the largest picture: by resolution where all are known and differ,
 * else by bit rates that differ clearly. Where neither says anything, and for encodings nothing is known of, the
 * order given stays: first that of the signaling (a=simulcast, SIM group), then the one found before.
 */
export function rankEncodings(encodings: readonly EncodingState[]): number[] {
  const known = encodings.filter(({ bitrate, height }) => bitrate > 0 || height > 0);
  const sorted =
    orderedBy(known, ({ width, height }) => width * height, 1) ??
    orderedBy(known, ({ bitrate }) => bitrate, distinctBitrates) ??
    known;
  let next = 0;
  return encodings.map((encoding) => (known.includes(encoding) ? sorted[next++].index : encoding.index));
}

/** Sorted by a value that all have, and that differs by more than `ratio`; null where that is not so. */
function orderedBy(
  encodings: readonly EncodingState[],
  value: (encoding: EncodingState) => number,
  ratio: number,
): EncodingState[] | null {
  const sorted = [...encodings].sort((a, b) => value(a) - value(b));
  const distinct = sorted.every(
    (encoding, i) => value(encoding) > 0 && (i === 0 || value(encoding) > value(sorted[i - 1]) * ratio),
  );
  return distinct ? sorted : null;
}

/**
 * The place of spatial layer `wanted` of the encodings in `ranked` order, or the nearest that comes: the highest
 * below it, else the lowest above. null where nothing comes.
 */
export function resolveLayer(ranked: readonly EncodingState[], wanted: number): LayerPlace | null {
  let best: LayerPlace | null = null;
  let first = 0;
  for (const { index, spatialLayers, activeSpatialLayers } of ranked) {
    if (activeSpatialLayers > 0) {
      if (first > wanted) return best ?? { encoding: index, spatial: 0 };
      best = { encoding: index, spatial: Math.min(wanted - first, activeSpatialLayers - 1) };
    }
    first += spatialLayers;
  }
  return best;
}

/** The number of the lowest spatial layer of an encoding. */
export function firstLayerOf(ranked: readonly EncodingState[], encoding: number): number {
  let first = 0;
  for (const { index, spatialLayers } of ranked) {
    if (index === encoding) return first;
    first += spatialLayers;
  }
  return 0;
}

/**
 * The highest spatial layer a subscriber has use for: the lowest that is at least as large as its picture, whichever
 * way round that is held; not above `maxSpatial`. Infinity where nothing limits it.
 */
export function spatialLimit(layers: readonly LayerInfo[], preference: LayerPreference): number {
  const { maxSpatial = Number.POSITIVE_INFINITY, width = 0, height = 0 } = preference;
  if (width <= 0 && height <= 0) return maxSpatial;
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const enough = layers.find(
    (layer) =>
      layer.height > 0 &&
      Math.max(layer.width, layer.height) >= long &&
      Math.min(layer.width, layer.height) >= short,
  );
  return Math.min(maxSpatial, enough?.spatial ?? Number.POSITIVE_INFINITY);
}

/** A frame rate a little below the one asked for is as good: cameras do not keep time. */
const frameRateTolerance = 0.9;

/** The same for temporal layers and the frame rate, of spatial layer `spatial`. */
export function temporalLimit(
  layers: readonly LayerInfo[],
  spatial: number,
  preference: LayerPreference,
): number {
  const { maxTemporal = Number.POSITIVE_INFINITY, frameRate = 0 } = preference;
  if (frameRate <= 0) return maxTemporal;
  const enough = layers.find(
    (layer) => layer.spatial === spatial && layer.frameRate >= frameRate * frameRateTolerance,
  );
  return Math.min(maxTemporal, enough?.temporal ?? Number.POSITIVE_INFINITY);
}
