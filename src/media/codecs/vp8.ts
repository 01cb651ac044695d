/**
 * The VP8 payload descriptor (RFC 7741 §4.2), reused for payload after payload.
 *
 *     |X|R|N|S|R| PID |
 *     |I|L|T|K|  RSV  |   where X
 *     |M| PictureID   |   where I; 15 bits where M
 *     |   TL0PICIDX   |   where L
 *     |TID|Y| KEYIDX  |   where T or K
 */
export class Vp8Descriptor {
  /** Bytes of the descriptor. */
  length = 0;
  /** Whether a partition starts here, and which. */
  startOfPartition = false;
  partition = 0;
  nonReference = false;
  /** -1 where there is none, as for the fields below. */
  pictureId = -1;
  /** 7 or 15. */
  pictureIdBits = 0;
  tl0PictureIndex = -1;
  temporalLayer = -1;
  layerSync = false;
  /** Whether the frame is a key frame; known only at the start of partition 0. */
  keyFrame = false;

  /** False where the payload ends inside the descriptor. */
  parse(bytes: Uint8Array, at: number, length: number): boolean {
    const end = at + length;
    if (length < 1) return false;
    const start = at;
    const first = bytes[at++];
    this.startOfPartition = (first & 0x10) !== 0;
    this.partition = first & 0x07;
    this.nonReference = (first & 0x20) !== 0;
    this.pictureId = -1;
    this.pictureIdBits = 0;
    this.tl0PictureIndex = -1;
    this.temporalLayer = -1;
    this.layerSync = false;
    this.keyFrame = false;
    if ((first & 0x80) !== 0) {
      if (at >= end) return false;
      const extension = bytes[at++];
      if ((extension & 0x80) !== 0) {
        if (at >= end) return false;
        const picture = bytes[at++];
        this.pictureId = picture & 0x7f;
        this.pictureIdBits = 7;
        if ((picture & 0x80) !== 0) {
          if (at >= end) return false;
          this.pictureId = ((picture & 0x7f) << 8) | bytes[at++];
          this.pictureIdBits = 15;
        }
      }
      if ((extension & 0x40) !== 0) {
        if (at >= end) return false;
        this.tl0PictureIndex = bytes[at++];
      }
      if ((extension & 0x30) !== 0) {
        if (at >= end) return false;
        const layer = bytes[at++];
        if ((extension & 0x20) !== 0) {
          this.temporalLayer = layer >>> 6;
          this.layerSync = (layer & 0x20) !== 0;
        }
      }
    }
    this.length = at - start;
    // The payload header's P bit is inverse: 0 for a key frame (RFC 7741 §4.3).
    this.keyFrame = at < end && this.startOfPartition && this.partition === 0 && (bytes[at] & 0x01) === 0;
    return true;
  }
}

const descriptor = new Vp8Descriptor();

/** Whether a VP8 key frame starts in this payload. */
export function vp8KeyFrame(bytes: Uint8Array, at: number, length: number): boolean {
  return descriptor.parse(bytes, at, length) && descriptor.keyFrame;
}
