import type { LayerInfo, LayerPair, LayerPreference } from '../layers/layer-policy.ts';
import type { MediaKind } from '../rtp-parameters.ts';

/** What the allocator needs of a layer: of LayerInfo. */
export type AllocatableLayer = Pick<LayerInfo, 'spatial' | 'temporal' | 'bitrate' | 'active'>;

/** What the allocator needs of something that sends one of several layers: of a Forwarder. */
export interface AllocatableSender {
  readonly kind: MediaKind;
  /** The higher, the earlier it gets more than its lowest layer. */
  readonly priority: number;
  /** Whether a larger picture matters more than its frame rate, as of a screen. */
  readonly detailed: boolean;
  /** Whether it sends nothing, whatever its target: paused by others. */
  readonly suspended: boolean;
  /** What the receiver asks for: another object each time that it asks anew. */
  readonly preference: LayerPreference;
  /** Bits per second of payload that are sent now; asked of audio only, which has no layers. */
  readonly bitrate: number;
  /** What it may be told to send, lowest first: what the source has and the receiver has use for. */
  layers(): readonly AllocatableLayer[];
  readonly target: LayerPair;
  readonly targetReason: string;
  /** Chooses the highest layer to send; (-1, -1) for nothing. */
  setTarget(spatial: number, temporal: number, reason: string): void;
}
