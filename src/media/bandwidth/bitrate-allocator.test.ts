import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LayerPair, LayerPreference } from '../layers/layer-policy.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { AllocatableLayer, AllocatableSender } from './allocatable-sender.ts';
import { BitrateAllocator, type StartLayer } from './bitrate-allocator.ts';

class Sender implements AllocatableSender {
  readonly kind: MediaKind;
  priority: number;
  bitrates: number[];
  target: LayerPair = { spatial: -1, temporal: -1 };
  targetReason = '';
  suspended = false;
  detailed = false;
  preference: LayerPreference = {};
  switches = 0;

  constructor(bitrates: number[], priority = 0, kind: MediaKind = 'video') {
    this.kind = kind;
    this.bitrates = bitrates;
    this.priority = priority;
  }

  get bitrate(): number {
    return this.bitrates.at(-1)!;
  }

  layers(): AllocatableLayer[] {
    const { maxSpatial = this.bitrates.length } = this.preference;
    return this.bitrates
      .slice(0, maxSpatial + 1)
      .map((bitrate, spatial) => ({ spatial, temporal: 0, bitrate, active: bitrate > 0 }));
  }

  setTarget(spatial: number, temporal: number, reason: string): void {
    if (spatial !== this.target.spatial) this.switches++;
    this.target = { spatial, temporal };
    this.targetReason = reason;
  }
}

const layers = [100_000, 300_000, 1_000_000];

class Scene {
  readonly allocator: BitrateAllocator;
  nowMs = 0;

  constructor(...senders: Sender[]);
  constructor(start: StartLayer, ...senders: Sender[]);
  constructor(start?: StartLayer | Sender, ...others: Sender[]) {
    const senders = start instanceof Sender ? [start, ...others] : others;
    this.allocator = new BitrateAllocator(start instanceof Sender ? undefined : start);
    for (const sender of senders) this.allocator.add(sender);
  }

  /** Runs the allocator every 200 ms. */
  run(estimate: number, ms: number): void {
    for (const until = this.nowMs + ms; this.nowMs < until; this.nowMs += 200) {
      this.allocator.allocate(this.nowMs, estimate, true);
    }
  }
}

const spatials = (senders: readonly Sender[]) => senders.map(({ target }) => target.spatial);

test('without a bound nobody is limited, and whoever was is not any more', () => {
  const senders = [new Sender(layers), new Sender(layers)];
  senders[1].target = { spatial: 1, temporal: 0 };
  const scene = new Scene(...senders);
  scene.run(Number.POSITIVE_INFINITY, 400);
  // What somebody else chose stays.
  assert.deepEqual(spatials(senders), [-1, 1]);
  scene.run(330_000, 1000);
  assert.deepEqual(spatials(senders), [0, 0]);
  scene.run(Number.POSITIVE_INFINITY, 200);
  assert.deepEqual(spatials(senders), [255, 255]);
  assert.equal(senders[0].targetReason, 'not-limited');
});

test('starting with the lowest layer: so from the first packet on, then what fits', () => {
  for (const estimate of [2_000_000, Number.POSITIVE_INFINITY]) {
    const sender = new Sender([]);
    const scene = new Scene('lowest', sender);
    scene.run(estimate, 600);
    assert.deepEqual(sender.target, { spatial: 0, temporal: 255 }, 'before anything has come');
    sender.bitrates = layers;
    scene.run(estimate, 1000);
    assert.deepEqual([sender.target.spatial, sender.targetReason], [0, 'starting-lowest']);
    scene.run(estimate, 1400);
    assert.ok(sender.target.spatial >= 2, sender.targetReason);
  }
});

test('the start is that of sending, and not that of waiting for the connection', () => {
  const sender = new Sender(layers);
  const scene = new Scene('lowest', sender);
  scene.run(2_000_000, 4000);
  assert.equal(sender.target.spatial, 2);
  scene.allocator.begin();
  assert.equal(sender.target.spatial, 0);
  scene.run(2_000_000, 1000);
  assert.equal(sender.target.spatial, 0);
  scene.run(2_000_000, 1400);
  assert.equal(sender.target.spatial, 2);
});

