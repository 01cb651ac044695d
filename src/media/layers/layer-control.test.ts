/** What a forwarder sends as its target, its receiver's wishes and its source's layers change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerScene, simulcast, svc } from './layer-scene.test.ts';
import { checkReceived } from './received-video.test.ts';

const started = (scene: LayerScene): LayerScene => {
  scene.run(3000);
  scene.keyFrameRequests = 0;
  return scene;
};

test('a subscriber starts with what comes first, and gets the highest layer', () => {
  const scene = new LayerScene(simulcast('VP8', 1), 1);
  scene.run(500);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 0 });
  assert.equal(scene.forwarder.state, 'live');
  assert.ok(scene.keyFrameRequests <= 2, `${scene.keyFrameRequests} key frames were asked for`);
});

for (const [name, encoders] of Object.entries({
  'VP8 simulcast': simulcast('VP8', 3),
  'VP9 L3T3_KEY': svc('VP9', [3, 3], { keyPicturesOnly: true }),
  'AV1 L3T3_KEY': svc('AV1', [3, 3], { keyPicturesOnly: true, dependencyDescriptor: true }),
  'AV1 L3T3': svc('AV1', [3, 3], { dependencyDescriptor: true }),
})) {
  test(`${name}: at most one key frame is asked for per switch`, () => {
    const scene = started(new LayerScene(encoders, 2));
    for (const spatial of [0, 2, 1, 2, 0, 1, 0, 2]) {
      scene.keyFrameRequests = 0;
      scene.forwarder.setTarget(spatial, 2, 'test');
      scene.run(700);
      assert.deepEqual(scene.forwarder.current, { spatial, temporal: 2 });
      assert.ok(scene.keyFrameRequests <= 1, `${scene.keyFrameRequests} for layer ${spatial}`);
    }
    checkReceived(scene.received, encoders[0].codec);
  });
}

for (const [name, encoders] of Object.entries({
  'VP9 L3T3': svc('VP9', [3, 3]),
  'AV1 L3T3': svc('AV1', [3, 3], { dependencyDescriptor: true }),
})) {
  test(`${name}: down at once, without a key frame`, () => {
    const scene = started(new LayerScene(encoders, 3));
    scene.forwarder.setTarget(0, 0, 'test');
    scene.run(67);
    assert.deepEqual(scene.forwarder.current, { spatial: 0, temporal: 0 });
    assert.equal(scene.keyFrameRequests, 0);
  });
}

test('temporal layers of VP8 change without a key frame, both ways', () => {
  const scene = started(new LayerScene([{ codec: 'VP8', spatialLayers: 1, temporalLayers: 3 }], 3));
  for (const temporal of [0, 2, 1, 0, 1, 2]) {
    scene.forwarder.setTarget(0, temporal, 'test');
    scene.run(400);
    assert.deepEqual(scene.forwarder.current, { spatial: 0, temporal });
  }
  assert.equal(scene.keyFrameRequests, 0);
  checkReceived(scene.received, 'VP8');
});

test('waiting for a smaller encoding, only the least of the larger is sent', () => {
  const scene = started(new LayerScene(simulcast('VP8', 3), 4));
  scene.encoders[0].requestKeyFrame = () => {};
  scene.forwarder.setTarget(0, 2, 'test');
  scene.run(300);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 0 });
});

test('where the frame rate is not to be lowered, what is allowed lowers the picture only; what is asked, both', () => {
  const scene = started(
    new LayerScene(simulcast('VP8', 3), 4, undefined, undefined, { dropsTemporalLayers: false }),
  );
  assert.deepEqual(
    scene.forwarder.layers().map(({ spatial, temporal }) => [spatial, temporal]),
    [
      [0, 2],
      [1, 2],
      [2, 2],
    ],
  );
  scene.encoders[0].requestKeyFrame = () => {};
  scene.forwarder.setTarget(0, 0, 'test');
  scene.run(300);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 2 }, 'while it waits');
  scene.forwarder.setTarget(2, 0, 'test');
  scene.run(300);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 2 });
  scene.forwarder.setPreference({ maxTemporal: 1 });
  scene.run(600);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 1 });
});

test('an encoding that stops is left for the next one down, and taken again when it is back', () => {
  const scene = started(new LayerScene(simulcast('VP8', 1), 5));
  scene.stopped.add(2);
  const stoppedAt = scene.simulation.clock.nowMs;
  scene.run(1000);
  assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 0 });
  const after = scene.received.filter(({ atMs }) => atMs > stoppedAt + 40);
  assert.ok(after[0].atMs - stoppedAt < 500, `nothing was sent for ${after[0].atMs - stoppedAt} ms`);
  assert.equal(scene.forwarder.layers()[2].active, false);
  scene.stopped.delete(2);
  scene.run(1500);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 0 });
  checkReceived(scene.received, 'VP8');
});

for (const [name, encoders] of Object.entries({
  'VP9 L3T1_KEY': svc('VP9', [3, 1], { keyPicturesOnly: true }),
  'AV1 L3T1_KEY': svc('AV1', [3, 1], { keyPicturesOnly: true, dependencyDescriptor: true }),
})) {
  test(`${name}: a spatial layer that stops is left for the one below`, () => {
    const scene = started(new LayerScene(encoders, 6));
    scene.encoders[0].activeSpatialLayers = 2;
    scene.run(1000);
    assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 0 });
    scene.encoders[0].activeSpatialLayers = 3;
    scene.encoders[0].requestKeyFrame();
    scene.run(1000);
    assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 0 });
  });
}

test('a smaller picture of the same stream is had at once, more of them a little later, without a key frame', () => {
  for (let waitMs = 0; waitMs < 4; waitMs++) {
    const scene = started(new LayerScene(svc('AV1', [3, 3], { dependencyDescriptor: true }), 6));
    scene.forwarder.setTarget(2, 1, 'test');
    scene.run(500 + waitMs * 33);
    assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 1 });
    const { keyFrameRequests } = scene;
    scene.forwarder.setTarget(1, 2, 'test');
    scene.run(35);
    assert.equal(scene.forwarder.current.spatial, 1);
    scene.run(200);
    assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 2 });
    assert.equal(scene.keyFrameRequests, keyFrameRequests);
    checkReceived(scene.received, 'AV1');
  }
});

test('a target of nothing pauses, and says why', () => {
  const scene = started(new LayerScene(simulcast('VP8', 1), 7));
  scene.forwarder.setTarget(-1, -1, 'no-bandwidth');
  const { length } = scene.received;
  scene.run(500);
  assert.equal(scene.received.length, length);
  assert.equal(scene.forwarder.state, 'paused');
  assert.equal(scene.forwarder.targetReason, 'no-bandwidth');
  assert.deepEqual(scene.forwarder.current, { spatial: -1, temporal: -1 });
  scene.forwarder.setTarget(1, 0, 'bandwidth');
  scene.run(500);
  assert.equal(scene.forwarder.state, 'live');
  assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 0 });
  checkReceived(scene.received, 'VP8');
});

test('a receiver gets no more than it asks for, and its layers are those', () => {
  const scene = started(new LayerScene(simulcast('VP8', 3), 8));
  assert.equal(scene.forwarder.layers().length, 9);
  scene.forwarder.setPreference({ width: 640, height: 360, frameRate: 15, priority: 3 });
  scene.run(1500);
  assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 1 });
  assert.equal(scene.forwarder.layers().length, 4);
  assert.equal(scene.forwarder.priority, 3);
  scene.forwarder.setPreference({});
  scene.run(1500);
  assert.deepEqual(scene.forwarder.current, { spatial: 2, temporal: 2 });
});

test('bit rates of layers are those of what is sent', () => {
  for (const encoders of [
    svc('VP9', [3, 3]),
    svc('VP9', [3, 3], { keyPicturesOnly: true }),
    svc('AV1', [3, 3], { keyPicturesOnly: true, dependencyDescriptor: true }),
    simulcast('VP8', 3),
  ]) {
    const scene = new LayerScene(encoders, 9);
    scene.run(4000);
    const layers = scene.forwarder.layers();
    assert.equal(layers.length, 9);
    for (const { spatial, temporal, bitrate } of layers) {
      scene.forwarder.setTarget(spatial, temporal, 'test');
      scene.run(1000);
      const from = scene.received.length;
      const fromMs = scene.simulation.clock.nowMs;
      scene.run(4000);
      const bytes = scene.received.slice(from).reduce((sum, { rtp }) => sum + rtp.payload.length, 0);
      const sent = (bytes * 8000) / (scene.simulation.clock.nowMs - fromMs);
      assert.ok(
        Math.abs(sent - bitrate) < bitrate * 0.15,
        `S${spatial}T${temporal}: ${sent} sent, ${bitrate} said`,
      );
    }
  }
});

test('encodings nobody has use for are told after a while, and needed ones at once', () => {
  const scene = started(new LayerScene(simulcast('VP8', 1), 10));
  const told: (readonly number[])[] = [];
  scene.track.onUnusedEncodingsChange = (unused) => told.push(unused);
  scene.run(6000);
  assert.deepEqual(told, []);
  scene.forwarder.setPreference({ maxSpatial: 0 });
  scene.run(4500);
  assert.deepEqual(told, []);
  scene.run(1000);
  assert.deepEqual(told, [[1, 2]]);
  scene.forwarder.setPreference({ maxSpatial: 1 });
  assert.deepEqual(told, [[1, 2], [2]]);
  scene.forwarder.pause('hidden');
  scene.run(6000);
  assert.deepEqual(told.at(-1), [0, 1, 2]);
  scene.forwarder.resume();
  assert.deepEqual(told.at(-1), [2]);
  // A receiver whose network carries little still has use for more.
  scene.forwarder.setPreference({});
  scene.forwarder.setTarget(0, 0, 'bandwidth');
  scene.run(6000);
  assert.deepEqual(scene.track.unusedEncodings, []);
});

test('encodings on one clock keep their timestamps apart as captured', () => {
  const scene = new LayerScene(simulcast('VP8', 1), 11);
  scene.run(1000);
  scene.report();
  for (const spatial of [0, 2, 1, 0, 2]) {
    scene.forwarder.setTarget(spatial, 0, 'test');
    scene.run(1000);
  }
  const base = scene.received.findIndex(({ rtp }) => rtp.timestamp !== scene.received[0].rtp.timestamp);
  const { timestamp, atMs } = {
    timestamp: scene.received[base].rtp.timestamp,
    atMs: scene.received[base].atMs,
  };
  for (const packet of scene.received.slice(base)) {
    const ticks = (packet.rtp.timestamp - timestamp) | 0;
    assert.ok(Math.abs(ticks - (packet.atMs - atMs) * 90) < 90 * 40, 'the clock went on');
  }
});

test('every choice has its reason, and changes of it are counted', () => {
  for (const [encoders, temporal] of [
    [simulcast('VP8', 3), 2],
    [svc('VP9', [3, 3], { keyPicturesOnly: true }), 2],
    [svc('AV1', [3, 3], { dependencyDescriptor: true }), 2],
  ] as const) {
    const scene = new LayerScene(encoders, 6);
    const { forwarder } = scene;
    assert.equal(forwarder.layerReason, 'waiting-for-keyframe');
    started(scene);
    const expect = (spatial: number, reason: string, switches: number) => {
      scene.run(1200);
      const { layers } = forwarder.stats();
      assert.equal(layers!.current.spatial, spatial);
      assert.equal(layers!.reason, reason);
      assert.equal(layers!.switches - atStart, switches);
    };
    const atStart = forwarder.stats().layers!.switches;
    expect(2, 'highest-layer', 0);
    forwarder.setTarget(1, temporal, 'bandwidth');
    expect(1, 'bandwidth', 1);
    forwarder.setPreference({ maxSpatial: 0 });
    expect(0, 'as-asked', 2);
    forwarder.setPreference({});
    forwarder.setTarget(2, 0, 'bandwidth');
    expect(2, 'bandwidth', 3);
    forwarder.setTarget(2, temporal, 'not-limited');
    expect(2, 'highest-layer', 3);
    forwarder.setPreference({ maxTemporal: 1 });
    expect(2, 'as-asked', 3);
    forwarder.setPreference({});
    forwarder.pause('hidden');
    expect(-1, 'hidden', 3);
    forwarder.resume();
    expect(2, 'highest-layer', 3);
    forwarder.setTarget(-1, -1, 'no-bandwidth');
    expect(-1, 'no-bandwidth', 3);
    assert.equal(scene.simulation.context.counters.layerSwitches - atStart, 3);
  }
});

test('a layer that is wanted and does not come is a reason', () => {
  const scene = started(new LayerScene(simulcast('VP8', 1), 6));
  scene.stopped.add(2);
  scene.run(1200);
  assert.deepEqual(scene.forwarder.current, { spatial: 1, temporal: 0 });
  assert.equal(scene.forwarder.layerReason, 'not-sent');
  scene.stopped.add(0).add(1);
  scene.forwarder.setTarget(0, 0, 'test');
  scene.run(1200);
  assert.equal(scene.forwarder.layerReason, 'switching');
});
