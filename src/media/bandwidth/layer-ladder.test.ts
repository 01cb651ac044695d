import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerLadder } from './layer-ladder.ts';

/** `rates[spatial]` temporal layers each. */
const layers = (...rates: number[]) =>
  rates.flatMap((count, index) =>
    Array.from({ length: count }, (_, temporal) => ({
      spatial: index,
      temporal,
      bitrate: 1000,
      active: true,
    })),
  );
const names = (...rates: number[]) =>
  layerLadder(layers(...rates), false).map(({ spatial, temporal }) => `${spatial}.${temporal}`);

test('larger pictures come with half their frame rate at least, the smallest with any', () => {
  assert.deepEqual(names(3, 3, 3), ['0.0', '0.1', '0.2', '1.1', '1.2', '2.1', '2.2']);
  assert.deepEqual(names(2, 2), ['0.0', '0.1', '1.0', '1.1']);
  assert.deepEqual(names(1, 1, 1), ['0.0', '1.0', '2.0']);
  assert.deepEqual(names(1, 3), ['0.0', '1.1', '1.2']);
  assert.deepEqual(names(4), ['0.0', '0.1', '0.2', '0.3']);
});

test('of what has detail nothing is passed over', () => {
  assert.equal(layerLadder(layers(3, 3, 3), true).length, 9);
});

test('where the smallest does not come, the next is the smallest', () => {
  const upper = layers(3, 3, 3).filter(({ spatial }) => spatial > 0);
  assert.deepEqual(
    layerLadder(upper, false).map(({ spatial, temporal }) => `${spatial}.${temporal}`),
    ['1.0', '1.1', '1.2', '2.1', '2.2'],
  );
  assert.deepEqual(layerLadder([], false), []);
});
