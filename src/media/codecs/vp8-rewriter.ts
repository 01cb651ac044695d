import { noSequence, SequenceMap } from '../forwarding/sequence-map.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import {
  type DescriptorNumbers,
  type DescriptorRewriter,
  pictureLeftOut,
  RewriteKind,
  rewriteKindShift,
} from './payload-rewrite.ts';
import { pictureDelta, writePictureId } from './picture-number.ts';

/** Extended picture ids start here, so that those before the first are not negative. */
const extendedStart = 0x10000;
/** Pictures from before the first change that may still be late. */
const latePictures = 64;

/**
 * PictureID without holes, TL0PICIDX and KEYIDX that go on. Browsers take a hole in the picture ids for a loss,
 * so left-out pictures must leave none.
 */
export class Vp8Rewriter implements DescriptorRewriter {
  readonly #pictures: SequenceMap;
  /** The highest source id, extended; and of the other indices the last. */
  #newest: number;
  #tl0Index: number;
  #keyIndex: number;
  #tl0Offset = 0;
  #keyOffset = 0;

  constructor(last: DescriptorNumbers) {
    // A map that so far changes nothing.
    const first = extendedStart + Math.max(0, last.pictureId) - latePictures;
    this.#newest = first + latePictures;
    this.#pictures = new SequenceMap(first);
    this.#pictures.start(first);
    this.#pictures.map(this.#newest);
    this.#tl0Index = last.tl0PictureIndex;
    this.#keyIndex = last.keyIndex;
  }

  splice(packet: RtpPacket): void {
    const { vp8 } = packet.layers;
    this.#newest = extendedStart + Math.max(0, vp8.pictureId);
    this.#pictures.start(this.#newest);
    this.#tl0Offset += this.#tl0Index + 1 - vp8.tl0PictureIndex;
    this.#keyOffset += this.#keyIndex + 1 - vp8.keyIndex;
  }

  leaveOut(packet: RtpPacket): void {
    const { vp8 } = packet.layers;
    if (vp8.pictureId >= 0) this.#pictures.leaveOut(this.#extend(vp8.pictureId, vp8.pictureIdBits));
  }

  rewrite(packet: RtpPacket): number {
    const { vp8 } = packet.layers;
    if (packet.newest) {
      if (vp8.tl0PictureIndex >= 0) this.#tl0Index = vp8.tl0PictureIndex;
      if (vp8.keyIndex >= 0) this.#keyIndex = vp8.keyIndex;
    }
    let picture = 0;
    if (vp8.pictureId >= 0) {
      picture = this.#pictures.map(this.#extend(vp8.pictureId, vp8.pictureIdBits));
      if (picture === noSequence) return pictureLeftOut;
    }
    return (
      (RewriteKind.Vp8 << rewriteKindShift) |
      (((vp8.keyIndex + this.#keyOffset) & 0x1f) << 23) |
      (((vp8.tl0PictureIndex + this.#tl0Offset) & 0xff) << 15) |
      (picture & 0x7fff)
    );
  }

  #extend(pictureId: number, bits: number): number {
    const extended = this.#newest + pictureDelta(pictureId, this.#newest, bits);
    if (extended > this.#newest) this.#newest = extended;
    return extended;
  }
}

/** Writes a VP8 payload descriptor (RFC 7741 §4.2) with other numbers; returns its length. */
export function writeVp8Descriptor(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  to: number,
  rewrite: number,
): number {
  const first = source[from];
  bytes[to] = first;
  if ((first & 0x80) === 0 || length < 2) return 1;
  const extension = source[from + 1];
  bytes[to + 1] = extension;
  let done = 2;
  if ((extension & 0x80) !== 0) {
    done += writePictureId(source, from + done, bytes, to + done, rewrite & 0x7fff);
  }
  if ((extension & 0x40) !== 0) bytes[to + done++] = rewrite >>> 15;
  if ((extension & 0x30) !== 0) {
    const layer = source[from + done];
    bytes[to + done++] = (extension & 0x10) === 0 ? layer : (layer & 0xe0) | ((rewrite >>> 23) & 0x1f);
  }
  return done;
}
