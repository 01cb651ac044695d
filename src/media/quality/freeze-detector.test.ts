import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FreezeDetector } from './freeze-detector.ts';

const clock = { nowMs: 0, ntpOffsetMs: 0 };
let detector: FreezeDetector;
let timestamp = 0;

beforeEach(() => {
  clock.nowMs = 1000;
  timestamp = 0;
  detector = new FreezeDetector(clock);
});

/** Frames at 30 per second, each of two packets. */
function play(ms: number): void {
  for (let passed = 0; passed < ms; passed += 33) {
    timestamp += 3000;
    detector.packet(timestamp, timestamp === 3000);
    detector.packet(timestamp, false);
    clock.nowMs += 33;
  }
}

test('frames that flow are no freeze, nor is a frame too many', () => {
  play(3000);
  clock.nowMs += 100;
  play(3000);
  assert.deepEqual([detector.count, detector.frozenMs], [0, 0]);
});

test('a gap of three times the usual and 150 ms is one, also while it lasts', () => {
  play(3000);
  clock.nowMs += 400;
  assert.equal(detector.count, 0);
  assert.equal(detector.frozenMsNow(), 433);
  play(1000);
  assert.deepEqual([detector.count, detector.frozenMs], [1, 433]);
  assert.equal(detector.frozenMsNow(), 433);
});

test('a slide show is not frozen between slides', () => {
  for (let slide = 0; slide < 20; slide++) {
    detector.packet(slide, slide === 0);
    clock.nowMs += 1000;
  }
  assert.equal(detector.count, 0);
});

test('a camera that is turned off is not frozen', () => {
  play(3000);
  clock.nowMs += 20_000;
  assert.equal(detector.frozenMsNow(), 0);
  play(1000);
  assert.equal(detector.count, 0);
  play(1000);
  detector.paused();
  clock.nowMs += 3000;
  play(1000);
  assert.equal(detector.count, 0);
});

test('a receiver that cannot decode is frozen until the next key frame, once', () => {
  play(3000);
  detector.pictureLost();
  play(330);
  detector.pictureLost();
  assert.equal(detector.frozenMsNow(), 330);
  timestamp += 3000;
  detector.packet(timestamp, true);
  assert.deepEqual([detector.count, detector.frozenMs], [1, 330]);
  play(3000);
  assert.equal(detector.frozenMsNow(), 330);
});

test('asking for a key frame at the start is none', () => {
  detector.pictureLost();
  play(500);
  detector.pictureLost();
  play(2000);
  assert.equal(detector.frozenMsNow(), 0);
});
