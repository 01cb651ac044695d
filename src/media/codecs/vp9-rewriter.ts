import type { RtpPacket } from '../rtp/rtp-packet.ts';
import {
  type DescriptorNumbers,
  type DescriptorRewriter,
  RewriteKind,
  rewriteKindShift,
} from './payload-rewrite.ts';
import { pictureDelta, writePictureId } from './picture-number.ts';

/**
 * Picture ids and TL0PICIDX that go on over a change of the encoding. Within one they stay as they are, holes
 * included: P_DIFF and the place within a group of pictures count from them (RFC 9628 §4.2.1).
 */
export class Vp9Rewriter implements DescriptorRewriter {
  /** The last of the source. */
  #pictureId: number;
  #tl0Index: number;
  #pictureOffset = 0;
  #tl0Offset = 0;

  constructor(last: DescriptorNumbers) {
    this.#pictureId = last.pictureId;
    this.#tl0Index = last.tl0PictureIndex;
  }

  splice(packet: RtpPacket): void {
    const { vp9 } = packet.layers;
    this.#pictureOffset += this.#pictureId + 1 - vp9.pictureId;
    this.#tl0Offset += this.#tl0Index + 1 - vp9.tl0PictureIndex;
    this.#pictureId = vp9.pictureId;
  }

  leaveOut(): void {}

  rewrite(packet: RtpPacket): number {
    const { vp9 } = packet.layers;
    if (packet.newest) {
      if (vp9.tl0PictureIndex >= 0) this.#tl0Index = vp9.tl0PictureIndex;
      if (this.#isNewer(vp9.pictureId, vp9.pictureIdBits)) this.#pictureId = vp9.pictureId;
    }
    return (
      (RewriteKind.Vp9 << rewriteKindShift) |
      (((vp9.tl0PictureIndex + this.#tl0Offset) & 0xff) << 15) |
      ((vp9.pictureId + this.#pictureOffset) & 0x7fff)
    );
  }

  #isNewer(pictureId: number, bits: number): boolean {
    if (pictureId < 0) return false;
    return this.#pictureId < 0 || pictureDelta(pictureId, this.#pictureId, bits) > 0;
  }
}

/** Writes a VP9 payload descriptor (RFC 9628 §4.2) up to TL0PICIDX with other numbers; returns the length. */
export function writeVp9Descriptor(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  to: number,
  rewrite: number,
): number {
  const first = source[from];
  bytes[to] = first;
  let done = 1;
  if (length < 2) return done;
  if ((first & 0x80) !== 0) done += writePictureId(source, from + done, bytes, to + done, rewrite & 0x7fff);
  if ((first & 0x20) !== 0) {
    bytes[to + done] = source[from + done];
    done++;
    if ((first & 0x10) === 0) bytes[to + done++] = rewrite >>> 15;
  }
  return done;
}
