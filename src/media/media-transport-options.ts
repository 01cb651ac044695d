import type { StartLayer } from './bandwidth/bitrate-allocator.ts';
import type { BitrateBounds } from './bandwidth/bitrate-bounds.ts';

/** Settings of the media layer; all may be left out. */
export interface MediaTransportOptions {
  /** SSRCs received at once on one transport, RTX not counted. Default 64. */
  readonly maxStreams?: number;
  /** At least this long between two key frame requests for one track, in ms. Default 500. */
  readonly keyFrameIntervalMs?: number;
  /** What publishers without transport-wide feedback are told they may send, in bits per second. Default 10 Mbit/s. */
  readonly receiverEstimateBitrate?: number;
  /** Time between two transport-wide feedback packets, in ms. Default 100, as libwebrtc. */
  readonly transportFeedbackMs?: number;
  /** Packets each video subscription remembers at most for retransmission. Default 1024: over a second of 9 Mbit/s. */
  readonly videoHistoryPackets?: number;
  /** The same for audio, where NACK was negotiated. Default 128. */
  readonly audioHistoryPackets?: number;
  /** Bits per second that are sent to a receiver before anything is known of its path. Default 600 kbit/s. */
  readonly initialOutgoingBitrate?: number;
  /** Bounds of what is sent on one transport, in bits per second. Default 50 kbit/s, and none. */
  readonly minOutgoingBitrate?: number;
  readonly maxOutgoingBitrate?: number;
  /** What a publisher is asked to send at most on one transport, in bits per second. Default: no bound. */
  readonly maxIncomingBitrate?: number;
  /** With which layer of a video a new subscription starts. Default `fitting`. */
  readonly startLayer?: StartLayer;
  /** Whether temporal layers are left out, too, where not all fits. Default true. */
  readonly dropsTemporalLayers?: boolean;
  /** An encoding nobody has had use for this long, in ms, is reported as unused. Default 5000. */
  readonly unusedEncodingMs?: number;
}

export type ResolvedMediaTransportOptions = Required<MediaTransportOptions>;

export function resolveMediaTransportOptions(options: MediaTransportOptions): ResolvedMediaTransportOptions {
  return {
    maxStreams: options.maxStreams ?? 64,
    keyFrameIntervalMs: options.keyFrameIntervalMs ?? 500,
    receiverEstimateBitrate: options.receiverEstimateBitrate ?? 10_000_000,
    transportFeedbackMs: options.transportFeedbackMs ?? 100,
    videoHistoryPackets: options.videoHistoryPackets ?? 1024,
    audioHistoryPackets: options.audioHistoryPackets ?? 128,
    initialOutgoingBitrate: options.initialOutgoingBitrate ?? 600_000,
    minOutgoingBitrate: options.minOutgoingBitrate ?? 50_000,
    maxOutgoingBitrate: options.maxOutgoingBitrate ?? Number.POSITIVE_INFINITY,
    maxIncomingBitrate: options.maxIncomingBitrate ?? Number.POSITIVE_INFINITY,
    startLayer: options.startLayer ?? 'fitting',
    dropsTemporalLayers: options.dropsTemporalLayers ?? true,
    unusedEncodingMs: options.unusedEncodingMs ?? 5000,
  };
}

export function incomingBoundsOf({ maxIncomingBitrate }: ResolvedMediaTransportOptions): BitrateBounds {
  return { min: 0, max: maxIncomingBitrate };
}

export function outgoingBoundsOf(options: ResolvedMediaTransportOptions): BitrateBounds {
  return { min: options.minOutgoingBitrate, max: options.maxOutgoingBitrate };
}
