import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NackGenerator, type NackPolicy } from './nack-generator.ts';

const policy: NackPolicy = { maxMissing: 8, reorderMs: 5, maxTries: 3, maxAgeMs: 1000 };

function collect(nacks: NackGenerator, nowMs: number): { asked: number[]; gaveUp: number } {
  const sequences = new Uint16Array(100);
  const result = { count: 0, gaveUp: 0 };
  nacks.collect(nowMs, sequences, result);
  return { asked: [...sequences.subarray(0, result.count)], gaveUp: result.gaveUp };
}

test('a missing packet is asked for after a moment, again after an RTT and a bit, and given up', () => {
  const nacks = new NackGenerator(policy);
  nacks.rttMs = 40;
  assert.equal(nacks.nextDueMs(), Number.POSITIVE_INFINITY);
  assert.ok(nacks.addMissing(0x1fffe, 0x20001, 100));
  assert.equal(nacks.nextDueMs(), 105);
  assert.deepEqual(collect(nacks, 104), { asked: [], gaveUp: 0 });
  assert.deepEqual(collect(nacks, 105), { asked: [0xfffe, 0xffff, 0], gaveUp: 0 });
  assert.equal(nacks.nextDueMs(), 155);
  nacks.received(0x1ffff, 150, true);
  assert.deepEqual(collect(nacks, 160).asked, [0xfffe, 0]);
  assert.deepEqual(collect(nacks, 230).asked, [0xfffe, 0]);
  assert.deepEqual(collect(nacks, 300), { asked: [], gaveUp: 2 });
  assert.equal(nacks.missing, 0);
  assert.equal(nacks.sent, 7);
});

test('a packet that was only reordered is not asked for', () => {
  const nacks = new NackGenerator(policy);
  nacks.addMissing(5, 6, 100);
  nacks.received(5, 103, false);
  assert.deepEqual(collect(nacks, 200), { asked: [], gaveUp: 0 });
});

test('a packet too old is given up without being asked for', () => {
  const nacks = new NackGenerator(policy);
  nacks.addMissing(5, 6, 100);
  assert.deepEqual(collect(nacks, 1101), { asked: [], gaveUp: 1 });
});

test('too much missing at once is left to a key frame', () => {
  const nacks = new NackGenerator(policy);
  assert.equal(nacks.addMissing(1, 6, 0), true);
  assert.equal(nacks.addMissing(10, 14, 0), false);
  assert.equal(nacks.missing, 0);
  assert.equal(nacks.addMissing(1, 100_000, 0), false);
});

test('the RTT is learnt from packets that were asked for once, not from an answer to one of two questions', () => {
  const nacks = new NackGenerator(policy);
  const before = nacks.rttMs;
  nacks.addMissing(1, 3, 0);
  collect(nacks, 5);
  nacks.received(1, 25, true);
  assert.equal(nacks.rttMs, before + (20 - before) / 8);
  const learnt = nacks.rttMs;
  collect(nacks, 300);
  nacks.received(2, 360, true);
  assert.equal(nacks.rttMs, learnt);
});

test('no more is collected than there is room for; the rest is still due', () => {
  const nacks = new NackGenerator(policy);
  nacks.addMissing(1, 6, 0);
  const sequences = new Uint16Array(2);
  const result = { count: 0, gaveUp: 0 };
  nacks.collect(10, sequences, result);
  assert.deepEqual([...sequences], [1, 2]);
  assert.ok(nacks.nextDueMs() <= 10);
  nacks.collect(10, sequences, result);
  assert.deepEqual([...sequences], [3, 4]);
});

test('packets that were only overtaken say nothing about the RTT, answers to an earlier question do', () => {
  const nacks = new NackGenerator({ ...policy, maxTries: 10 });
  const before = nacks.rttMs;
  for (let i = 0; i < 100; i++) {
    const nowMs = i * 1000;
    nacks.addMissing(i, i + 1, nowMs);
    collect(nacks, nowMs + 5);
    nacks.received(i, nowMs + 15, false);
  }
  assert.equal(nacks.rttMs, before);
  // The first answer takes a little longer than is waited for before asking again.
  for (let i = 100; i < 160; i++) {
    const nowMs = i * 1000;
    nacks.addMissing(i, i + 1, nowMs);
    for (const ms of [5, 50, 105, 110]) collect(nacks, nowMs + ms);
    nacks.received(i, nowMs + 5 + 104, true);
  }
  assert.ok(Math.abs(nacks.rttMs - 104) < 2, `${nacks.rttMs}`);
});
