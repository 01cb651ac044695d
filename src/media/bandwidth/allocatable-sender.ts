import type { MediaKind } from '../rtp-parameters.ts';

/** One layer of a source, as a receiver may get it. */
export interface LayerInfo {
  readonly spatial: number;
  readonly temporal: number;
  /** Bits per second measured, with the lower layers it needs. */
  readonly bitrate: number;
  /** Whether the publisher sends it at present. */
  readonly active: boolean;
}

export interface LayerChoice {
  readonly spatial: number;
  readonly temporal: number;
}

/** What the allocator needs of something that sends one of several layers: a Forwarder. */
export interface AllocatableSender {
  readonly kind: MediaKind;
  /** The higher, the earlier it gets more than its lowest layer. */
  readonly priority: number;
  /** What it may be told to send, lowest first: what the source has and the receiver asks for. */
  layers(): readonly LayerInfo[];
  readonly target: LayerChoice;
  readonly targetReason: string;
  /** Chooses the highest layer to send; (-1, -1) for nothing. */
  setTarget(spatial: number, temporal: number, reason: string): void;
}
