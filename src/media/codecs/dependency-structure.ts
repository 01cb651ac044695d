import type { BitReader } from '../rtp/bit-reader.ts';

/** Most templates one structure has: their ids have 6 bits. */
const maxTemplates = 64;
const maxSpatialLayers = 4;
const maxTemporalLayers = 8;

/** Decode target indications (AV1 RTP payload format, appendix A.8.3). */
export const DecodeTargetIndication = { NotPresent: 0, Discardable: 1, Switch: 2, Required: 3 } as const;

/**
 * What a template dependency structure says (AV1 RTP payload format, appendix A): the kinds of frames a stream has,
 * and which of them each decode target needs. Made once per structure; its tables are flat.
 */
export interface DependencyStructure {
  readonly templateIdOffset: number;
  readonly templateCount: number;
  readonly decodeTargetCount: number;
  readonly chainCount: number;
  /** By template. */
  readonly spatial: Uint8Array;
  readonly temporal: Uint8Array;
  /** DecodeTargetIndication by template · decodeTargetCount + decode target. */
  readonly indications: Uint8Array;
  /** By template · chainCount + chain. */
  readonly chainDiffs: Uint8Array;
  /** The chain that protects a decode target. */
  readonly protectedBy: Uint8Array;
  /** The highest layers of a decode target. */
  readonly targetSpatial: Uint8Array;
  readonly targetTemporal: Uint8Array;
  /** Bit mask by decode target: those all of whose frames it has too, itself included. */
  readonly includes: Int32Array;
  /** By spatial layer; empty where not told. */
  readonly widths: Uint16Array;
  readonly heights: Uint16Array;
  readonly spatialLayers: number;
  readonly temporalLayers: number;
}

/** Reads a structure; null for a malformed one. Allocates: for structures not seen before. */
export function parseDependencyStructure(reader: BitReader): DependencyStructure | null {
  const templateIdOffset = reader.read(6);
  const decodeTargetCount = reader.read(5) + 1;
  const spatial: number[] = [];
  const temporal: number[] = [];
  for (let s = 0, t = 0, next = 0; next !== 3; ) {
    spatial.push(s);
    temporal.push(t);
    if (spatial.length > maxTemplates || s >= maxSpatialLayers || t >= maxTemporalLayers) return null;
    next = reader.read(2);
    if (next === 1) t++;
    if (next === 2) {
      t = 0;
      s++;
    }
    if (reader.failed) return null;
  }
  const templateCount = spatial.length;
  const indications = new Uint8Array(templateCount * decodeTargetCount);
  for (let i = 0; i < indications.length; i++) indications[i] = reader.read(2);
  for (let template = 0; template < templateCount; template++) {
    while (reader.flag()) reader.skip(4);
  }
  const chainCount = reader.readNonSymmetric(decodeTargetCount + 1);
  const protectedBy = new Uint8Array(decodeTargetCount);
  const chainDiffs = new Uint8Array(templateCount * chainCount);
  if (chainCount > 0) {
    for (let i = 0; i < decodeTargetCount; i++) protectedBy[i] = reader.readNonSymmetric(chainCount);
    for (let i = 0; i < chainDiffs.length; i++) chainDiffs[i] = reader.read(4);
  }
  const spatialLayers = spatial[templateCount - 1] + 1;
  const resolutions = reader.flag() ? spatialLayers : 0;
  const widths = new Uint16Array(resolutions);
  const heights = new Uint16Array(resolutions);
  for (let i = 0; i < resolutions; i++) {
    widths[i] = Math.min(0xffff, reader.read(16) + 1);
    heights[i] = Math.min(0xffff, reader.read(16) + 1);
  }
  if (reader.failed) return null;
  const targetLayer = (layers: readonly number[]) =>
    Uint8Array.from({ length: decodeTargetCount }, (_, target) =>
      layers.reduce(
        (highest, layer, template) =>
          indications[template * decodeTargetCount + target] === 0 ? highest : Math.max(highest, layer),
        0,
      ),
    );
  return {
    templateIdOffset,
    templateCount,
    decodeTargetCount,
    chainCount,
    spatial: Uint8Array.from(spatial),
    temporal: Uint8Array.from(temporal),
    indications,
    chainDiffs,
    protectedBy,
    targetSpatial: targetLayer(spatial),
    targetTemporal: targetLayer(temporal),
    includes: inclusions(indications, templateCount, decodeTargetCount),
    widths,
    heights,
    spatialLayers,
    temporalLayers: Math.max(...temporal) + 1,
  };
}

/**
 * Reads over a structure without making anything of it.
 * @returns the number of its decode targets, or -1 for a malformed one
 */
export function skipDependencyStructure(reader: BitReader): number {
  reader.skip(6);
  const decodeTargetCount = reader.read(5) + 1;
  let templates = 0;
  let spatialLayers = 1;
  let next = 0;
  while (next !== 3) {
    templates++;
    next = reader.read(2);
    if (next === 2) spatialLayers++;
    if (reader.failed || templates > maxTemplates) return -1;
  }
  reader.skip(2 * templates * decodeTargetCount);
  for (let template = 0; template < templates; template++) {
    while (reader.flag()) reader.skip(4);
  }
  const chainCount = reader.readNonSymmetric(decodeTargetCount + 1);
  if (chainCount > 0) {
    for (let i = 0; i < decodeTargetCount; i++) reader.readNonSymmetric(chainCount);
    reader.skip(4 * templates * chainCount);
  }
  if (reader.flag()) reader.skip(32 * spatialLayers);
  return reader.failed ? -1 : decodeTargetCount;
}

/**
 * The decode target to forward when layers up to these are wanted: the highest spatial, then temporal layer among
 * those in the mask `active`; -1 where none fits.
 */
export function decodeTargetOf(
  structure: DependencyStructure,
  active: number,
  spatial: number,
  temporal: number,
): number {
  const { targetSpatial, targetTemporal, decodeTargetCount } = structure;
  let best = -1;
  for (let target = 0; target < decodeTargetCount; target++) {
    if ((active & (1 << target)) === 0) continue;
    if (targetSpatial[target] > spatial || targetTemporal[target] > temporal) continue;
    if (
      best < 0 ||
      targetSpatial[target] > targetSpatial[best] ||
      (targetSpatial[target] === targetSpatial[best] && targetTemporal[target] > targetTemporal[best])
    )
      best = target;
  }
  return best;
}

function inclusions(indications: Uint8Array, templateCount: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, target) => {
    let mask = 0;
    for (let other = 0; other < count; other++) {
      let included = true;
      for (let template = 0; template < templateCount; template++) {
        const row = template * count;
        if (indications[row + other] !== 0 && indications[row + target] === 0) included = false;
      }
      if (included) mask |= 1 << other;
    }
    return mask;
  });
}
