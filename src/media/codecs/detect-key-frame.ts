import type { RtpCodecParameters } from '../rtp-parameters.ts';
import { av1KeyFrame } from './av1.ts';
import { h264KeyFrame } from './h264.ts';
import { h265KeyFrame } from './h265.ts';
import { KeyFrame } from './key-frame.ts';

/** How to recognize key frames, numbered so that a table by payload type can hold it. */
export const KeyFrameSyntax = { None: 0, Vp8: 1, Vp9: 2, H264: 3, H265: 4, Av1: 5 } as const;

/** The syntax of a codec. A video codec we cannot read has none: forwarding it starts anywhere. */
export function keyFrameSyntaxOf(codec: RtpCodecParameters): number {
  switch (codec.name.toUpperCase()) {
    case 'VP8':
      return KeyFrameSyntax.Vp8;
    case 'VP9':
      return KeyFrameSyntax.Vp9;
    case 'H264':
      return KeyFrameSyntax.H264;
    case 'H265':
      return KeyFrameSyntax.H265;
    case 'AV1':
      return KeyFrameSyntax.Av1;
    default:
      return KeyFrameSyntax.None;
  }
}

/**
 * Whether a key frame starts in this payload: one of KeyFrame. For the codecs whose payload says so itself; VP8 and
 * VP9 say it in their payload descriptors, see PacketLayers. Never reads beyond `length`.
 */
export function detectKeyFrame(syntax: number, bytes: Uint8Array, at: number, length: number): number {
  switch (syntax) {
    case KeyFrameSyntax.H264:
      return h264KeyFrame(bytes, at, length);
    case KeyFrameSyntax.H265:
      return h265KeyFrame(bytes, at, length);
    case KeyFrameSyntax.Av1:
      return av1KeyFrame(bytes, at, length) ? KeyFrame.Start : KeyFrame.None;
    default:
      return KeyFrame.None;
  }
}
