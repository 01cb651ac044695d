import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwarderOf, maxForwarderNumber, noCopy, repeatsOf, sentCopy, sequenceOf } from './sent-copy.ts';
import { SentPacketLog, SentState } from './sent-packet-log.ts';

const clock = { nowMs: 1000 };

function lostOf(log: SentPacketLog): number[] {
  const lost: number[] = [];
  for (let copy = log.nextLost(); copy !== noCopy; copy = log.nextLost()) lost.push(copy);
  return lost;
}

test('a name says whose packet it was, which one, and how often that had been sent before', () => {
  for (const forwarder of [1, 0x7ff, 0x800, maxForwarderNumber]) {
    for (const repeats of [0, 5, 15]) {
      for (const sequence of [0, 0x7fff, 0xffff]) {
        const copy = sentCopy(forwarder, repeats, sequence);
        assert.notEqual(copy, noCopy);
        assert.deepEqual(
          [forwarderOf(copy), repeatsOf(copy), sequenceOf(copy)],
          [forwarder, repeats, sequence],
        );
      }
    }
  }
});

test('of what got lost that which has a name is told, once and in order', () => {
  const log = new SentPacketLog(0xfffe);
  const name = (i: number) => sentCopy(maxForwarderNumber, 1, i);
  const numbers = Array.from({ length: 8 }, (_, i) =>
    log.record(clock, 100, 0, i % 4 === 0 ? noCopy : name(i)),
  );
  for (const [i, number] of numbers.entries()) log.take(number, i % 2 === 1);
  assert.deepEqual(lostOf(log), [name(2), name(6)]);
  assert.deepEqual(lostOf(log), []);
  // Told of again.
  for (const number of numbers) log.take(number, false);
  assert.deepEqual(lostOf(log), []);
});

test('names go with the packets they were given to', () => {
  const log = new SentPacketLog(0);
  log.record(clock, 100, 0, sentCopy(1, 0, 7));
  for (let i = 1; i <= 2048; i++) log.record(clock, 100, 0);
  log.take(2048, false);
  assert.deepEqual(lostOf(log), []);
});

test('more losses at once than are remembered are left out', () => {
  const log = new SentPacketLog(0);
  for (let i = 0; i < 300; i++) log.record(clock, 100, 0, sentCopy(1, 0, i));
  for (let i = 0; i < 300; i++) log.take(i, false);
  const lost = lostOf(log);
  assert.deepEqual(
    lost.map(sequenceOf),
    Array.from({ length: 128 }, (_, i) => i),
  );
  log.record(clock, 100, 0, sentCopy(1, 0, 300));
  log.take(300, false);
  assert.deepEqual(lostOf(log), [sentCopy(1, 0, 300)]);
});

test('where nothing has a name nothing is kept for names', () => {
  const log = new SentPacketLog(0);
  const { memoryBytes } = log;
  for (let i = 0; i < 100; i++) log.take(log.record(clock, 100, 0), false);
  assert.equal(log.memoryBytes, memoryBytes);
});

test('what is young is remembered, up to a bound; slow streams take little', () => {
  const slow = new SentPacketLog(0xfff0);
  const time = { nowMs: 0 };
  const { memoryBytes } = slow;
  for (let i = 0; i < 2000; i++, time.nowMs += 5) slow.record(time, 100, 0);
  assert.equal(slow.memoryBytes, memoryBytes);

  const quick = new SentPacketLog(0xfff0);
  const first = quick.next;
  for (let i = 0; i < 2048; i++, time.nowMs += 0.25) quick.record(time, i + 1, i & 127, sentCopy(1, 0, i));
  assert.equal(quick.memoryBytes, 2048 * 12);
  for (let i = 0; i < 2048; i++) {
    assert.equal(quick.take((first + i) & 0xffff, false), SentState.Fresh);
    assert.deepEqual([quick.bytes, quick.probeCluster, quick.extended], [i + 1, i & 127, first + i]);
    assert.deepEqual(lostOf(quick), [sentCopy(1, 0, i)]);
  }
  quick.record(time, 1, 0);
  assert.equal(quick.take(first & 0xffff, true), SentState.Unknown);
});
