import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownSize } from './messages.ts';
import { ShownSizesReport, shownSizes } from './shown-sizes.ts';

const place = (top: number, width = 320, height = 180) => ({ left: 0, top, width, height });
const view = { top: 100, height: 400, pixelRatio: 1 };

test('others are told of by line, in physical pixels', () => {
  const tiles = [
    { local: false, mid: '3' },
    { local: false, mid: null },
    { local: true, mid: '1' },
  ];
  const places = tiles.map(() => place(100));
  assert.deepEqual(shownSizes(tiles, places, view), [{ mid: '3', width: 320, height: 180 }]);
  const ratios = [0.5, 1.5, 3].map(
    (pixelRatio) => shownSizes(tiles, places, { ...view, pixelRatio })[0]!.width,
  );
  assert.deepEqual(ratios, [320, 480, 640]);
});

test('what is scrolled out of view is not shown, what shows an edge is', () => {
  const tiles = ['1', '2', '3', '4'].map((mid) => ({ local: false, mid }));
  const places = [place(-80), place(-79), place(499), place(500)];
  const shown = shownSizes(tiles, places, view).map(({ mid, width }) => [mid, width > 0]);
  assert.deepEqual(shown, [
    ['1', false],
    ['2', true],
    ['3', true],
    ['4', false],
  ]);
});

function report() {
  const sent: (readonly ShownSize[])[] = [];
  let due: (() => void) | null = null;
  const sizes = new ShownSizesReport(
    (list) => sent.push(list),
    (_ms, run) => {
      due = run;
      return () => {
        due = null;
      };
    },
  );
  const pass = () => {
    const run = due;
    due = null;
    run?.();
    return sent.splice(0);
  };
  return { sizes, pass };
}

const size = (width: number) => [{ mid: '3', width, height: 180 }];

test('of many changes the last is told, and nothing that was told already', () => {
  const { sizes, pass } = report();
  for (const width of [320, 330, 340]) sizes.update(size(width));
  assert.deepEqual(pass(), [size(340)]);
  sizes.update(size(340));
  assert.deepEqual(pass(), []);
  sizes.update(size(350));
  sizes.update(size(340));
  assert.deepEqual(pass(), []);
});

test('a new connection is told anew', () => {
  const { sizes, pass } = report();
  sizes.renew();
  assert.deepEqual(pass(), []);
  sizes.update(size(320));
  pass();
  sizes.renew();
  assert.deepEqual(pass(), [size(320)]);
});

test('after the end nothing is told', () => {
  const { sizes, pass } = report();
  sizes.update(size(320));
  sizes.close();
  assert.deepEqual(pass(), []);
});
