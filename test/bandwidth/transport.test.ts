/** The whole of it in a MediaTransport. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioSsrc, rtxSsrc, Scene, threeEncodings, videoSsrc } from './scene.ts';

test('a path with room carries everything, and nothing waits', () => {
  const scene = new Scene(20_000_000);
  scene.run(10);
  assert.equal(scene.video.state, 'live');
  const { estimate, reason, pacing, packetsWaiting } = scene.subscriber.bandwidthStats();
  assert.ok(estimate! > 1_300_000, `${estimate}`);
  assert.notEqual(reason, 'not-measured');
  assert.equal(pacing, false);
  assert.equal(packetsWaiting, 0);
  // All of the publisher's video has come, the first key frame included.
  assert.ok(scene.arrived.get(videoSsrc)! >= 10 * 150 - 20);
  assert.deepEqual(scene.states, ['live']);
});

test('video that does not fit is left out with a reason, audio goes on; it comes back when there is room', () => {
  const scene = new Scene(700_000);
  scene.run(15);
  assert.equal(scene.video.targetReason, 'estimate-too-low');
  scene.reset();
  scene.run(10);
  assert.equal(scene.video.targetReason, 'estimate-too-low');
  assert.ok(scene.arrived.get(audioSsrc)! > 490);
  assert.equal(scene.arrived.get(videoSsrc), undefined);
  // What is sent to keep the estimate up goes by RTX, and leaves the audio alone.
  assert.ok(scene.arrived.get(rtxSsrc)! > 100);
  assert.ok(Math.max(...scene.audioDelaysMs) < 150);
  const { estimate } = scene.subscriber.bandwidthStats();
  assert.ok(estimate! > 550_000 && estimate! < 740_000, `${estimate}`);
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 3_000_000 });
  scene.run(10);
  assert.equal(scene.video.targetReason, 'all-wanted');
  assert.equal(scene.video.state, 'live');
});

test('bursts of video are spread where the path is just wide enough', () => {
  const scene = new Scene(1_450_000);
  scene.run(5);
  // It has to have been too narrow for a moment, or there would be nothing known to pace to.
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 1_100_000 });
  scene.run(3);
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 1_500_000 });
  scene.run(12);
  assert.equal(scene.video.state, 'live');
  const { pacing, packetsPaced, packetsExpired } = scene.subscriber.bandwidthStats();
  assert.equal(pacing, true);
  assert.ok(packetsPaced > 500);
  assert.equal(packetsExpired, 0);
  scene.reset();
  scene.run(5);
  assert.ok(scene.arrived.get(videoSsrc)! >= 5 * 150 - 10);
  assert.ok(Math.max(...scene.audioDelaysMs) < 150);
});

test('without feedback the promise of it counts for a moment only', () => {
  const scene = new Scene(20_000_000);
  scene.withFeedback = false;
  scene.run(6);
  const { estimate, reason } = scene.subscriber.bandwidthStats();
  assert.equal(estimate, null);
  assert.equal(reason, 'not-measured');
  assert.equal(scene.video.state, 'live');
});

test('the layers of simulcast follow the path: 2.5 M, 600 k, 200 k, 2.5 M', () => {
  const scene = new Scene(2_500_000, threeEncodings);
  const layers: number[] = [];
  for (const capacityBps of [2_500_000, 600_000, 200_000, 2_500_000]) {
    scene.link.update(scene.simulation.clock.nowMs, { capacityBps });
    scene.run(20);
    layers.push(scene.video.current.spatial);
    scene.reset();
    const before = scene.switches;
    scene.run(20);
    // Steady by now: 20 s are four times 5 s.
    assert.ok(scene.switches - before <= 4);
    assert.equal(scene.video.state, 'live');
    const gaps = scene.videoArrivalsMs.map((at, index, all) => (index === 0 ? 0 : at - all[index - 1]));
    assert.ok(Math.max(...gaps) < 500, `${Math.max(...gaps)} ms without video at ${capacityBps}`);
    layers.push(scene.video.current.spatial);
  }
  assert.deepEqual(layers, [2, 2, 0, 0, 0, 0, 2, 2]);
  assert.equal(scene.video.targetReason, 'all-wanted');
});

test('a subscriber never gets nothing while its lowest layer fits', () => {
  // 25 packets of 664 bytes, and 50 of 144, on the wire.
  const needed = 25 * 664 * 8 + 50 * 144 * 8;
  for (const seed of [1, 2, 3]) {
    for (const capacityBps of [150_000, 190_000, 230_000, 260_000, 400_000]) {
      const scene = new Scene(capacityBps, threeEncodings, seed);
      let withoutMs = 0;
      for (let i = 0; i < 300; i++) {
        scene.run(0.1);
        const fits = scene.subscriber.bandwidthStats().estimate! >= needed;
        withoutMs = fits && scene.video.target.spatial < 0 ? withoutMs + 100 : 0;
        assert.ok(withoutMs <= 500, `nothing is sent, though it would fit into ${capacityBps}`);
        if (scene.video.target.spatial < 0) assert.equal(scene.video.targetReason, 'estimate-too-low');
      }
      if (capacityBps >= 230_000) assert.equal(scene.video.state, 'live');
    }
  }
});

test('a bound of what is sent limits the layers though the path would carry more', () => {
  const scene = new Scene(20_000_000, threeEncodings);
  scene.run(8);
  assert.equal(scene.video.current.spatial, 2);
  scene.subscriber.setOutgoingBitrate({ max: 700_000 });
  scene.run(2);
  const { sentBytes } = scene;
  scene.run(10);
  assert.equal(scene.video.current.spatial, 1);
  const { estimate, reason } = scene.subscriber.bandwidthStats();
  assert.equal(estimate, 700_000);
  assert.equal(reason, 'configured-limit');
  assert.ok(((scene.sentBytes - sentBytes) * 8) / 10 <= 720_000);
  scene.subscriber.setOutgoingBitrate({ max: null });
  scene.run(12);
  assert.equal(scene.video.current.spatial, 2);
});
