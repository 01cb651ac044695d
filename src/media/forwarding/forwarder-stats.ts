import type { LayerPair } from '../layers/layer-policy.ts';

/** What a forwarder is doing, or waiting for. */
export type ForwarderState = 'no-source' | 'waiting-keyframe' | 'live' | 'codec-not-supported' | 'paused';

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
  /** As the receiver reports it: 0 … 1, ms, packets, ms; null until measured. */
  readonly fractionLost: number;
  readonly jitterMs: number;
  /** Video: how often and for how long its picture stood still. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  readonly quality: number | null;
  readonly lost: number;
  readonly rttMs: number | null;
  /** Video: the layers sent and those to be sent, why those, and how often the encoding was changed. */
  readonly current: LayerPair;
  readonly target: LayerPair;
  readonly targetReason: string;
  readonly switches: number;
}
