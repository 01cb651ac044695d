import type { InboundEncoding } from '../forwarding/inbound-track.ts';
import type { InboundStream } from '../receiving/inbound-stream.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { TransportLink } from '../transport-link.ts';
import {
  type EncodingState,
  firstLayerOf,
  type LayerInfo,
  type LayerPair,
  type LayerPlace,
  rankEncodings,
  resolveLayer,
  withoutDescriptor,
} from './layer-policy.ts';

/**
 * An encoding has stopped when another has sent this many frames without it, and it was silent for this long: both,
 * so that neither a low frame rate nor a gap on the way is taken for it.
 */
const silentFrames = 6;
const silentMs = 300;
/** One that comes again is believed at a key frame, or after this long. */
const returnMs = 500;

const Activity = { Unheard: 0, Active: 1, Stopped: 2, Returning: 3 } as const;

/**
 * The layers of one track, through all its encodings: what there is, what comes now, and what each costs. Questions
 * that say `described` false are those of a receiver that does not get dependency descriptors: for it there is less.
 */
export class TrackLayers {
  readonly #link: TransportLink;
  readonly #onChange: () => void;
  #encodings: readonly InboundEncoding[] = [];
  /** Encodings in ranked order; replaced, never changed. */
  #ranked: readonly EncodingState[] = [];
  /** What list() says until something changes: with and without descriptors. Hundreds of receivers ask the same. */
  #described: readonly LayerInfo[] | null = null;
  #undescribed: readonly LayerInfo[] | null = null;
  #activity = new Uint8Array(0);
  #lastMs = new Float64Array(0);
  #sinceMs = new Float64Array(0);
  #framesOfOthers = new Uint16Array(0);

  /** `onChange` is called when layers come or go, or their order changes. */
  constructor(link: TransportLink, onChange: () => void) {
    this.#link = link;
    this.#onChange = onChange;
  }

  /** Follows a renegotiation. */
  update(encodings: readonly InboundEncoding[]): void {
    this.#encodings = encodings;
    if (encodings.length !== this.#activity.length) {
      this.#activity = new Uint8Array(encodings.length);
      this.#lastMs = new Float64Array(encodings.length);
      this.#sinceMs = new Float64Array(encodings.length);
      this.#framesOfOthers = new Uint16Array(encodings.length);
      this.#ranked = encodings.map(({ index }) => this.#stateOf(index));
    }
    for (const { index, stream } of encodings) {
      if (stream === null) this.#activity[index] = Activity.Unheard;
    }
    this.#refresh();
  }

