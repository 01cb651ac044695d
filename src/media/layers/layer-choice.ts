import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { DependencySelector } from './dependency-selector.ts';
import type { LayerPair } from './layer-policy.ts';
import { LayerReason } from './layer-reason.ts';
import { highestLayer, LayerScheme, type LayerSelector } from './layer-selector.ts';
import { type ChosenLayer, LayerTarget } from './layer-target.ts';
import type { TrackLayers } from './track-layers.ts';
import { Vp8Selector } from './vp8-selector.ts';
import { Vp9Selector } from './vp9-selector.ts';

/**
 * Which encoding of its source one forwarder sends, and which layers of it: what it has, what it is to have, and
 * what it needs to get from one to the other.
 */
export class LayerChoice {
  readonly target = new LayerTarget();
  /** Index of the encoding sent now; -1 for none. */
  encoding = -1;
  /** The one to be sent: taken at its next key frame. */
  wantedEncoding = 0;
  /** Chooses the layers within the encoding; null where there are none to choose from. */
  selector: LayerSelector | null = null;
  /** Changes made so far, but for those of `selector`. */
  #switches = 0;
  #layers: TrackLayers | null = null;
  #scheme: number = LayerScheme.None;
  #chosen: ChosenLayer | null = null;

  /** Another source, null for none. */
  setLayers(layers: TrackLayers | null): void {
    this.#layers = layers;
    this.encoding = -1;
    this.wantedEncoding = 0;
    this.#setScheme(LayerScheme.None);
    this.retarget();
  }

  /** Chooses anew: the target has changed, or the layers there are. */
  retarget(): void {
    const chosen = this.#layers === null ? null : this.target.choose(this.#layers);
    this.#chosen = chosen;
    if (chosen === null) return;
    this.wantedEncoding = chosen.encoding;
    this.#aim(chosen);
  }

  /** Whether what is wanted has to wait for a key frame of `wantedEncoding`. */
  get needsKeyFrame(): boolean {
    return this.encoding !== this.wantedEncoding || this.selector?.needsKeyFrame === true;
  }

  /** One number for the encoding and the spatial layer wanted. */
  get wantedLayer(): number {
    return this.wantedEncoding * (highestLayer + 1) + (this.#chosen?.spatial ?? 0);
  }

  /** Whether sending may start with an encoding, where nothing is sent yet: not with one above the wanted. */
  mayStartWith(encoding: number): boolean {
    const layers = this.#layers;
    if (encoding === this.wantedEncoding || this.#chosen === null || layers === null) return true;
    return layers.rankOf(encoding) <= layers.rankOf(this.wantedEncoding);
  }

  /** Begins to send an encoding with `packet`, which starts a key frame. */
  begin(packet: RtpPacket): void {
    if (this.encoding >= 0 && this.encoding !== packet.encoding) this.#switches++;
    this.encoding = packet.encoding;
    // What an audio packet says of layers is left over from a video packet before it.
    this.#setScheme(this.#layers === null ? LayerScheme.None : schemeOf(packet));
    if (this.#chosen !== null) this.#aim(this.#chosen);
    this.selector?.start(packet);
  }

  /** A key frame of the encoding sent starts with `packet`: its layers may be told in another way from here. */
  keyFrame(packet: RtpPacket): void {
    const scheme = schemeOf(packet);
    if (scheme === this.#scheme) return;
    this.#setScheme(scheme);
    if (this.#chosen !== null) this.#aim(this.#chosen);
    this.selector?.start(packet);
  }

  /** Changes of the encoding or the spatial layer made so far. */
  get switches(): number {
    return this.#switches + (this.selector?.switches ?? 0);
  }

  /** Why the layers sent now are those. */
  get reason(): string {
    return this.#layers === null ? LayerReason.NotSent : this.target.explain(this.#layers, this.current);
  }

  /** The layers sent now; -1 each for nothing. */
  get current(): LayerPair {
    const layers = this.#layers;
    if (this.encoding < 0 || layers === null) return { spatial: -1, temporal: -1 };
    const highest = layers.highestOf(this.encoding);
    const spatial = Math.min(this.selector?.spatial ?? highest.spatial, highest.spatial);
    return {
      spatial: layers.numberOf(this.encoding, spatial),
      temporal: Math.min(this.selector?.temporal ?? highest.temporal, highest.temporal),
    };
  }

  /** Bit mask of the dependency descriptor's decode targets the receiver can decode. */
  activeTargets(packet: RtpPacket): number {
    const dependencies = packet.layers.dependencies!;
    return this.selector instanceof DependencySelector
      ? this.selector.activeTargets(dependencies)
      : dependencies.active;
  }

  #aim(chosen: ChosenLayer): void {
    const { selector } = this;
    if (selector === null) return;
    const layers = this.#layers!;
    if (chosen.encoding === this.encoding) {
      selector.setTarget(chosen.spatial, chosen.temporal);
      return;
    }
    // Waiting for the key frame of a smaller encoding because there is no room for this one: the least of it will do.
    const squeezed = this.target.dropsTemporal && this.target.spatial < layers.numberOf(this.encoding, 0);
    const { spatial } = layers.highestOf(this.encoding, this.target.described);
    selector.setTarget(spatial, squeezed ? 0 : chosen.temporal);
  }

  #setScheme(scheme: number): void {
    if (scheme === this.#scheme && this.selector !== null) return;
    this.#scheme = scheme;
    this.#switches += this.selector?.switches ?? 0;
    this.selector = createSelector(scheme);
    this.selector?.setTarget(highestLayer, highestLayer);
  }
}

/** By which descriptor the layers of a packet's stream are told. */
function schemeOf({ layers }: RtpPacket): number {
  const { dependencies, syntax, vp8, vp9 } = layers;
  if (dependencies !== null) {
    return dependencies.structure!.decodeTargetCount > 1
      ? LayerScheme.DependencyDescriptor
      : LayerScheme.None;
  }
  if (syntax === KeyFrameSyntax.Vp8 && vp8.temporalLayer >= 0) return LayerScheme.Vp8;
  if (syntax === KeyFrameSyntax.Vp9 && vp9.spatialLayer >= 0) return LayerScheme.Vp9;
  return LayerScheme.None;
}

function createSelector(scheme: number): LayerSelector | null {
  switch (scheme) {
    case LayerScheme.Vp8:
      return new Vp8Selector();
    case LayerScheme.Vp9:
      return new Vp9Selector();
    case LayerScheme.DependencyDescriptor:
      return new DependencySelector();
    default:
      return null;
  }
}
