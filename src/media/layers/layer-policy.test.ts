import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type EncodingState,
  firstLayerOf,
  type LayerInfo,
  type LayerPreference,
  rankEncodings,
  resolveLayer,
  spatialLimit,
  temporalLimit,
} from './layer-policy.ts';

function encoding(index: number, more: Partial<EncodingState> = {}): EncodingState {
  return {
    index,
    spatialLayers: 1,
    activeSpatialLayers: 1,
    temporalLayers: 1,
    needsDescriptor: false,
    width: 0,
    height: 0,
    bitrate: 0,
    ...more,
  };
}

const sized = (index: number, height: number) => encoding(index, { height, width: height * 2 });
const rated = (index: number, bitrate: number) => encoding(index, { bitrate });

const rankings: readonly (readonly [what: string, encodings: EncodingState[], order: number[]])[] = [
  ['nothing known: as signaled', [encoding(0), encoding(1), encoding(2)], [0, 1, 2]],
  ['resolutions, largest first', [sized(0, 720), sized(1, 360), sized(2, 180)], [2, 1, 0]],
  ['bit rates, where resolutions are unknown', [rated(0, 900), rated(1, 300), rated(2, 100)], [2, 1, 0]],
  ['bit rates that hardly differ say nothing', [rated(0, 110), rated(1, 100)], [0, 1]],
  ['the order found before stays', [rated(1, 110), rated(0, 100)], [1, 0]],
  ['one unknown keeps its place', [sized(0, 720), encoding(1), sized(2, 180)], [2, 1, 0]],
  [
    'equal resolutions: by bit rate',
    [
      { ...sized(0, 360), bitrate: 900 },
      { ...sized(1, 360), bitrate: 90 },
    ],
    [1, 0],
  ],
];

for (const [what, encodings, order] of rankings) {
  test(`ranking: ${what}`, () => assert.deepEqual(rankEncodings(encodings), order));
}

const stopped = { activeSpatialLayers: 0 };
const resolutions: readonly (readonly [
  what: string,
  ranked: EncodingState[],
  wanted: number,
  place: readonly [encoding: number, spatial: number] | null,
])[] = [
  ['simulcast, the middle', [encoding(2), encoding(1), encoding(0)], 1, [1, 0]],
  ['simulcast, more than there is', [encoding(0), encoding(1)], 255, [1, 0]],
  ['simulcast, the wanted has stopped', [encoding(0), encoding(1), encoding(2, stopped)], 2, [1, 0]],
  ['simulcast, nothing that low comes', [encoding(0, stopped), encoding(1)], 0, [1, 0]],
  ['nothing comes', [encoding(0, stopped)], 0, null],
  ['SVC', [encoding(0, { spatialLayers: 3, activeSpatialLayers: 3 })], 1, [0, 1]],
  ['SVC, the highest has stopped', [encoding(0, { spatialLayers: 3, activeSpatialLayers: 2 })], 2, [0, 1]],
  [
    'SVC in one of two encodings',
    [encoding(0, { spatialLayers: 2, activeSpatialLayers: 2 }), encoding(1)],
    2,
    [1, 0],
  ],
];

for (const [what, ranked, wanted, place] of resolutions) {
  test(`choosing: ${what}`, () => {
    const found = resolveLayer(ranked, wanted);
    assert.deepEqual(found && [found.encoding, found.spatial], place);
  });
}

test('spatial layers are counted through all encodings', () => {
  const ranked = [encoding(1, { spatialLayers: 2 }), encoding(0)];
  assert.deepEqual([firstLayerOf(ranked, 1), firstLayerOf(ranked, 0)], [0, 2]);
});

const layers: LayerInfo[] = [180, 360, 720].flatMap((height, spatial) =>
  [7.5, 15, 29].map((frameRate, temporal) => ({
    encoding: 0,
    spatial,
    temporal,
    bitrate: 0,
    active: true,
    width: (height * 16) / 9,
    height,
    frameRate,
  })),
);
const infinity = Number.POSITIVE_INFINITY;

const limits: readonly (readonly [preference: LayerPreference, spatial: number, temporal: number])[] = [
  [{}, infinity, infinity],
  [{ maxSpatial: 1, maxTemporal: 0 }, 1, 0],
  [{ width: 320, height: 180 }, 0, infinity],
  [{ width: 321, height: 180 }, 1, infinity],
  [{ width: 180, height: 320 }, 0, infinity],
  [{ height: 400 }, 1, infinity],
  [{ width: 4000, height: 2000 }, infinity, infinity],
  [{ width: 1280, height: 720, maxSpatial: 1 }, 1, infinity],
  [{ frameRate: 15 }, infinity, 1],
  [{ frameRate: 30 }, infinity, 2],
  [{ frameRate: 60 }, infinity, infinity],
];

for (const [preference, spatial, temporal] of limits) {
  test(`limits of ${JSON.stringify(preference)}`, () => {
    assert.equal(spatialLimit(layers, preference), spatial);
    assert.equal(temporalLimit(layers, 1, preference), temporal);
  });
}
