import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Layout, layoutTiles, pictureFit } from './layout.ts';

function columnsOf(layout: Layout): number {
  const firstTop = layout.tiles[0]!.top;
  return layout.tiles.filter((tile) => tile.top === firstTop).length;
}

test('nothing to place', () => {
  assert.deepEqual(layoutTiles(0, 800, 600), { tiles: [], contentHeight: 0 });
  assert.deepEqual(layoutTiles(3, 0, 0), { tiles: [], contentHeight: 0 });
});

test('one tile fills a wide room at 16:9, centred', () => {
  const { tiles, contentHeight } = layoutTiles(1, 1600, 600);
  assert.deepEqual(tiles, [{ left: 266, top: 0, width: 1066, height: 600 }]);
  assert.equal(contentHeight, 600);
});

test('columns follow the shape of the room', () => {
  assert.equal(columnsOf(layoutTiles(2, 1280, 640)), 2);
  assert.equal(columnsOf(layoutTiles(4, 1280, 640)), 2);
  assert.equal(columnsOf(layoutTiles(9, 1280, 640)), 3);
  assert.equal(columnsOf(layoutTiles(2, 390, 640)), 1);
  assert.equal(columnsOf(layoutTiles(4, 390, 640)), 2);
});

test('a spotlighted tile is by far the largest, whatever its place', () => {
  for (const [width, height] of [
    [1280, 640],
    [390, 640],
  ] as const) {
    const { tiles } = layoutTiles(4, width, height, 2);
    const areas = tiles.map((tile) => tile.width * tile.height);
    for (const [index, area] of areas.entries()) if (index !== 2) assert.ok(areas[2]! > area * 4);
  }
  assert.deepEqual(layoutTiles(1, 800, 600, 0), layoutTiles(1, 800, 600));
});

test('tiles never overlap, leave the room sideways, or become too narrow', () => {
  const size = fc.integer({ min: 320, max: 2600 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      size,
      size,
      fc.integer({ min: -1, max: 60 }),
      (n, w, h, s) => {
        const { tiles, contentHeight } = layoutTiles(n, w, h, s);
        assert.equal(tiles.length, n);
        for (const [i, a] of tiles.entries()) {
          assert.ok(a.left >= 0 && a.left + a.width <= w, 'sideways');
          assert.ok(a.top >= 0 && a.top + a.height <= contentHeight, 'below');
          assert.ok(a.width >= 100 && a.height > 0, 'too small');
          for (const b of tiles.slice(i + 1)) {
            const apart =
              a.left + a.width <= b.left ||
              b.left + b.width <= a.left ||
              a.top + a.height <= b.top ||
              b.top + b.height <= a.top;
            assert.ok(apart, 'overlap');
          }
        }
      },
    ),
  );
});

test('cameras fill their tile unless too much would be lost; screens are shown whole', () => {
  const wide = { width: 640, height: 360 };
  assert.equal(pictureFit({ width: 1280, height: 720 }, wide, 'camera'), 'cover');
  assert.equal(pictureFit({ width: 640, height: 480 }, wide, 'camera'), 'cover');
  assert.equal(pictureFit({ width: 720, height: 1280 }, wide, 'camera'), 'contain');
  assert.equal(pictureFit({ width: 1280, height: 720 }, wide, 'screen'), 'contain');
  assert.equal(pictureFit(null, wide, 'camera'), 'cover');
});
