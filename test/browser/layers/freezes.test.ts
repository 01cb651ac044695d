import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenFrame } from '../page/frame-watch.ts';
import { findFaults, findGaps, quantile } from './freezes.ts';

const frame = (at: number, number = at, presented = at): SeenFrame => ({
  at,
  number,
  presented,
  width: 1,
  height: 1,
});
const every = (stepMs: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);

test('a pause is found, and what the source was silent for is taken off it', () => {
  const seen = [0, 33, 66, 566, 600].map((at, index) => frame(at, index, index));
  const [pause, ...others] = findGaps(seen, [{ times: every(10, -1000, 1000), usualMs: 10 }], 300);
  assert.deepEqual(others, []);
  assert.equal(pause.rawMs, 500);
  assert.equal(pause.netMs, 500);
  const stalled = [...every(10, -1000, 20), ...every(10, 420, 1000)];
  const rhythms = [
    { times: stalled, usualMs: 10 },
    { times: every(10, -1000, 1000), usualMs: 10 },
  ];
  assert.equal(findGaps(seen, rhythms, 300)[0].netMs, 110);
});

test('pictures the page was not told of are no pause', () => {
  const seen = [frame(0, 1, 1), frame(400, 13, 13)];
  assert.deepEqual(findGaps(seen, [], 300), []);
});

test('broken pictures and those out of order are counted, a wrap of the numbers is not', () => {
  const numbers = [65_534, 65_535, 0, 1, -1, 2, 1, 3];
  assert.deepEqual(findFaults(numbers.map((number, at) => frame(at, number))), {
    unreadable: 1,
    backwards: 1,
  });
});

test('quantiles', () => {
  assert.equal(quantile([], 0.5), 0);
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([3, 1, 2], 1), 3);
});
