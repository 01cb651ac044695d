import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delayOnBothPaths, RepairDelay } from './repair-delay.ts';

test('a receiver of a lossy path is asked to wait for repairs, and no longer than that', () => {
  const delay = new RepairDelay();
  delay.update(0, 0.1, -1);
  delay.update(100, 0.02, 100);
  assert.equal(delay.extension, 0);
  delay.update(200, 0.1, 100);
  assert.equal(delay.ms, 280);
  assert.equal(delay.extension >>> 12, 28);
  assert.equal(delay.extension & 0xfff, 1000);
  // A little more or less is not worth a change.
  delay.update(300, 0.08, 120);
  assert.equal(delay.ms, 280);
  delay.update(400, 0.08, 150);
  assert.equal(delay.ms, 380);
  delay.update(500, 0.08, 2000);
  assert.equal(delay.ms, 500);
});

test('the delay is taken back when losses have been rare for long, and that is said', () => {
  const delay = new RepairDelay();
  delay.update(0, 0.1, 100);
  for (let nowMs = 100; nowMs < 9000; nowMs += 100) delay.update(nowMs, 0, 100);
  delay.update(9000, 0.02, 100);
  for (let nowMs = 9100; nowMs < 19_000; nowMs += 100) delay.update(nowMs, 0, 100);
  assert.equal(delay.ms, 280);
  delay.update(19_200, 0, 100);
  assert.equal(delay.ms, 0);
  assert.equal(delay.extension, 1000);
});

test('a receiver waits for repairs on both paths, and no longer than is bearable', () => {
  const [own, publishers] = [new RepairDelay(), new RepairDelay()];
  const leastMs = () => (delayOnBothPaths(own.extension, publishers) >>> 12) * 10;
  assert.equal(delayOnBothPaths(own.extension, publishers), 0);
  assert.equal(delayOnBothPaths(own.extension, null), 0);
  publishers.update(0, 0.1, 40);
  assert.equal(leastMs(), 160);
  assert.equal(delayOnBothPaths(own.extension, null), 0);
  own.update(0, 0.1, 50);
  assert.equal(leastMs(), 340);
  own.update(0, 0.1, 200);
  assert.equal(leastMs(), 500);
  assert.equal(delayOnBothPaths(own.extension, publishers) & 0xfff, 1000);
});
