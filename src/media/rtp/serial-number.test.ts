import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addTicks,
  extendSequence,
  firstExtended,
  packetAge,
  sequenceDelta,
  timestampDelta,
  toSequence,
} from './serial-number.ts';

const cases: readonly (readonly [a: number, b: number, delta: number])[] = [
  [1, 0, 1],
  [0, 1, -1],
  [0, 65535, 1],
  [65535, 0, -1],
  [32767, 0, 32767],
  [32768, 0, -32768],
  [5, 5, 0],
];

for (const [a, b, delta] of cases) {
  test(`sequence number ${a} is ${delta} ahead of ${b}`, () => assert.equal(sequenceDelta(a, b), delta));
}

test('a sequence number is extended to the nearest cycle', () => {
  assert.equal(firstExtended(65535), 131071);
  assert.equal(extendSequence(0, 131071), 131072);
  assert.equal(extendSequence(65534, 131072), 131070);
});

test('extending any walk of small steps reproduces it', () => {
  const steps = fc.array(fc.integer({ min: -30000, max: 30000 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65535 }), steps, (start, walk) => {
      let truth = firstExtended(start) + 10 * 65536;
      for (const step of walk) {
        const next = truth + step;
        if (next < 0) continue;
        assert.equal(extendSequence(toSequence(next), truth), next);
        truth = next;
      }
    }),
  );
});

test('timestamps wrap as signed and as unsigned numbers', () => {
  assert.equal(timestampDelta(5, 0xffff_fffb), 10);
  assert.equal(timestampDelta(0xffff_fffb | 0, 5), -10);
  assert.equal(addTicks(0x7fff_ffff, 1), -0x8000_0000);
  assert.equal(addTicks(-1, 1), 0);
});

test('the age of a packet number wraps at 2^31', () => {
  assert.equal(packetAge(5, 3), 2);
  assert.equal(packetAge(1, 0x7fff_ffff), 2);
});
