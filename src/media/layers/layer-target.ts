import {
  type LayerInfo,
  type LayerPair,
  type LayerPlace,
  type LayerPreference,
  spatialLimit,
  temporalLimit,
} from './layer-policy.ts';
import { LayerReason } from './layer-reason.ts';
import { highestLayer } from './layer-selector.ts';
import type { TrackLayers } from './track-layers.ts';

/** A layer found in a track, and how far up in time. */
export interface ChosenLayer extends LayerPlace {
  readonly temporal: number;
}

/** Which layers one receiver is to have: what it asks for, and what whoever shares its bandwidth allows. */
export class LayerTarget {
  /** As allowed; `highestLayer` until somebody says. */
  spatial: number = highestLayer;
  temporal: number = highestLayer;
  reason = 'not-limited';
  preference: LayerPreference = {};
  /**
   * Whether the receiver gets dependency descriptors. Without, the first frame of a picture and the second look like
   * one to it, of which it decodes nothing: where only descriptors tell spatial layers apart, it gets the lowest.
   */
  described = true;
  /** Whether the frame rate may be lowered by what is allowed, and not by what the receiver asks for alone. */
  dropsTemporal = true;

  /** Whether nothing may be sent. */
  get nothing(): boolean {
    return this.spatial < 0 || this.temporal < 0;
  }

  /** Whether the choice depends on measured sizes and rates, which change by themselves. */
  get dependsOnMeasurements(): boolean {
    const { width = 0, height = 0, frameRate = 0 } = this.preference;
    return width > 0 || height > 0 || frameRate > 0;
  }

  /** The layer to send; null where the track sends none. */
  choose(layers: TrackLayers): ChosenLayer | null {
    const list = layers.list(this.described);
    const place = this.#resolve(layers, list);
    if (place === null) return null;
    const spatial = layers.numberOf(place.encoding, place.spatial);
    const temporal = Math.min(this.#temporalAllowed, temporalLimit(list, spatial, this.preference));
    return { ...place, temporal: Math.min(highestLayer, temporal) };
  }

  /** Why the layers sent now, `current`, are those: one of LayerReason, or the reason of the target. */
  explain(layers: TrackLayers, current: LayerPair): string {
    const list = layers.list(this.described);
    const top = list.at(-1);
    const place = this.#resolve(layers, list);
    if (top === undefined || place === null) return LayerReason.NotSent;
    const spatial = layers.numberOf(place.encoding, place.spatial);
    const highest = Math.max(0, ...list.filter((layer) => layer.spatial === spatial).map(temporalOf));
    const asked = temporalLimit(list, spatial, this.preference);
    const temporal = Math.min(this.#temporalAllowed, asked, highest);
    if (current.spatial !== spatial || current.temporal !== temporal) return LayerReason.Switching;
    const limit = Math.min(top.spatial, spatialLimit(list, this.preference));
    if (spatial !== Math.min(limit, this.spatial)) return LayerReason.NotSent;
    if (this.spatial < limit) return this.reason;
    if (limit < top.spatial) return LayerReason.AsAsked;
    if (!this.described && spatial < this.#limitIfDescribed(layers)) return LayerReason.NotDescribed;
    if (this.#temporalAllowed < Math.min(asked, highest)) return this.reason;
    return asked < highest ? LayerReason.AsAsked : LayerReason.Highest;
  }

  /** The layers the receiver has use for, lowest first: at least the lowest there is. */
  useful(layers: TrackLayers): readonly LayerInfo[] {
    const list = layers.list(this.described);
    if (this.dropsTemporal && this.#asksForAll) return list;
    const maxSpatial = spatialLimit(list, this.preference);
    const useful = list.filter(
      ({ spatial, temporal }) =>
        spatial <= maxSpatial && temporal <= temporalLimit(list, spatial, this.preference),
    );
    if (useful.length === 0) return list.slice(0, 1);
    return this.dropsTemporal ? useful : useful.filter(isFullRate);
  }

  /** The highest encoding, by its rank, the receiver has use for, whatever its bandwidth. */
  highestRank(layers: TrackLayers, encodings: number): number {
    const limit = spatialLimit(layers.list(this.described), this.preference);
    let highest = 0;
    for (let encoding = 0; encoding < encodings; encoding++) {
      const rank = layers.rankOf(encoding);
      if (layers.numberOf(encoding, 0) <= limit) highest = Math.max(highest, rank);
    }
    return highest;
  }

  get #asksForAll(): boolean {
    const { maxSpatial, maxTemporal } = this.preference;
    return maxSpatial === undefined && maxTemporal === undefined && !this.dependsOnMeasurements;
  }

  get #temporalAllowed(): number {
    return this.dropsTemporal ? this.temporal : highestLayer;
  }

  /** Where the layer wanted is, `list` being those there are for the receiver. */
  #resolve(layers: TrackLayers, list: readonly LayerInfo[]): LayerPlace | null {
    return layers.resolve(Math.min(this.spatial, spatialLimit(list, this.preference)), this.described);
  }

  /** The spatial layer a receiver with dependency descriptors would get, whatever its bandwidth. */
  #limitIfDescribed(layers: TrackLayers): number {
    const place = layers.resolve(spatialLimit(layers.list(), this.preference));
    return place === null ? -1 : layers.numberOf(place.encoding, place.spatial);
  }
}

function temporalOf({ temporal }: LayerInfo): number {
  return temporal;
}

/** Whether a layer is the last, and so highest in time, of its spatial layer. */
function isFullRate({ spatial }: LayerInfo, index: number, layers: readonly LayerInfo[]): boolean {
  return layers[index + 1]?.spatial !== spatial;
}
