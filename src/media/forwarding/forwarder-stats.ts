import type { LayerInfo, LayerPair } from '../layers/layer-policy.ts';

/** What a forwarder is doing, or waiting for. */
export type ForwarderState =
  | 'no-source'
  | 'waiting-keyframe'
  | 'live'
  | 'codec-not-supported'
  | 'paused'
  /** Stopped by a bug. */
  | 'failed';

export interface ForwarderStats {
  readonly packets: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Bits per second of payload over about the last second. */
  readonly bitrate: number;
  /** Packets the receiver asked for again, and those it got. */
  readonly nackReceived: number;
  readonly retransmitted: number;
  /** NACKed packets that were no longer there. */
  readonly retransmissionsMissed: number;
  readonly pliReceived: number;
  /** Whether the receiver has reported how the stream arrives. */
  readonly reported: boolean;
  /** As it says: 0 … 1, packets, ms, ms; null until measured. */
  readonly fractionLost: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly rttMs: number | null;
  /** Video: how often and for how long its picture stood still. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  readonly quality: number | null;
  /** Video; null for audio. */
  readonly layers: SentLayers | null;
}

/** Which layers of its source a forwarder sends. */
export interface SentLayers {
  /** -1 each while nothing is sent. */
  readonly current: LayerPair;
  /** Why those: one of LayerReason, or what paused or limits it. */
  readonly reason: string;
  /** The highest allowed, 255 where nothing limits them, and why those. */
  readonly target: LayerPair;
  readonly targetReason: string;
  /** Changes of the encoding or the spatial layer so far. */
  readonly switches: number;
  /** Those the receiver has use for, and what each costs; lowest first. */
  readonly available: readonly LayerInfo[];
}
