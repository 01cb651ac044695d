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
  keyIndex = -1;
  /** Whether the frame is a key frame; known only at the start of partition 0. */
  keyFrame = false;
  /** Of a key frame whose header is all there; 0 elsewhere. */
  width = 0;
  height = 0;

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
    this.keyIndex = -1;
    this.keyFrame = false;
    this.width = 0;
    this.height = 0;
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
        if ((extension & 0x10) !== 0) this.keyIndex = layer & 0x1f;
      }
    }
    this.length = at - start;
    // The payload header's P bit is inverse: 0 for a key frame (RFC 7741 §4.3).
    this.keyFrame = at < end && this.startOfPartition && this.partition === 0 && (bytes[at] & 0x01) === 0;
    if (this.keyFrame) this.#readSize(bytes, at, end);
    return true;
  }

  /** A key frame's payload: tag (3), start code (3), then width and height in 14 bits each, little-endian (RFC 6386 §9.1). */
  #readSize(bytes: Uint8Array, at: number, end: number): void {
    if (at + 10 > end || bytes[at + 3] !== 0x9d || bytes[at + 4] !== 0x01 || bytes[at + 5] !== 0x2a) return;
    this.width = ((bytes[at + 7] & 0x3f) << 8) | bytes[at + 6];
    this.height = ((bytes[at + 9] & 0x3f) << 8) | bytes[at + 8];
  }
}
