import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxGapBlocks, ReceivedTsns } from './received-tsns.ts';

function offsets(tsns: ReceivedTsns): number[] {
  return Array.from({ length: 2 * tsns.blockCount }, (_, index) => tsns.blockOffset(index));
}

test('gaps open and close, across the end of the numbers', () => {
  const tsns = new ReceivedTsns(0xffff_fffe);
  tsns.note(0xffff_fffe);
  assert.equal(tsns.cumulative, 0xffff_fffe);
  tsns.note(1);
  tsns.note(3);
  assert.deepEqual(offsets(tsns), [3, 3, 5, 5]);
  tsns.note(2);
  assert.deepEqual(offsets(tsns), [3, 5]);
  tsns.note(0xffff_ffff);
  assert.equal(tsns.cumulative, 0xffff_ffff);
  tsns.note(0);
  assert.equal(tsns.cumulative, 3);
  assert.deepEqual(offsets(tsns), []);
});

test('what the sender gives up counts as received', () => {
  const tsns = new ReceivedTsns(1);
  for (const tsn of [3, 4, 7, 10]) tsns.note(tsn);
  tsns.advance(3);
  assert.equal(tsns.cumulative, 4);
  tsns.advance(2);
  assert.equal(tsns.cumulative, 4);
  tsns.advance(8);
  assert.equal(tsns.cumulative, 8);
  assert.deepEqual(offsets(tsns), [2, 2]);
});

test('what would make too many gaps, or is too far ahead, is not taken', () => {
  const tsns = new ReceivedTsns(1);
  for (let block = 0; block < maxGapBlocks; block++) tsns.note(3 + 2 * block);
  const next = 3 + 2 * maxGapBlocks;
  assert.equal(tsns.accepts(next), false);
  assert.equal(tsns.accepts(next - 1), true);
  assert.equal(tsns.accepts(1), true);
  assert.equal(new ReceivedTsns(1).accepts(0x10000), false);
  assert.equal(new ReceivedTsns(1).accepts(0xffff), true);
});

test('equals a set of numbers, whatever comes', () => {
  const step = fc.record({ offset: fc.integer({ min: 1, max: 40 }), forward: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.array(step, { maxLength: 60 }),
      (first, steps) => {
        const tsns = new ReceivedTsns(first);
        const model = new Set<number>();
        let base = 0; // offset of the cumulative TSN from first - 1
        for (const { offset, forward } of steps) {
          const at = base + offset;
          if (forward && offset < 4) {
            tsns.advance((first - 1 + at) >>> 0);
            for (let passed = base; passed <= at; passed++) model.add(passed);
          } else if (!model.has(at)) {
            assert.equal(tsns.has((first - 1 + at) >>> 0), false);
            tsns.note((first - 1 + at) >>> 0);
            model.add(at);
          }
          while (model.has(base + 1)) base++;
          assert.equal(tsns.cumulative, (first - 1 + base) >>> 0);
          for (let probe = base - 3; probe < base + 45; probe++)
            assert.equal(tsns.has((first - 1 + probe) >>> 0), probe <= base || model.has(probe));
        }
      },
    ),
  );
});
