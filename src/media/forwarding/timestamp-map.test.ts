import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continueTimestamp } from './timestamp-map.ts';

const clockRate = 90_000;

const cases: readonly (readonly [
  what: string,
  last: number,
  expected: number,
  clocked: number | null,
  next: number,
  slip: number,
])[] = [
  ['the publisher’s clock', 1000, 4000, 3900, 3900, 0],
  ['no clock: what arrival says', 1000, 4000, null, 4000, 0],
  ['a clock that is seconds off', 1000, 4000, 4000 + 3 * clockRate, 4000, 0],
  ['the same picture again', 4000, 4010, 4000, 4090, 90],
  ['a picture from before', 4000, 4010, 1000, 4090, 3090],
  ['over the wrap', 0x7fffffff - 100, (0x7fffffff + 2900) | 0, null, (0x7fffffff + 2900) | 0, 0],
];

for (const [what, last, expected, clocked, next, slip] of cases) {
  test(`timestamps go on: ${what}`, () => {
    assert.deepEqual(continueTimestamp(last, expected, clocked, clockRate), { next, slip });
  });
}
