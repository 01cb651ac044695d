/** Picture ids of VP8 and VP9 wrap at 7 or 15 bits. */

/** How far picture id `a` is ahead of `b`, both of `bits` bits. */
export function pictureDelta(a: number, b: number, bits: number): number {
  const unused = 32 - bits;
  return ((a - b) << unused) >> unused;
}

/** Writes a picture id in the width it has at `at` in the source; returns the bytes it takes. */
export function writePictureId(
  source: Uint8Array,
  at: number,
  bytes: Uint8Array,
  to: number,
  id: number,
): number {
  if ((source[at] & 0x80) === 0) {
    bytes[to] = id & 0x7f;
    return 1;
  }
  bytes[to] = 0x80 | ((id >>> 8) & 0x7f);
  bytes[to + 1] = id;
  return 2;
}
