import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markColumns, readMark, writeMark } from './frame-mark.ts';

/** Brightness in the middle of each block of the row of blocks around `row`. */
function levelsAt(luma: Uint8Array, width: number, row: number): number[] {
  return Array.from(
    { length: markColumns },
    (_, column) => luma[row * width + Math.floor(((column + 0.5) * width) / markColumns)],
  );
}

test('a number is read back from the top and the bottom of a picture', () => {
  const [width, height] = [240, 136];
  for (const value of [0, 1, 0x5555, 0xaaaa, 12_345, 0xffff]) {
    const luma = new Uint8Array(width * height).fill(128);
    writeMark(luma, width, height, value);
    assert.equal(readMark(levelsAt(luma, width, 5)), value);
    assert.equal(readMark(levelsAt(luma, width, height - 6)), value);
  }
});

test('one block that has changed is noticed', () => {
  const [width, height] = [240, 136];
  const luma = new Uint8Array(width * height);
  writeMark(luma, width, height, 4711);
  const levels = levelsAt(luma, width, 5);
  for (let column = 0; column < markColumns; column++) {
    const broken = levels.map((level, index) => (index === column ? 255 - level : level));
    assert.equal(readMark(broken), -1);
  }
});
