import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactNtp, ntpHigh, ntpLow, SenderClock } from './sender-clock.ts';

test('a report is carried on to now, NTP and RTP alike', () => {
  const clock = new SenderClock();
  clock.report(0xe000_0000 | 0, 0x8000_0000 | 0, 0xffff_ff00 | 0, 5000);
  const ntpMs = clock.ntpMsAt(5250);
  assert.equal(ntpHigh(ntpMs) >>> 0, 0xe000_0000);
  assert.ok(Math.abs((ntpLow(ntpMs) >>> 0) / 2 ** 32 - 0.75) < 1e-6);
  assert.equal(clock.timestampAt(5250, 90_000), (0xffff_ff00 + 22_500) | 0);
});

test('the compact form is the middle of the long one', () => {
  assert.equal(compactNtp(0x1234_5678, 0x9abc_def0 | 0) >>> 0, 0x5678_9abc);
});
