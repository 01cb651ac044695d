import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerInfo } from '../../media/layers/layer-policy.ts';
import { ceilingNumber, highestSpatialOf, levelOfSize, lowerLevel, qualityNumber } from './quality.ts';

/** `encodings` of so many spatial layers each, all with three temporal ones. */
function layersOf(...encodings: number[]): LayerInfo[] {
  let first = 0;
  return encodings.flatMap((spatialLayers, encoding) => {
    const list = Array.from({ length: spatialLayers * 3 }, (_, i) => ({
      encoding,
      spatial: first + Math.floor(i / 3),
      temporal: i % 3,
      bitrate: 1,
      active: true,
      width: 0,
      height: 0,
      frameRate: 30,
    }));
    first += spatialLayers;
    return list;
  });
}

test('levels are encodings of simulcast, and spatial layers of SVC', () => {
  for (const layers of [layersOf(1, 1, 1), layersOf(3)]) {
    assert.equal(highestSpatialOf(layers, 'high'), null);
    assert.equal(highestSpatialOf(layers, 'mid'), 1);
    assert.equal(highestSpatialOf(layers, 'low'), 0);
  }
  const both = layersOf(3, 3, 3);
  assert.equal(highestSpatialOf(both, 'mid'), 5);
  assert.equal(highestSpatialOf(both, 'low'), 2);
});

test('with two steps there is no middle, with one no choice; before anything is known, low is the lowest', () => {
  assert.deepEqual(
    (['high', 'mid', 'low'] as const).map((level) => highestSpatialOf(layersOf(1, 1), level)),
    [null, 0, 0],
  );
  for (const level of ['mid', 'low'] as const) {
    assert.equal(highestSpatialOf(layersOf(1), level), null);
    assert.equal(highestSpatialOf([], level), 0);
    assert.equal(ceilingNumber(layersOf(1), level), 9);
  }
  assert.equal(ceilingNumber(layersOf(1, 1, 1), 'mid'), 6);
});

test('what is sent, in the numbers of the statistics', () => {
  const svc = layersOf(3);
  const number = (spatial: number, temporal: number) => qualityNumber(svc, { spatial, temporal });
  assert.deepEqual([number(2, 2), number(2, 1), number(2, 0)], [9, 8, 7]);
  assert.deepEqual([number(1, 2), number(1, 1), number(1, 0)], [6, 5, 4]);
  assert.deepEqual([number(0, 2), number(0, 1), number(0, 0)], [3, 2, 1]);
  assert.equal(number(-1, -1), 0);
  assert.equal(qualityNumber(layersOf(1), { spatial: 0, temporal: 2 }), 9, 'plain video is high');
  assert.equal(qualityNumber(layersOf(3, 3, 3), { spatial: 4, temporal: 2 }), 6, 'the encoding counts');
});

test('sizes: 0x0 is lowest, never nothing', () => {
  const cases = [
    [0, 0, 'low'],
    [160, 101, 'low'],
    [180, 90, 'mid'],
    [360, 179, 'mid'],
    [360, 180, 'high'],
    [640, 360, 'high'],
  ] as const;
  for (const [width, height, level] of cases)
    assert.equal(levelOfSize(width, height), level, `${width}x${height}`);
  assert.equal(lowerLevel('mid', 'low'), 'low');
  assert.equal(lowerLevel('mid', 'high'), 'mid');
});
