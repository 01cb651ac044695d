import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { KeyFrameSyntax } from './detect-key-frame.ts';

/**
 * Keeps the numbers in the payload descriptors of one receiver's stream continuous over changes of the encoding and
 * pictures left out. Made when the first such thing happens. Decides only: what it says is one integer, which
 * writeDescriptor() makes bytes of, now and when the packet is sent again.
 */
export interface DescriptorRewriter {
  /** Another stream begins with `packet`: numbers go on after the last ones. */
  splice(packet: RtpPacket): void;
  /** The picture of a packet is left out. */
  leaveOut(packet: RtpPacket): void;
  /** How the descriptor of a packet is rewritten: noRewrite, or `pictureLeftOut`. */
  rewrite(packet: RtpPacket): number;
}

/** The numbers in the payload descriptor of a stream's newest packet; -1 for those it has not. */
export class DescriptorNumbers {
  /** The KeyFrameSyntax they are of: Vp8 or Vp9; None where there are none. */
  syntax: number = KeyFrameSyntax.None;
  pictureId = -1;
  tl0PictureIndex = -1;
  keyIndex = -1;
}

/** The packet goes out as it is. */
export const noRewrite = 0;
/** The packet's picture has no number at the receiver. */
export const pictureLeftOut = -1;

/** What a rewrite is of: in its highest bits, below the sign. */
export const RewriteKind = { None: 0, Vp8: 1, Vp9: 2, Empty: 3 } as const;
export const rewriteKindShift = 28;

/** Nothing of the payload is sent: only the sequence number counts. */
export const emptyRewrite = RewriteKind.Empty << rewriteKindShift;