test('starting with the highest layer: whatever the estimate, then what fits', () => {
  const sender = new Sender(layers);
  const scene = new Scene('highest', sender);
  scene.run(450_000, 1800);
  assert.deepEqual([sender.target.spatial, sender.targetReason], [255, 'starting-highest']);
  scene.run(450_000, 2000);
  assert.equal(sender.target.spatial, 1);
  const fitting = new Sender(layers);
  new Scene('fitting', fitting).run(450_000, 1800);
  assert.equal(fitting.target.spatial, 1);
});

test('layers of which nothing is known yet are not chosen, but for the lowest', () => {
  const sender = new Sender([0, 0, 0]);
  sender.layers = () =>
    sender.bitrates.map((bitrate, spatial) => ({ spatial, temporal: 0, bitrate, active: true }));
  const scene = new Scene(sender);
  scene.run(5_000_000, 400);
  assert.equal(sender.target.spatial, 0);
  sender.bitrates = layers;
  scene.run(5_000_000, 400);
  assert.equal(sender.target.spatial, 2);
});

test('what is paused by others gets nothing, and keeps its target', () => {
  const paused = new Sender(layers);
  const other = new Sender(layers);
  const audio = new Sender([60_000], 0, 'audio');
  const scene = new Scene(paused, other, audio);
  scene.run(400_000, 4000);
  assert.deepEqual(spatials([paused, other]), [0, 0]);
  paused.suspended = true;
  audio.suspended = true;
  scene.run(400_000, 8000);
  assert.deepEqual(spatials([paused, other]), [0, 1]);
});

test('every video gets its lowest layer before any gets its second, then it goes by priority', () => {
  const senders = [new Sender(layers), new Sender(layers, 1), new Sender(layers)];
  const scene = new Scene(...senders);
  scene.run(330_000, 1000);
  assert.deepEqual(spatials(senders), [0, 0, 0]);
  assert.equal(senders[0].targetReason, 'estimate-limited');
  scene.run(1_500_000, 8000);
  assert.deepEqual(spatials(senders), [0, 2, 0]);
});

test('audio comes first', () => {
  const video = new Sender([100_000]);
  const scene = new Scene(video, new Sender([60_000], 0, 'audio'));
  scene.run(185_000, 4000);
  assert.equal(video.target.spatial, -1);
  assert.equal(video.targetReason, 'estimate-too-low');
  scene.run(200_000, 400);
  assert.equal(video.target.spatial, 0);
});

test('what does not fit any more is left at once, a little too much after a moment', () => {
  const sender = new Sender(layers);
  const scene = new Scene(sender);
  scene.run(1_300_000, 6000);
  assert.equal(sender.target.spatial, 2);
  scene.run(1_000_000, 600);
  assert.equal(sender.target.spatial, 2);
  scene.run(1_000_000, 600);
  assert.equal(sender.target.spatial, 1);
  const other = new Sender(layers);
  const second = new Scene(other);
  second.run(1_300_000, 1000);
  second.run(600_000, 200);
  assert.equal(other.target.spatial, 1);
});

test('switches up wait for room that lasts, say so, and keep their distance', () => {
  const sender = new Sender(layers);
  const scene = new Scene(sender);
  scene.run(200_000, 10_000);
  assert.equal(sender.target.spatial, 0);
  scene.run(2_000_000, 800);
  assert.equal(sender.target.spatial, 0);
  assert.equal(sender.targetReason, 'waiting-to-switch-up');
  scene.run(2_000_000, 800);
  assert.equal(sender.target.spatial, 2);
  scene.run(500_000, 200);
  assert.equal(sender.target.spatial, 1);
  scene.run(2_000_000, 4600);
  assert.equal(sender.target.spatial, 1);
});

