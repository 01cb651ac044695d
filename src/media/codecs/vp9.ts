/**
 * The fixed part of the VP9 payload descriptor (RFC 9628 §4.2), reused for payload after payload.
 *
 *     |I|P|L|F|B|E|V|Z|
 *     |M| picture ID  |   where I; 15 bits where M
 *     | TID |U| SID |D|   where L
 *     |   TL0PICIDX   |   where L and not F
 */
export class Vp9Descriptor {
  /** -1 where there is none, as for the fields below. */
  pictureId = -1;
  interPicturePredicted = false;
  flexible = false;
  startOfFrame = false;
  endOfFrame = false;
  temporalLayer = -1;
  switchingUp = false;
  spatialLayer = -1;
  interLayerPredicted = false;
  tl0PictureIndex = -1;

  /** False where the payload ends inside the part that is read. */
  parse(bytes: Uint8Array, at: number, length: number): boolean {
    const end = at + length;
    if (length < 1) return false;
    const first = bytes[at++];
    this.interPicturePredicted = (first & 0x40) !== 0;
    this.flexible = (first & 0x10) !== 0;
    this.startOfFrame = (first & 0x08) !== 0;
    this.endOfFrame = (first & 0x04) !== 0;
    this.pictureId = -1;
    this.temporalLayer = -1;
    this.switchingUp = false;
    this.spatialLayer = -1;
    this.interLayerPredicted = false;
    this.tl0PictureIndex = -1;
    if ((first & 0x80) !== 0) {
      if (at >= end) return false;
      const picture = bytes[at++];
      this.pictureId = picture & 0x7f;
      if ((picture & 0x80) !== 0) {
        if (at >= end) return false;
        this.pictureId = ((picture & 0x7f) << 8) | bytes[at++];
      }
    }
    if ((first & 0x20) !== 0) {
      if (at >= end) return false;
      const layer = bytes[at++];
      this.temporalLayer = layer >>> 5;
      this.switchingUp = (layer & 0x10) !== 0;
      this.spatialLayer = (layer >>> 1) & 0x07;
      this.interLayerPredicted = (layer & 0x01) !== 0;
      if (!this.flexible) {
        if (at >= end) return false;
        this.tl0PictureIndex = bytes[at++];
      }
    }
    return true;
  }
}

const descriptor = new Vp9Descriptor();

/** Whether a VP9 key picture starts in this payload: the start of its lowest spatial layer. */
export function vp9KeyFrame(bytes: Uint8Array, at: number, length: number): boolean {
  return (
    descriptor.parse(bytes, at, length) &&
    descriptor.startOfFrame &&
    !descriptor.interPicturePredicted &&
    descriptor.spatialLayer <= 0
  );
}
