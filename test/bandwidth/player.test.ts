/** A player that asks for what it misses as libwebrtc does, behind links that are narrow, lossy or policed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EncodingSize, Scene, type SceneOptions } from './scene.ts';

/** 96, 480 and 1200 kbit/s at 25 pictures a second. */
const simulcast: readonly EncodingSize[] = [
  { packets: 1, bytes: 400 },
  { packets: 3, bytes: 800 },
  { packets: 6, bytes: 1000 },
];
/** L1T3: 80, 430 and 1260 kbit/s at 30 pictures a second, the base layers 40 % of that. */
const layered: readonly EncodingSize[] = [
  { packets: [2, 1, 1], bytes: 300 },
  { packets: [4, 2, 2], bytes: 750 },
  { packets: [8, 5, 4], bytes: 1000 },
];
/** 800 kbit/s at 30 pictures a second. */
const single: readonly EncodingSize[] = [{ packets: 4, bytes: 840 }];
const playing: SceneOptions = { framesPerSecond: 30, keyFrameFactor: 4, plays: true };
const seeds = [1, 2];

interface Figures {
  readonly picturesPerSecond: number;
  readonly longestPauseMs: number;
  /** Of what is sent; bits per second. */
  readonly repairShare: number;
  readonly sent: number;
  readonly keyFrameRequests: number;
}

/** Runs a scene for a while. */
function watch(scene: Scene, seconds: number): Figures {
  const player = scene.player!;
  const { clock } = scene.simulation;
  const startMs = clock.nowMs;
  const before = {
    sent: scene.sentBytes,
    requests: player.keyFrameRequests,
    pictures: player.shownMs.length,
  };
  const repairsBefore = scene.subscriber.bandwidthStats().repairBytes;
  scene.run(seconds);
  const shown = player.shownMs.slice(before.pictures);
  const edges = [startMs, ...shown, clock.nowMs];
  const sentBytes = scene.sentBytes - before.sent;
  return {
    picturesPerSecond: shown.length / seconds,
    longestPauseMs: Math.max(...edges.slice(1).map((at, index) => at - edges[index])),
    repairShare: (scene.subscriber.bandwidthStats().repairBytes - repairsBefore) / sentBytes,
    sent: (sentBytes * 8) / seconds,
    keyFrameRequests: player.keyFrameRequests - before.requests,
  };
}

for (const [name, encodings, least] of [
  ['simulcast', simulcast, 29],
  ['simulcast with temporal layers', layered, 14],
] as const) {
  test(`a link cut to 600 k and 200 k carries a picture all the time: ${name}`, () => {
    const link = { queueMs: 250, delayMs: 20 };
    const scene = new Scene(2_500_000, encodings, 1, { ...playing, link, backDelayMs: 20 });
    scene.run(20);
    for (const capacityBps of [600_000, 200_000, 2_500_000]) {
      const narrower = capacityBps < scene.link.parameters.capacityBps;
      scene.link.update(scene.simulation.clock.nowMs, { capacityBps });
      const atCut = watch(scene, 2);
      if (narrower) assert.ok(atCut.longestPauseMs < 1500, `${atCut.longestPauseMs} ms at ${capacityBps}`);
      assert.ok(atCut.repairShare < 0.35, `${atCut.repairShare} of what is sent are repairs`);
      const { droppedQueueFull } = scene.link.statistics;
      const after = watch(scene, 18);
      assert.ok(after.longestPauseMs < 500, `${after.longestPauseMs} ms at ${capacityBps}`);
      assert.ok(after.picturesPerSecond >= least, `${after.picturesPerSecond} at ${capacityBps}`);
      assert.ok(after.sent < capacityBps, `${after.sent} sent into ${capacityBps}`);
      assert.ok(after.repairShare < 0.02, `${after.repairShare}`);
      assert.ok(scene.link.statistics.droppedQueueFull - droppedQueueFull < 20);
    }
    assert.equal(scene.video.current.spatial, 2);
    assert.equal(scene.video.targetReason, 'all-wanted');
  });
}

test('10 % of random loss from the start: all of it is repaired, and nothing is left out', () => {
  const loss = { kind: 'uniform', probability: 0.1 } as const;
  const link = { delayMs: 50, loss, reorderProbability: 0.05, reorderDelayMs: 15 };
  for (const seed of seeds) {
    const scene = new Scene(Number.POSITIVE_INFINITY, single, seed, { ...playing, link, backDelayMs: 50 });
    watch(scene, 3);
    for (let i = 0; i < 3; i++) {
      const figures = watch(scene, 10);
      assert.ok(figures.picturesPerSecond >= 28, `${figures.picturesPerSecond}`);
      assert.ok(figures.longestPauseMs < 700, `${figures.longestPauseMs}`);
      assert.ok(figures.repairShare > 0.08 && figures.repairShare < 0.25, `${figures.repairShare}`);
    }
    assert.equal(scene.video.targetReason, 'all-wanted');
    const { inherentLoss, paddingBytes } = scene.subscriber.bandwidthStats();
    assert.ok(inherentLoss! >= 0.04 && inherentLoss! <= 0.17, `${inherentLoss}`);
    assert.ok(paddingBytes < 300_000, `${paddingBytes}`);
  }
});

test('10 % of random loss that begins later: the only layer is not given up', () => {
  const loss = { kind: 'uniform', probability: 0.1 } as const;
  for (const seed of seeds) {
    const scene = new Scene(5_000_000, single, seed, { ...playing, link: { delayMs: 50 }, backDelayMs: 50 });
    scene.run(10);
    scene.link.update(scene.simulation.clock.nowMs, { loss, reorderProbability: 0.05, reorderDelayMs: 15 });
    for (let i = 0; i < 3; i++) {
      const { picturesPerSecond } = watch(scene, 10);
      assert.ok(picturesPerSecond >= 27, `${picturesPerSecond}`);
    }
    assert.equal(scene.video.targetReason, 'all-wanted');
    assert.ok(scene.subscriber.bandwidthStats().inherentLoss! >= 0.04);
  }
});

test('a policer is obeyed: its losses fall with the rate', () => {
  for (const bps of [700_000, 1_000_000]) {
    const policer = { bps, burst: 10_000 };
    const scene = new Scene(Number.POSITIVE_INFINITY, simulcast, 1, { ...playing, backDelayMs: 30, policer });
    scene.run(5);
    for (let i = 0; i < 3; i++) {
      const { policed } = scene;
      const { sent, picturesPerSecond } = watch(scene, 10);
      assert.ok(sent > 0.8 * bps && sent < 1.25 * bps, `${sent} sent where ${bps} pass`);
      assert.ok(picturesPerSecond >= 24, `${picturesPerSecond}`);
      assert.ok(scene.policed - policed < 300);
    }
  }
});
