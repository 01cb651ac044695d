import type { LayerInfo } from '../layers/layer-policy.ts';

export interface InboundTrackStats {
  /** Name of the codec of the last packet; null before the first. */
  readonly codec: string | null;
  readonly packets: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Packets the network lost, whether or not they were repaired. */
  readonly lost: number;
  /** Packets repaired by retransmission. */
  readonly recovered: number;
  /** Audio: packets repaired out of redundancy (RED), for receivers without RED. */
  readonly redRecovered: number;
  /** The largest of its encodings'. */
  readonly jitterMs: number;
  /** Bits per second of payload over about the last second. */
  readonly bitrate: number;
  readonly nackSent: number;
  /** Key frame requests sent, PLI or FIR. */
  readonly pliSent: number;
  readonly keyFrames: number;
  /** Video: how often and for how long no frame came. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing comes. */
  readonly quality: number | null;
  /** null until measured. */
  readonly rttMs: number | null;
  readonly encodings: readonly InboundEncodingStats[];
  /** Video: lowest first; spatial layers are counted through all encodings. */
  readonly layers: readonly LayerInfo[];
}

export interface InboundEncodingStats {
  readonly rid: string | null;
  readonly ssrc: number;
  readonly packets: number;
  readonly bytes: number;
  /** Packets the network lost, whether or not they were repaired. */
  readonly lost: number;
  readonly bitrate: number;
  /** Video: whether no receiver has use for it, so that the publisher may stop it. */
  readonly unused: boolean;
}
