/** Receivers that do not get dependency descriptors, of streams whose layers are told by them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerExtensionUri } from '../rtp-parameters.ts';
import { LayerScene, simulcast, svc } from './layer-scene.test.ts';
import { checkReceived } from './received-video.test.ts';
import { readTruth } from './synthetic-encoder.test.ts';

const described = { dependencyDescriptor: true };
const impairment = { loss: 0.02, reorder: 0.02 };
const keyPicturesOnly = true;
const uri = headerExtensionUri.dependencyDescriptor;

for (const [name, encoders, temporal] of [
  ['AV1 L2T1', svc('AV1', [2, 1], described), 0],
  ['AV1 L2T2_KEY', svc('AV1', [2, 2], { keyPicturesOnly, ...described }), 1],
  ['AV1 L3T3', svc('AV1', [3, 3], described), 2],
  ['AV1 L3T3_KEY', svc('AV1', [3, 3], { keyPicturesOnly, ...described }), 2],
] as const) {
  test(`${name}: the lowest spatial layer only, whole pictures of it, and the reason for that`, () => {
    const scene = new LayerScene(encoders, 12, false);
    const { forwarder } = scene;
    scene.run(3000, impairment);
    for (const target of [255, 1, 0, 255]) {
      forwarder.setTarget(target, target, 'test');
      scene.run(1000, impairment);
      assert.deepEqual(forwarder.current, { spatial: 0, temporal: Math.min(temporal, target) });
    }
    assert.equal(forwarder.state, 'live');
    assert.equal(forwarder.layerReason, 'no-dependency-descriptor');
    const { available } = forwarder.stats().layers!;
    assert.deepEqual(
      available.map((layer) => [layer.spatial, layer.temporal]),
      Array.from({ length: temporal + 1 }, (_, layer) => [0, layer]),
    );
    scene.run(500);
    const frames = checkReceived(scene.received, 'AV1');
    assert.ok(frames.length > 150);
    assert.ok(frames.every(({ truth }) => truth.spatial === 0));
  });
}

for (const [name, encoders] of Object.entries({
  'AV1 L1T3': svc('AV1', [1, 3], described),
  'AV1 simulcast, L1T3': simulcast('AV1', 3, described),
  'AV1 S3T3, of independent layers': svc('AV1', [3, 3], { independent: true, ...described }),
  'H264 L1T3': [{ codec: 'H264', spatialLayers: 1, temporalLayers: 3, ...described } as const],
  'VP8 simulcast, L1T3': simulcast('VP8', 3, described),
  'VP9 L3T3': svc('VP9', [3, 3], described),
  'VP9 L3T3_KEY': svc('VP9', [3, 3], { keyPicturesOnly, ...described }),
})) {
  test(`${name}: all layers, as the payload tells them, or there is one spatial layer`, () => {
    const scene = new LayerScene(encoders, 12, false);
    const { forwarder } = scene;
    scene.run(3000);
    const [{ spatialLayers }] = encoders;
    const top = Math.max(spatialLayers, encoders.length) - 1;
    assert.deepEqual(forwarder.current, { spatial: top, temporal: 2 });
    assert.equal(forwarder.layerReason, 'highest-layer');
    forwarder.setTarget(0, 1, 'test');
    scene.run(1500);
    assert.deepEqual(forwarder.current, { spatial: 0, temporal: 1 });
    assert.equal(forwarder.layerReason, 'test');
    checkReceived(scene.received, encoders[0].codec);
  });
}

test('encodings with spatial layers of their own: the lowest layer of each', () => {
  const encoders = [2, 1].flatMap((divisor, i) =>
    svc('AV1', [2, 2], { width: 1280 / divisor, height: 720 / divisor, start: i * 50, ...described }),
  );
  const scene = new LayerScene(encoders, 5, false);
  scene.run(3000);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 1 });
  assert.equal(scene.forwarder.layerReason, 'no-dependency-descriptor');
  scene.forwarder.setTarget(0, 1, 'estimate-limited');
  scene.run(1500);
  assert.deepEqual(scene.forwarder.current, { spatial: 0, temporal: 1 });
  assert.equal(scene.forwarder.layerReason, 'estimate-limited');
  scene.run(300);
  const frames = checkReceived(scene.received, 'AV1');
  assert.ok(frames.every(({ truth }) => truth.spatial === 0));
});

test('what the client asks for comes before the reason that it cannot have more', () => {
  const scene = new LayerScene(svc('AV1', [3, 3], described), 12, false);
  scene.run(2000);
  scene.forwarder.setPreference({ width: 160, height: 90 });
  scene.run(500);
  assert.equal(scene.forwarder.layerReason, 'highest-layer');
  scene.forwarder.setPreference({ width: 640, height: 360 });
  scene.run(500);
  assert.equal(scene.forwarder.layerReason, 'no-dependency-descriptor');
  scene.forwarder.setPreference({ maxTemporal: 1 });
  scene.run(500);
  assert.deepEqual(scene.forwarder.current, { spatial: 0, temporal: 1 });
});

test('negotiated later, or not any more, the descriptor makes the difference at once', () => {
  const scene = new LayerScene(svc('AV1', [3, 3], described), 12, false);
  const { forwarder } = scene;
  scene.run(2000);
  const { parameters } = forwarder;
  const headerExtensions = [...parameters.headerExtensions, { uri, id: 8 }];
  // What is sent again has the extensions of now.
  scene.received.length = 0;
  forwarder.update({ ...parameters, headerExtensions });
  scene.run(1000);
  assert.deepEqual(forwarder.current, { spatial: 2, temporal: 2 });
  assert.equal(forwarder.layers().length, 9);
  assert.equal(forwarder.layerReason, 'highest-layer');
  scene.received.length = 0;
  forwarder.update(parameters);
  scene.run(1000);
  assert.deepEqual(forwarder.current, { spatial: 0, temporal: 2 });
  const settled = scene.received.filter(({ rtp }) => rtp.payload.length > 0).slice(10);
  assert.ok(settled.every(({ rtp }) => readTruth(rtp.payload).spatial === 0));
});
