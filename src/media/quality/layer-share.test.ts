import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerShare } from './layer-share.ts';

const share = (current: readonly [number, number], asked: readonly [number, number]) =>
  layerShare({ spatial: current[0], temporal: current[1] }, { spatial: asked[0], temporal: asked[1] });

test('the layer asked for is all of it, and each lower one less', () => {
  assert.equal(share([2, 2], [2, 2]), 1);
  assert.equal(share([0, 0], [0, 0]), 1);
  const falling = [
    share([2, 1], [2, 2]),
    share([2, 0], [2, 2]),
    share([1, 2], [2, 2]),
    share([0, 2], [2, 2]),
    share([0, 0], [2, 2]),
  ];
  falling.reduce((above, value) => {
    assert.ok(value! < above! && value! > 0, `${value} below ${above}`);
    return value;
  }, 1);
});

test('more than asked for is as good; nothing sent or asked for says nothing', () => {
  assert.equal(share([2, 0], [1, 2]), 1);
  assert.equal(share([1, 2], [1, 0]), 1);
  assert.equal(share([-1, -1], [1, 2]), null);
  assert.equal(share([0, 0], [-1, -1]), null);
  assert.equal(layerShare({ spatial: 0, temporal: 0 }, null), null);
});
