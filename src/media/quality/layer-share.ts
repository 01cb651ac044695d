import type { LayerPair } from '../layers/layer-policy.ts';

/**
 * How far up the layers sent are among those asked for, 0 … 1: whole spatial layers, and of the highest the share of
 * its temporal layers. null where there is nothing to compare.
 */
export function layerShare(current: LayerPair, asked: LayerPair | null): number | null {
  if (asked === null || asked.spatial < 0 || current.spatial < 0) return null;
  if (current.spatial > asked.spatial) return 1;
  const temporal = Math.min(1, (current.temporal + 1) / (asked.temporal + 1));
  return (current.spatial + temporal) / (asked.spatial + 1);
}