  /** Takes note of a packet before it is forwarded. */
  receive(packet: RtpPacket, stream: InboundStream): void {
    const { encoding } = stream;
    let changed = stream.layers!.add(packet.layers, packet.payloadLength, packet.marker === 1);
    if (this.#activity[encoding] !== Activity.Active && this.#arrived(packet, encoding)) changed = true;
    if (packet.marker === 1 && this.#activity.length > 1 && this.#endFrame(encoding)) changed = true;
    if (changed) this.#refresh();
  }

  /** Takes the rates; called with each report. */
  sample(): void {
    for (const { stream } of this.#encodings) stream?.layers?.sample(this.#link.nowMs);
    this.#refresh();
  }

  /** Whether packets of an encoding come. */
  isActive(encoding: number): boolean {
    return this.#activity[encoding] === Activity.Active;
  }

  /** Where the spatial layer `wanted`, or the nearest that comes, is; null where nothing comes. */
  resolve(wanted: number, described = true): LayerPlace | null {
    return resolveLayer(this.#rankedFor(described), wanted);
  }

  /** The number, among all, of a spatial layer of an encoding. */
  numberOf(encoding: number, spatial: number): number {
    return firstLayerOf(this.#ranked, encoding) + spatial;
  }

  /** The highest layers of an encoding that come. */
  highestOf(encoding: number, described = true): LayerPair {
    const state = this.#rankedFor(described).find(({ index }) => index === encoding);
    if (state === undefined) return { spatial: 0, temporal: 0 };
    const { spatialLayers, activeSpatialLayers, temporalLayers } = state;
    return {
      spatial: Math.max(0, Math.min(spatialLayers, activeSpatialLayers) - 1),
      temporal: temporalLayers - 1,
    };
  }

  /** Where an encoding is in the order, 0 being the smallest picture. */
  rankOf(encoding: number): number {
    return this.#ranked.findIndex(({ index }) => index === encoding);
  }

  /** The layers that have come so far, lowest first. */
  list(described = true): readonly LayerInfo[] {
    if (described) {
      this.#described ??= this.#listFor(true);
      return this.#described;
    }
    this.#undescribed ??= this.#listFor(false);
    return this.#undescribed;
  }

  #listFor(described: boolean): LayerInfo[] {
    return this.#ranked.flatMap((state) => {
      const layers = this.#encodings[state.index].stream?.layers;
      if (layers == null || this.#activity[state.index] === Activity.Unheard) return [];
      const first = firstLayerOf(this.#ranked, state.index);
      const spatialLayers = state.needsDescriptor && !described ? 1 : state.spatialLayers;
      return Array.from({ length: spatialLayers * state.temporalLayers }, (_, i) => {
        const spatial = Math.floor(i / state.temporalLayers);
        const temporal = i % state.temporalLayers;
        return {
          encoding: state.index,
          spatial: first + spatial,
          temporal,
          bitrate: layers.bitrate(spatial, temporal),
          active: spatial < state.activeSpatialLayers,
          width: layers.widthOf(spatial),
          height: layers.heightOf(spatial),
          frameRate: layers.frameRate(spatial, temporal),
        };
      });
    });
  }

  #rankedFor(described: boolean): readonly EncodingState[] {
    return described ? this.#ranked : this.#ranked.map(withoutDescriptor);
  }

  /** A packet of an encoding that was not active: whether it is now. */
  #arrived(packet: RtpPacket, encoding: number): boolean {
    const { nowMs } = this.#link;
    const activity = this.#activity[encoding];
    if (activity === Activity.Stopped) {
      this.#activity[encoding] = Activity.Returning;
      this.#sinceMs[encoding] = nowMs;
    }
    const back =
      activity === Activity.Unheard || packet.startsKeyFrame || nowMs - this.#sinceMs[encoding] >= returnMs;
    if (!back) return false;
    // What it costs is measured from now on.
    if (activity === Activity.Unheard) this.#encodings[encoding].stream?.layers?.sample(nowMs);
    this.#activity[encoding] = Activity.Active;
    this.#lastMs[encoding] = nowMs;
    this.#framesOfOthers[encoding] = 0;
    return true;
  }

  /** A frame of an encoding ends: whether another one has fallen silent meanwhile. */
  #endFrame(encoding: number): boolean {
    const { nowMs } = this.#link;
    this.#lastMs[encoding] = nowMs;
    this.#framesOfOthers[encoding] = 0;
    let changed = false;
    for (let other = 0; other < this.#activity.length; other++) {
      if (other === encoding || this.#activity[other] === Activity.Unheard) continue;
      this.#framesOfOthers[other]++;
      if (this.#framesOfOthers[other] < silentFrames || nowMs - this.#lastMs[other] < silentMs) continue;
      if (this.#activity[other] === Activity.Active) changed = true;
      this.#activity[other] = Activity.Stopped;
    }
    return changed;
  }

  #refresh(): void {
    this.#described = null;
    this.#undescribed = null;
    const former = this.#ranked;
    const states = former.map(({ index }) => this.#stateOf(index));
    const order = rankEncodings(states);
    this.#ranked = order.map((index) => states.find((state) => state.index === index)!);
    if (!this.#ranked.every((state, rank) => sameLayers(state, former[rank]))) this.#onChange();
  }

  #stateOf(index: number): EncodingState {
    const layers = this.#encodings[index]?.stream?.layers ?? null;
    const active = layers !== null && this.#activity[index] === Activity.Active;
    return {
      index,
      spatialLayers: layers?.spatialLayers ?? 1,
      activeSpatialLayers: active ? layers.activeSpatialLayers : 0,
      temporalLayers: layers?.temporalLayers ?? 1,
      needsDescriptor: layers?.needsDescriptor ?? false,
      width: layers?.width ?? 0,
      height: layers?.height ?? 0,
      bitrate: layers?.bitrate(layers.spatialLayers - 1, layers.temporalLayers - 1) ?? 0,
    };
  }
}

/** Whether nothing differs that a choice of layers depends on. */
function sameLayers(a: EncodingState, b: EncodingState): boolean {
  return (
    a.index === b.index &&
    a.spatialLayers === b.spatialLayers &&
    a.activeSpatialLayers === b.activeSpatialLayers &&
    a.temporalLayers === b.temporalLayers &&
    a.needsDescriptor === b.needsDescriptor &&
    a.width === b.width &&
    a.height === b.height
  );
}
