/**
 * The VP9 payload descriptor (RFC 9628 §4.2), reused for payload after payload.
 *
 *     |I|P|L|F|B|E|V|Z|
 *     |M| picture ID  |   where I; 15 bits where M
 *     | TID |U| SID |D|   where L
 *     |   TL0PICIDX   |   where L and not F
 *     |  P_DIFF     |N|   where F and P; up to three, as long as N
 *     | N_S |Y|G|-|-|-|   where V: the scalability structure
 *     | width, height |   where Y: 16 bits each, for N_S + 1 spatial layers
 */
export class Vp9Descriptor {
  /** -1 where there is none, as for the fields below. */
  pictureId = -1;
  /** 7 or 15. */
  pictureIdBits = 0;
  interPicturePredicted = false;
  flexible = false;
  startOfFrame = false;
  endOfFrame = false;
  /** Z: no higher spatial layer depends on this frame. */
  notReferencedAbove = false;
  temporalLayer = -1;
  switchingUp = false;
  spatialLayer = -1;
  interLayerPredicted = false;
  tl0PictureIndex = -1;
  /** Of the highest spatial layer, where a scalability structure tells; 0 elsewhere. */
  width = 0;
  height = 0;
  /** Spatial layers the scalability structure tells of; 0 where there is none. */
  spatialLayers = 0;

  /** False where the payload ends inside the descriptor. */
  parse(bytes: Uint8Array, at: number, length: number): boolean {
    const end = at + length;
    if (length < 1) return false;
    const first = bytes[at++];
    this.interPicturePredicted = (first & 0x40) !== 0;
    this.flexible = (first & 0x10) !== 0;
    this.startOfFrame = (first & 0x08) !== 0;
    this.endOfFrame = (first & 0x04) !== 0;
    this.notReferencedAbove = (first & 0x01) !== 0;
    this.pictureId = -1;
    this.pictureIdBits = 0;
    this.temporalLayer = -1;
    this.switchingUp = false;
    this.spatialLayer = -1;
    this.interLayerPredicted = false;
    this.tl0PictureIndex = -1;
    this.width = 0;
    this.height = 0;
    this.spatialLayers = 0;
    if ((first & 0x80) !== 0) {
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
    return (first & 0x02) === 0 || this.#readStructure(bytes, at, end);
  }

  /** Whether the packet belongs to the lowest spatial layer of a key picture. */
  get inKeyPicture(): boolean {
    return !this.interPicturePredicted && this.spatialLayer <= 0;
  }

  #readStructure(bytes: Uint8Array, from: number, end: number): boolean {
    let at = from;
    if (this.flexible && this.interPicturePredicted) {
      while (at < end && (bytes[at] & 0x01) !== 0) at++;
      at++;
    }
    if (at >= end) return false;
    const head = bytes[at++];
    this.spatialLayers = (head >>> 5) + 1;
    if ((head & 0x10) === 0) return true;
    const highest = at + (this.spatialLayers - 1) * 4;
    if (highest + 4 > end) return false;
    this.width = (bytes[highest] << 8) | bytes[highest + 1];
    this.height = (bytes[highest + 2] << 8) | bytes[highest + 3];
    return true;
  }
}
