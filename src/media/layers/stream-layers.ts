import type { PacketLayers } from './packet-layers.ts';

/** Layers told apart; what is above counts as the highest. */
const maxSpatial = 4;
const maxTemporal = 4;
const cells = maxSpatial * maxTemporal;

const unknownLayers = 256;
/** A spatial layer that is missing from this many pictures in a row has been stopped. */
const picturesUntilInactive = 8;
/** Rates are taken over at least this long, in ms, and smoothed over two samples. */
const minSampleMs = 200;

/** What one encoding consists of, measured: its layers, and what each costs. */
export class StreamLayers {
  /** Layers seen, the highest + 1; at least 1. */
  spatialLayers = 1;
  temporalLayers = 1;
  /** Whether a receiver without the dependency descriptor can make nothing of more than the lowest spatial layer. */
  needsDescriptor = false;
  /** Of the highest spatial layer; 0 while unknown. */
  width = 0;
  height = 0;
  /** Spatial layers that come at present: the highest + 1. More than any until the first picture is known. */
  activeSpatialLayers = unknownLayers;

  /** Payload bytes by spatial · maxTemporal + temporal: all, and those that higher spatial layers need too. */
  readonly #bytes = new Float64Array(cells);
  readonly #neededBytes = new Float64Array(cells);
  readonly #frames = new Float64Array(cells);
  /** Bits, and frames, per second. */
  readonly #rates = new Float64Array(cells);
  readonly #neededRates = new Float64Array(cells);
  readonly #frameRates = new Float64Array(cells);
  readonly #picturesSince = new Int32Array(maxSpatial);
  #inKeyPicture = false;
  #sampledMs = -1;
  #sampled = false;

  /**
   * Takes note of a packet of `bytes` payload; `endsPicture` is its marker.
   * @returns whether the layers that come have changed
   */
  add(layers: PacketLayers, bytes: number, endsPicture: boolean): boolean {
    const spatial = layers.spatial < maxSpatial ? layers.spatial : maxSpatial - 1;
    const temporal = layers.temporal < maxTemporal ? layers.temporal : maxTemporal - 1;
    const cell = spatial * maxTemporal + temporal;
    this.#bytes[cell] += bytes;
    if (!layers.skippable) this.#neededBytes[cell] += bytes;
    if (layers.endsFrame) this.#frames[cell]++;
    let changed = false;
    if (temporal >= this.temporalLayers) {
      this.temporalLayers = temporal + 1;
      changed = true;
    }
    if (layers.height > 0 && (layers.height !== this.height || layers.width !== this.width)) {
      this.width = layers.width;
      this.height = layers.height;
      changed = true;
    }
    if (layers.spatialLayers > 0) {
      this.#inKeyPicture = true;
      if (this.#setActive(layers.spatialLayers)) changed = true;
      if (layers.needsDescriptor !== this.needsDescriptor) {
        this.needsDescriptor = layers.needsDescriptor;
        changed = true;
      }
    }
    if (spatial > 0 || this.activeSpatialLayers > 1) {
      this.#picturesSince[spatial] = 0;
      if (spatial >= this.spatialLayers) this.spatialLayers = spatial + 1;
      if (spatial >= this.activeSpatialLayers && this.#setActive(spatial + 1)) changed = true;
      if (endsPicture && this.#endPicture(spatial)) changed = true;
    }
    return changed;
  }

  /** Takes the rates; called about once a second. */
  sample(nowMs: number): void {
    const elapsedMs = nowMs - this.#sampledMs;
    if (this.#sampledMs >= 0 && elapsedMs < minSampleMs) return;
    for (let cell = 0; cell < cells; cell++) {
      if (this.#sampledMs >= 0) {
        this.#smooth(this.#rates, cell, (this.#bytes[cell] * 8000) / elapsedMs);
        this.#smooth(this.#neededRates, cell, (this.#neededBytes[cell] * 8000) / elapsedMs);
        this.#smooth(this.#frameRates, cell, (this.#frames[cell] * 1000) / elapsedMs);
      }
    }
    this.#bytes.fill(0);
    this.#neededBytes.fill(0);
    this.#frames.fill(0);
    this.#sampled = this.#sampledMs >= 0;
    this.#sampledMs = nowMs;
  }

  /** Bits per second of payload a receiver of these layers gets, those they depend on included. */
  bitrate(spatial: number, temporal: number): number {
    let total = 0;
    for (let s = 0; s <= spatial && s < maxSpatial; s++) {
      const rates = s < spatial ? this.#neededRates : this.#rates;
      for (let t = 0; t <= temporal && t < maxTemporal; t++) total += rates[s * maxTemporal + t];
    }
    return Math.round(total);
  }

  /** Frames per second of these layers; 0 until measured. */
  frameRate(spatial: number, temporal: number): number {
    let total = 0;
    for (let t = 0; t <= temporal && t < maxTemporal; t++) {
      total += this.#frameRates[Math.min(spatial, maxSpatial - 1) * maxTemporal + t];
    }
    return total;
  }

  /** The height of a spatial layer, each being half the one above; 0 while unknown. */
  heightOf(spatial: number): number {
    return this.height >> Math.max(0, this.spatialLayers - 1 - spatial);
  }

  widthOf(spatial: number): number {
    return this.width >> Math.max(0, this.spatialLayers - 1 - spatial);
  }

  #setActive(layers: number): boolean {
    const active = Math.min(layers, maxSpatial);
    if (active === this.activeSpatialLayers) return false;
    this.activeSpatialLayers = active;
    if (active > this.spatialLayers) this.spatialLayers = active;
    this.#picturesSince.fill(0);
    return true;
  }

  /** A picture has ended with a spatial layer: whether a higher one that used to be there does not come any more. */
  #endPicture(spatial: number): boolean {
    if (this.activeSpatialLayers === unknownLayers) return this.#setActive(this.spatialLayers);
    if (this.#inKeyPicture) {
      // A key picture has all layers that come, whatever it says of them.
      this.#inKeyPicture = false;
      return this.#setActive(spatial + 1);
    }
    for (let layer = 1; layer < this.activeSpatialLayers; layer++) this.#picturesSince[layer]++;
    const top = this.activeSpatialLayers - 1;
    if (top === 0 || this.#picturesSince[top] <= picturesUntilInactive) return false;
    this.activeSpatialLayers = top;
    return true;
  }

  #smooth(rates: Float64Array, cell: number, rate: number): void {
    rates[cell] = this.#sampled ? (rates[cell] + rate) / 2 : rate;
  }
}
