/**
 * What SDP negotiation tells the media layer. Names follow the W3C's RTCRtpParameters where they exist.
 */

export type MediaKind = 'audio' | 'video';

/** A codec as capabilities name it, without a payload type. */
export interface RtpCodec {
  readonly kind: MediaKind;
  /** The encoding name of a=rtpmap, in the registered spelling: opus, G722, PCMU, VP8, H264, AV1, red … */
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  /** a=fmtp parameters, keys in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** RTCP feedback a codec may use, as a=rtcp-fb spells it. */
export type RtcpFeedback = 'nack' | 'nack pli' | 'ccm fir' | 'goog-remb' | 'transport-cc';

/** A negotiated codec: the payload type is the one used on the wire in the stated direction. */
export interface RtpCodecParameters extends RtpCodec {
  readonly payloadType: number;
  /** The payload type of its RTX (RFC 4588), or -1 where RTX was not negotiated. */
  readonly rtxPayloadType: number;
  readonly feedback: readonly RtcpFeedback[];
}

export interface RtpHeaderExtension {
  readonly uri: string;
  /** The local identifier on the wire: 1–14, or up to 255 with two-byte headers (RFC 8285). */
  readonly id: number;
}

/** One encoding a remote sends: named by RID, by SSRC, or (neither) to be found by MID or payload type. */
export interface RtpEncoding {
  readonly rid: string | null;
  /** -1 while unknown. */
  readonly ssrc: number;
  /** -1 where there is none, or it is unknown. */
  readonly rtxSsrc: number;
}

/** Everything needed to receive one m-line's media. */
export interface ReceiveParameters {
  readonly mid: string;
  readonly kind: MediaKind;
  readonly codecs: readonly RtpCodecParameters[];
  readonly headerExtensions: readonly RtpHeaderExtension[];
  /** At least one. */
  readonly encodings: readonly RtpEncoding[];
  /** Whether packets of other SSRCs are of other tracks, though nothing but the SSRC says so. Default false. */
  readonly statedSsrcsOnly?: boolean;
}

/** Everything needed to send one m-line's media. */
export interface SendParameters {
  readonly mid: string;
  readonly kind: MediaKind;
  /** The codecs this receiver accepts, in its order of preference, with its payload types. */
  readonly codecs: readonly RtpCodecParameters[];
  readonly headerExtensions: readonly RtpHeaderExtension[];
  readonly ssrc: number;
  /** -1 where RTX was not negotiated. */
  readonly rtxSsrc: number;
  readonly cname: string;
}

/** Header extension URIs this server knows. */
export const headerExtensionUri = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  transportWideCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  videoOrientation: 'urn:3gpp:video-orientation',
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  dependencyDescriptor:
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  absCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  videoContentType: 'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type',
} as const;
