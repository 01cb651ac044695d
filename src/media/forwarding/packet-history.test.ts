import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noRewrite } from '../codecs/payload-rewrite.ts';
import { PacketHistory } from './packet-history.ts';

const clock = { nowMs: 0 };

test('what was recorded is found until its place is taken', () => {
  const history = new PacketHistory(16);
  history.record(clock, 0xfffe, 0x7fff_ffff, -5, 0x80 | 96, 255, false, 2, 1400);
  assert.ok(history.find(0xfffe));
  assert.equal(history.packetNumber, 0x7fff_ffff);
  assert.equal(history.timestamp, -5);
  assert.equal(history.payloadType, 96);
  assert.equal(history.marker, 1);
  assert.equal(history.epoch, 255);
  assert.equal(history.start, 2);
  assert.equal(history.length, 1400);
  assert.equal(history.find(0xfffd), false);
  history.record(clock, 0xfffe + 16 - 65536, 1, 1, 96, 0, false, 0, 100);
  assert.equal(history.find(0xfffe), false);
  assert.ok(history.find(14));
});

test('an empty history has nothing, not even number 0', () => {
  const history = new PacketHistory(16);
  assert.equal(history.find(0), false);
});

test('it says how often and when a packet was last sent, whatever the time', () => {
  const history = new PacketHistory(16);
  for (const start of [0, 5000, 2 ** 31 - 5, 2 ** 32 - 1]) {
    clock.nowMs = start;
    history.record(clock, 7, 1, 1, 96, 0, true, 1535, 1400);
    for (let times = 0; times < 20; times++) {
      assert.ok(history.find(7));
      assert.equal(history.repeats, Math.min(15, times));
      assert.ok(history.dispensable);
      assert.equal(history.start, 1535);
      assert.equal(history.length, 1400);
      assert.equal(history.sinceSentMs(clock.nowMs + 25), 25);
      clock.nowMs += 10;
      history.repeated(clock);
    }
  }
});

test('the history of a video subscription stays within its budget', () => {
  assert.ok(new PacketHistory(1024).bytes < 22 * 1024);
});

test('a history grows while it would forget what is young, and loses nothing of it', () => {
  const history = new PacketHistory(16, 64, 1000);
  const record = (sequence: number) => {
    history.record(clock, sequence, sequence, sequence * 40, 96, 0, false, 0, 100);
    if (sequence % 3 === 0) history.recordRewrite(sequence, sequence, 5, 7);
  };
  for (let sequence = 0; sequence < 200; sequence++) record(sequence);
  // 1000 ticks are 25 packets.
  assert.equal(history.capacity, 32);
  for (let sequence = 199; sequence > 199 - 25; sequence--) {
    assert.ok(history.find(sequence), `packet ${sequence}`);
    assert.equal(history.packetNumber, sequence);
    assert.equal(history.rewrite, sequence % 3 === 0 ? sequence : noRewrite);
  }
  for (let sequence = 200; sequence < 400; sequence++)
    history.record(clock, sequence, 1, 8000, 96, 0, false, 0, 100);
  assert.equal(history.capacity, 64, 'and no further than it may');
});

test('growing takes along how packets were rewritten', () => {
  const history = new PacketHistory(16, 32, 1000);
  for (let sequence = 0; sequence < 17; sequence++) {
    history.record(clock, sequence, 1, 0, 96, 0, false, 0, 100);
    history.recordRewrite(sequence, sequence, 5, 7);
  }
  assert.equal(history.capacity, 32);
  for (let sequence = 0; sequence < 17; sequence++) {
    assert.ok(history.find(sequence));
    assert.deepEqual([history.rewrite, history.dependencyRewrite, history.activeTargets], [sequence, 5, 7]);
  }
});