test('what becomes more important gets more within a moment, and what does not any more gives it up', () => {
  const senders = [new Sender(layers, 1), new Sender(layers)];
  const scene = new Scene(...senders);
  scene.run(1_500_000, 3000);
  assert.deepEqual(spatials(senders), [2, 1]);
  senders[0].priority = 0;
  senders[1].priority = 1;
  scene.run(1_500_000, 2000);
  assert.deepEqual(spatials(senders), [1, 2]);
});

test('a switch up that does not last is tried again later and later', () => {
  const sender = new Sender(layers);
  const scene = new Scene(sender);
  scene.run(400_000, 10_000);
  sender.switches = 0;
  for (let round = 0; round < 30; round++) {
    scene.run(1_400_000, 6000);
    scene.run(500_000, 2000);
  }
  // 240 s: at an even pace there would be 60.
  assert.ok(sender.switches <= 20, `${sender.switches}`);
});

test('an estimate that goes up and down by 15 % below a layer changes nothing', () => {
  for (const capacity of [250_000, 420_000, 900_000, 1_150_000]) {
    const sender = new Sender(layers);
    const scene = new Scene(sender);
    scene.run(capacity, 10_000);
    sender.switches = 0;
    for (let round = 0; round < 20; round++) {
      scene.run(capacity * 0.88, 1000);
      scene.run(capacity * 0.96, 1600);
      scene.run(capacity * 1.03, 1000);
    }
    assert.ok(sender.switches <= 1, `${sender.switches} at ${capacity}`);
  }
});

test('a lowest layer in use is not given up for a little, nor before anything is known', () => {
  const sender = new Sender([500_000]);
  const scene = new Scene(sender);
  scene.allocator.allocate(0, 300_000, false);
  assert.equal(sender.target.spatial, 0);
  scene.run(450_000, 3000);
  assert.equal(sender.target.spatial, 0);
  scene.run(350_000, 1200);
  assert.equal(sender.target.spatial, -1);
});

test('layers that the publisher does not send are passed over', () => {
  const sender = new Sender([0, 300_000, 0]);
  const scene = new Scene(sender);
  scene.run(5_000_000, 1000);
  assert.equal(sender.target.spatial, 1);
  // Where nothing comes at all, the choice stays for what may.
  sender.bitrates = [0, 0, 0];
  scene.run(50_000, 1000);
  assert.equal(sender.target.spatial, 1);
});

