import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InherentLoss } from './inherent-loss.ts';
import { LossBound } from './loss-bound.ts';

const packetBits = 1200 * 8;
const windowMs = 250;

/** Deterministic (mulberry32), 0 … 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A path without a queue: it loses at random, and drops what is above its capacity. */
class Path {
  inherent = 0;
  capacity = Number.POSITIVE_INFINITY;
  queued = false;
  nowMs = 0;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  /** Sends at `bitrate` for a window; tells what became of it. */
  send(bitrate: number): { readonly packets: number; readonly lost: number } {
    this.nowMs += windowMs;
    const packets = Math.round((bitrate * windowMs) / 1000 / packetBits);
    const excess = Math.max(0, 1 - this.capacity / bitrate);
    const probability = this.inherent + (1 - this.inherent) * excess;
    let lost = 0;
    for (let i = 0; i < packets; i++) if (this.#random() < probability) lost++;
    return { packets, lost };
  }
}

function measure(path: Path, loss: InherentLoss, ms: number, rate: () => number): void {
  for (const until = path.nowMs + ms; path.nowMs < until; ) {
    const bitrate = rate();
    const { packets, lost } = path.send(bitrate);
    loss.add(path.nowMs, packets, lost, bitrate, path.queued);
  }
}

const seeds = [1, 2, 3, 4, 5];

test('what is lost at random is inherent, at one rate and at several', () => {
  for (const seed of seeds) {
    const path = new Path(seed);
    path.inherent = 0.1;
    const loss = new InherentLoss();
    measure(path, loss, 10_000, () => 900_000);
    assert.ok(loss.fraction >= 0.06 && loss.fraction <= 0.14, `${loss.fraction}`);
    let rate = 300_000;
    measure(path, loss, 20_000, () => {
      rate = rate > 1_500_000 ? 300_000 : rate * 1.05;
      return rate;
    });
    assert.ok(loss.fraction >= 0.06 && loss.fraction <= 0.14, `${loss.fraction}`);
  }
});

test('what is lost at high rates only is not inherent', () => {
  for (const seed of seeds) {
    const path = new Path(seed);
    path.capacity = 700_000;
    const loss = new InherentLoss();
    let rate = 400_000;
    measure(path, loss, 60_000, () => {
      rate = rate > 1_000_000 ? 500_000 : rate * 1.02;
      return rate;
    });
    assert.ok(loss.fraction <= 0.02, `${loss.fraction}`);
  }
});

test('of a policed path that loses at random, too, the part is found', () => {
  for (const seed of seeds) {
    const path = new Path(seed);
    path.capacity = 700_000;
    path.inherent = 0.08;
    const loss = new InherentLoss();
    let rate = 400_000;
    measure(path, loss, 30_000, () => {
      rate = rate > 1_000_000 ? 500_000 : rate * 1.02;
      return rate;
    });
    assert.ok(loss.fraction >= 0.04 && loss.fraction <= 0.12, `${loss.fraction}`);
  }
});

test('losses of a queue that overflows say nothing, and those of a clean path nothing either', () => {
  const path = new Path(1);
  const loss = new InherentLoss();
  measure(path, loss, 5000, () => 500_000);
  assert.equal(loss.fraction, 0);
  path.inherent = 0.3;
  path.queued = true;
  measure(path, loss, 5000, () => 500_000);
  assert.equal(loss.fraction, 0);
});

test('it follows a path that changes', () => {
  const path = new Path(1);
  const loss = new InherentLoss();
  measure(path, loss, 20_000, () => 900_000);
  path.inherent = 0.1;
  measure(path, loss, 25_000, () => 900_000);
  assert.ok(loss.fraction >= 0.06, `${loss.fraction}`);
  path.inherent = 0;
  measure(path, loss, 25_000, () => 900_000);
  assert.ok(loss.fraction <= 0.02, `${loss.fraction}`);
});

/** Sends what the bound allows, up to `wanted`. Returns the mean of the last `ms` / 2. */
function follow(path: Path, bound: LossBound, wanted: number, ms: number): number {
  let sum = 0;
  let count = 0;
  const start = path.nowMs;
  for (const until = start + ms; path.nowMs < until; ) {
    const bitrate = Math.min(wanted, bound.bitrate);
    const { packets, lost } = path.send(bitrate);
    bound.add(packets, lost);
    const delivered = bitrate * (1 - lost / packets);
    bound.update(path.nowMs, wanted, delivered, bitrate, false, 100);
    if (path.nowMs > start + ms / 2) {
      sum += bitrate;
      count++;
    }
  }
  return sum / count;
}

test('random losses bound nothing, a policer is obeyed', () => {
  for (const seed of seeds) {
    const random = new Path(seed);
    random.inherent = 0.1;
    const free = follow(random, new LossBound(), 1_000_000, 40_000);
    assert.ok(free > 930_000, `${free}`);
    const policed = new Path(seed);
    const bound = new LossBound();
    follow(policed, bound, 500_000, 10_000);
    policed.capacity = 700_000;
    const bounded = follow(policed, bound, 1_500_000, 60_000);
    assert.ok(bounded > 500_000 && bounded < 850_000, `${bounded}`);
  }
});
