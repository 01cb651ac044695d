import type { AllocatableLayer } from './allocatable-sender.ts';

/**
 * Which layers a stream goes through as more of it fits, lowest first: all there are, but for those of a larger picture
 * that have less than half its frame rate. So a smaller picture comes with all its frames before a larger one comes
 * with a quarter of them, which costs about as much and is a slide show. A larger picture with every other frame is
 * taken for better than a small one with all. With `detailed`, as where a screen is read, the larger picture goes
 * before the frame rate always.
 *
 * @param layers lowest first
 */
export function layerLadder<T extends AllocatableLayer>(layers: readonly T[], detailed: boolean): T[] {
  if (detailed || layers.length === 0) return [...layers];
  const [{ spatial: smallest }] = layers;
  return layers.filter(
    ({ spatial, temporal }) => spatial === smallest || temporal >= highestTemporal(layers, spatial) - 1,
  );
}

/** Each temporal layer doubles the frame rate. */
function highestTemporal(layers: readonly AllocatableLayer[], spatial: number): number {
  let highest = 0;
  for (const layer of layers) {
    if (layer.spatial === spatial && layer.temporal > highest) highest = layer.temporal;
  }
  return highest;
}
