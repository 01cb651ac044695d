import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceptionStatistics } from './reception-statistics.ts';

const clockRate = 90_000;

/** Packet `extended` of a 30 fps video, `lateMs` after its time. */
function receive(statistics: ReceptionStatistics, extended: number, lateMs = 0): void {
  const frame = extended;
  statistics.newest(
    extended,
    frame * 3000,
    clockRate,
    Float64Array.of(((frame * 1000) / 30) * 1000 + lateMs * 1000),
    0,
  );
}

test('loss counts what should have come, per interval and in all', () => {
  const statistics = new ReceptionStatistics();
  for (const extended of [0x10000, 0x10001, 0x10003, 0x10007]) receive(statistics, extended);
  assert.equal(statistics.lost, 4);
  assert.equal(statistics.takeFractionLost(), 128);
  assert.equal(statistics.takeFractionLost(), 0);
  statistics.late();
  assert.equal(statistics.lost, 3);
  // Fewer are missing than before: that is no loss.
  assert.equal(statistics.takeFractionLost(), 0);
  receive(statistics, 0x10009);
  assert.equal(statistics.takeFractionLost(), 128);
  assert.equal(statistics.reportedHighest, 9);
});

test('a stream in time has no jitter; one that is 10 ms early or late by turns nears 20 ms', () => {
  const steady = new ReceptionStatistics();
  const shaky = new ReceptionStatistics();
  for (let i = 0; i < 200; i++) {
    receive(steady, 0x10000 + i);
    receive(shaky, 0x10000 + i, i % 2 === 0 ? 10 : -10);
  }
  assert.ok(steady.jitter < 1);
  assert.ok(Math.abs(shaky.jitter / 90 - 20) < 0.1);
});

test('packets of one frame and leaps of the timestamp do not count as jitter', () => {
  const statistics = new ReceptionStatistics();
  const at = (extended: number, timestamp: number, ms: number) =>
    statistics.newest(extended, timestamp, clockRate, Float64Array.of(ms * 1000), 0);
  at(1, 0, 0);
  at(2, 0, 20);
  at(3, 0, 30);
  at(4, 0x7000_0000, 40);
  assert.equal(statistics.jitter, 0);
});

test('a restart begins with nothing lost', () => {
  const statistics = new ReceptionStatistics();
  receive(statistics, 10);
  receive(statistics, 20);
  statistics.restart();
  receive(statistics, 0x10005);
  assert.equal(statistics.lost, 0);
  assert.equal(statistics.takeFractionLost(), 0);
});
