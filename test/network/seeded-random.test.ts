import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from './seeded-random.ts';

const draws = 100_000;

describe('SeededRandom', () => {
  it('repeats itself from the same seed only', () => {
    const sequence = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };
    assert.deepEqual(sequence(7), sequence(7));
    assert.notDeepEqual(sequence(7), sequence(8));
    assert.notDeepEqual(sequence(0), sequence(1));
  });

  it('is uniform', () => {
    const random = new SeededRandom(3);
    const buckets = new Array<number>(16).fill(0);
    for (let draw = 0; draw < draws; draw++) buckets[Math.floor(16 * random.uniform())]++;
    const expected = draws / 16;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert.ok(chiSquare < 37.7, `chi² = ${chiSquare}: 0.1 % of uniform sequences have more than 37.7`);
  });

  it('is normal', () => {
    const random = new SeededRandom(4);
    let sum = 0;
    let squares = 0;
    let within = 0;
    for (let draw = 0; draw < draws; draw++) {
      const value = random.normal();
      sum += value;
      squares += value * value;
      if (Math.abs(value) < 1) within++;
    }
    assert.ok(Math.abs(sum / draws) < 0.015);
    assert.ok(Math.abs(squares / draws - 1) < 0.02);
    assert.ok(Math.abs(within / draws - 0.6827) < 0.01);
  });

  it('knows what is certain', () => {
    const random = new SeededRandom(5);
    for (let draw = 0; draw < 1000; draw++) {
      assert.equal(random.happens(0), false);
      assert.equal(random.happens(1), true);
    }
  });
});
