/**
 * A number written into a picture so that it survives encoding, scaling and the loss of layers: a row of dark and
 * bright blocks at the top, and the same at the bottom. Whoever sees different numbers there, or a wrong checksum,
 * sees a broken picture.
 *
 *     │ 16 bits, highest first │ 4 bits checksum │      each a 20th of the width, a 9th of the height
 */

export const markColumns = 20;
/** Of the height. */
export const markShare = 1 / 9;
const dark = 32;
const bright = 220;
const threshold = 126;

/** Numbers wrap here. */
export const markModulus = 1 << 16;

function checksum(value: number): number {
  return (value ^ (value >> 4) ^ (value >> 8) ^ (value >> 12) ^ 0b1010) & 0xf;
}

/** Writes a number into a luma plane. */
export function writeMark(luma: Uint8Array, width: number, height: number, value: number): void {
  const bits = ((value & 0xffff) << 4) | checksum(value & 0xffff);
  const rows = Math.floor(height * markShare);
  for (let column = 0; column < markColumns; column++) {
    const level = (bits >> (markColumns - 1 - column)) & 1 ? bright : dark;
    const from = Math.round((column * width) / markColumns);
    const to = Math.round(((column + 1) * width) / markColumns);
    for (let row = 0; row < rows; row++) {
      luma.fill(level, row * width + from, row * width + to);
      luma.fill(level, (height - 1 - row) * width + from, (height - 1 - row) * width + to);
    }
  }
}

/** The number whose bits are the brightness, 0 to 255, of the blocks; -1 where the checksum does not hold. */
export function readMark(levels: readonly number[]): number {
  let bits = 0;
  for (const level of levels) bits = (bits << 1) | (level > threshold ? 1 : 0);
  const value = bits >> 4;
  return checksum(value) === (bits & 0xf) ? value : -1;
}
