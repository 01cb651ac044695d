import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExtensionKind } from '../rtp/header-extension.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';
import { AudioActivity } from './audio-activity.ts';

const clock = { nowMs: 0, ntpOffsetMs: 0 };

/** Gives one packet with a level; `extended` may be out of order. */
function give(
  activity: AudioActivity,
  extended: number,
  timestamp: number,
  dBov: number,
  newest = true,
): void {
  const packet = new RtpPacket();
  packet.extended = extended;
  packet.timestamp = timestamp | 0;
  packet.newest = newest;
  packet.payloadLength = 50;
  packet.bytes = Uint8Array.of(0x80 | -dBov);
  packet.extensions = 1 << ExtensionKind.AudioLevel;
  packet.extensionLength[ExtensionKind.AudioLevel] = 1;
  activity.receive(packet, 48000, 50);
}

function grid(activity: AudioActivity, frames: number): number[] {
  return Array.from({ length: frames }, (_, i) => activity.loudness(frames - 1 - i));
}

test('packets lie on the grid by their timestamps, across the wrap', () => {
  const activity = new AudioActivity(clock);
  const first = 2 ** 32 - 1500;
  for (const [index, dBov] of [-20, -30, -40, -50].entries())
    give(activity, 10 + index, first + index * 960, dBov);
  assert.deepEqual(grid(activity, 4), [107, 97, 87, 77]);
  assert.equal(activity.levelKnown, true);
  assert.equal(activity.packets, 4);
});

test('a packet of 60 ms is sound for three frames', () => {
  const activity = new AudioActivity(clock);
  for (let index = 0; index < 4; index++) give(activity, index, index * 2880, -20 - index);
  assert.deepEqual(grid(activity, 4), [105, 105, 105, 104]);
});

test('a lost packet sounds like the one before, a DTX gap is silence, a late packet finds its place', () => {
  const activity = new AudioActivity(clock);
  for (let index = 0; index < 3; index++) give(activity, index, index * 960, -27);
  give(activity, 4, 4 * 960, -37);
  assert.deepEqual(grid(activity, 5), [100, 100, 100, 100, 90]);
  give(activity, 3, 3 * 960, -47, false);
  assert.deepEqual(grid(activity, 5), [100, 100, 100, 80, 90]);
  give(activity, 5, 8 * 960, -27);
  assert.deepEqual(grid(activity, 6), [80, 90, 0, 0, 0, 100]);
});

test('a leap of the timestamps starts the grid anew', () => {
  const activity = new AudioActivity(clock);
  for (let index = 0; index < 3; index++) give(activity, index, index * 960, -27);
  give(activity, 3, 1_000_000_000, -37);
  assert.deepEqual(grid(activity, 3), [0, 0, 90]);
});

test('silence grows while nothing comes, and what was only late fills it', () => {
  const activity = new AudioActivity(clock);
  clock.nowMs = 1000;
  for (let index = 0; index < 20; index++) give(activity, index, index * 960, -27);
  clock.nowMs = 1110;
  activity.advance();
  assert.deepEqual(grid(activity, 2), [100, 100]);
  clock.nowMs = 1300;
  activity.advance();
  activity.advance();
  assert.deepEqual(grid(activity, 10), [100, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  for (let index = 20; index < 29; index++) give(activity, index, index * 960, -37);
  assert.deepEqual(grid(activity, 10), [100, 90, 90, 90, 90, 90, 90, 90, 90, 90]);
});

test('the noise floor is the quietest of 3 s, without digital silence', () => {
  const activity = new AudioActivity(clock);
  assert.equal(activity.floor, 0);
  give(activity, 0, 0, -127);
  assert.equal(activity.floor, 0);
  for (let index = 1; index < 20; index++) give(activity, index, index * 960, index === 7 ? -60 : -30);
  assert.equal(activity.floor, 67);
  for (let index = 20; index < 200; index++) give(activity, index, index * 960, -30);
  assert.equal(activity.floor, 97);
});

test('padding is no sound', () => {
  const activity = new AudioActivity(clock);
  const packet = new RtpPacket();
  activity.receive(packet, 48000, 0);
  assert.equal(activity.packets, 0);
});