test('the sum stays within the estimate, and nobody has a second layer while another lacks one that fits', () => {
  const sender = fc.record({
    bitrates: fc
      .array(fc.integer({ min: 30_000, max: 2_000_000 }), { minLength: 1, maxLength: 6 })
      .map((list) => list.sort((one, other) => one - other)),
    priority: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(sender, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      (list, estimate) => {
        const senders = list.map(({ bitrates, priority }) => new Sender(bitrates, priority));
        const scene = new Scene(...senders);
        scene.run(estimate, 20_000);
        assert.ok(scene.allocator.allocated <= estimate * 1.031);
        const lowest = senders.filter(({ target }) => target.spatial < 0);
        const used = senders.reduce(
          (sum, { target, bitrates }) => sum + (target.spatial < 0 ? 0 : bitrates[target.spatial] * 1.06),
          0,
        );
        if (senders.some(({ target }) => target.spatial > 0)) {
          for (const { bitrates } of lowest) assert.ok(used + bitrates[0] * 1.06 > estimate);
        }
      },
    ),
  );
});

test('what a receiver asks for it gets at once where it fits, and it is not taken for a wavering network', () => {
  const sender = new Sender(layers);
  const scene = new Scene(sender);
  scene.run(2_000_000, 5000);
  assert.equal(sender.target.spatial, 2);
  for (const maxSpatial of [0, 2, 1, 2, 0, 2]) {
    sender.preference = { maxSpatial };
    scene.run(2_000_000, 200);
    assert.deepEqual([sender.target.spatial, sender.targetReason], [maxSpatial, 'all-wanted']);
  }
  assert.equal(scene.allocator.switches, 0);
  // Asking for more does not make it fit.
  sender.preference = { maxSpatial: 0 };
  scene.run(350_000, 10_000);
  sender.preference = {};
  scene.run(350_000, 200);
  assert.deepEqual([sender.target.spatial, sender.targetReason], [0, 'estimate-limited']);
});

test('a switch up that is taken back step by step makes the next one wait twice as long, not eight times', () => {
  const sender = new Sender(layers);
  const scene = new Scene(sender);
  scene.run(150_000, 3000);
  scene.run(2_000_000, 6000);
  assert.equal(sender.target.spatial, 2);
  scene.run(400_000, 1000);
  assert.equal(sender.target.spatial, 1);
  scene.run(150_000, 1000);
  assert.equal(sender.target.spatial, 0);
  scene.run(2_000_000, 9000);
  assert.equal(sender.target.spatial, 0);
  scene.run(2_000_000, 2500);
  assert.equal(sender.target.spatial, 2);
});

test('a lowest layer that gets through is kept in spite of losses, one that does not is not', () => {
  const sender = new Sender([900_000]);
  const { allocator } = new Scene(sender);
  allocator.allocate(0, 1_500_000, true);
  assert.equal(sender.target.spatial, 0);
  allocator.allocate(3000, 500_000, true, 950_000);
  assert.equal(sender.target.spatial, 0);
  allocator.allocate(6000, 500_000, true, 700_000);
  assert.equal(sender.target.spatial, -1);
  // It has to fit to come again.
  allocator.allocate(9000, 500_000, true, 950_000);
  assert.equal(sender.targetReason, 'estimate-too-low');
});

/** What three sizes with three frame rates each cost in kbit/s: what VP9 sends with a cap of 1.6 Mbit/s. */
const pyramid = [
  [50, 75, 100],
  [150, 250, 360],
  [420, 900, 1400],
].flatMap((rates, spatial) =>
  rates.map((kbit, temporal) => ({ spatial, temporal, bitrate: kbit * 1000, active: true })),
);

class PyramidSender extends Sender {
  override layers(): AllocatableLayer[] {
    const { maxSpatial = 2, maxTemporal = 2 } = this.preference;
    return pyramid.filter(({ spatial, temporal }) => spatial <= maxSpatial && temporal <= maxTemporal);
  }
}

const chosen = ({ target }: Sender) => `S${target.spatial}T${target.temporal}`;

test('a smaller picture with all its frames goes before a larger one with a quarter of them', () => {
  const sender = new PyramidSender([]);
  const scene = new Scene(sender);
  scene.run(600_000, 10_000);
  assert.equal(chosen(sender), 'S1T2');
  scene.run(200_000, 5000);
  assert.equal(chosen(sender), 'S0T2');
  scene.run(1_200_000, 10_000);
  assert.equal(chosen(sender), 'S2T1');
  scene.run(600_000, 1000);
  assert.equal(chosen(sender), 'S1T2');
});

test('of a screen the larger picture goes before the frame rate, and so where few frames are asked for', () => {
  const screen = new PyramidSender([]);
  screen.detailed = true;
  new Scene(screen).run(600_000, 10_000);
  assert.equal(chosen(screen), 'S2T0');
  const slow = new PyramidSender([]);
  slow.preference = { maxTemporal: 0 };
  new Scene(slow).run(600_000, 10_000);
  assert.equal(chosen(slow), 'S2T0');
});

test('what was chosen when fewer layers were known is taken for the nearest below', () => {
  const sender = new PyramidSender([]);
  sender.target = { spatial: 2, temporal: 0 };
  // No room to switch up, as would be needed from the bottom.
  const scene = new Scene(sender);
  scene.run(400_000, 200);
  assert.equal(chosen(sender), 'S1T2');
});
