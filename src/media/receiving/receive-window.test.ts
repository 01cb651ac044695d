import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Arrival, ReceiveWindow } from './receive-window.ts';

const { Newest, Late, Duplicate, TooLate, Jump, Restart } = Arrival;

function arrivals(...sequences: number[]): number[] {
  const window = new ReceiveWindow();
  return sequences.map((sequence) => window.accept(sequence, false));
}

test('packets are new, late or seen before', () => {
  assert.deepEqual(arrivals(10, 11, 13, 12, 12, 13, 10), [
    Restart,
    Newest,
    Newest,
    Late,
    Duplicate,
    Duplicate,
    Duplicate,
  ]);
});

test('numbers go on over the wrap', () => {
  const window = new ReceiveWindow();
  window.accept(65534, false);
  window.accept(0, false);
  assert.equal(window.extended, 0x10000 + 65536);
  assert.equal(window.accept(65535, false), Late);
  assert.equal(window.extended, 0x10000 + 65535);
  assert.equal(window.highest, 0x10000 + 65536);
});

test('those before the first are late, not duplicates', () => {
  assert.deepEqual(arrivals(100, 98, 98, 99), [Restart, Late, Duplicate, Late]);
});

test('a jump is believed when the next number follows', () => {
  assert.deepEqual(arrivals(10, 30000, 11, 30000, 30001, 30002), [
    Restart,
    Jump,
    Newest,
    Jump,
    Restart,
    Newest,
  ]);
  assert.deepEqual(arrivals(20000, 10, 11, 12), [Restart, TooLate, Restart, Newest]);
});

test('repairs neither start a run nor prove a jump', () => {
  const window = new ReceiveWindow();
  assert.equal(window.accept(5, true), TooLate);
  window.accept(10000, false);
  for (const sequence of [5, 6, 7, 8]) assert.equal(window.accept(sequence, true), TooLate);
  assert.equal(window.accept(10001, false), Newest);
});

test('within the window every number is accepted exactly once, in any order', () => {
  const deltas = fc.array(fc.integer({ min: -900, max: 60 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65535 }), deltas, (start, walk) => {
      const window = new ReceiveWindow();
      window.accept(start, false);
      const seen = new Set([window.extended]);
      let highest = window.highest;
      for (const delta of walk) {
        const truth = highest + delta;
        const arrival = window.accept(truth & 0xffff, false);
        if (truth <= highest - 2048) assert.equal(arrival, TooLate);
        else assert.equal(arrival, seen.has(truth) ? Duplicate : delta > 0 ? Newest : Late);
        seen.add(truth);
        highest = Math.max(highest, truth);
      }
    }),
  );
});
