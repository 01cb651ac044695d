import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBitrate,
  formatCount,
  formatDuration,
  formatLevel,
  formatMilliseconds,
  formatPercent,
  formatScore,
  initials,
} from './format.ts';

test('bitrates change unit without ever showing four digits', () => {
  assert.equal(formatBitrate(0), '0 bit/s');
  assert.equal(formatBitrate(999), '999 bit/s');
  assert.equal(formatBitrate(32_400), '32 kbit/s');
  assert.equal(formatBitrate(999_499), '999 kbit/s');
  assert.equal(formatBitrate(999_500), '1 Mbit/s');
  assert.equal(formatBitrate(1_449_000), '1.4 Mbit/s');
  assert.equal(formatBitrate(250_000_000), '250 Mbit/s');
  assert.equal(formatBitrate(null), '–');
  assert.equal(formatBitrate(Number.NaN), '–');
});

test('scores and levels', () => {
  assert.equal(formatScore(4.449), '4.4');
  assert.equal(formatScore(5), '5.0');
  assert.equal(formatScore(null), '–');
  assert.equal(formatLevel(-31.6), '−32 dB');
  assert.equal(formatLevel(0), '0 dB');
  assert.equal(formatLevel(-127), 'silent');
  assert.equal(formatLevel(null), '–');
});

test('counts are grouped, then shortened', () => {
  assert.equal(formatCount(0), '0');
  assert.equal(formatCount(9421), '9\u202f421');
  assert.equal(formatCount(12_400), '12.4 k');
  assert.equal(formatCount(999_499), '999 k');
  assert.equal(formatCount(999_500), '1 M');
  assert.equal(formatCount(3_100_000), '3.1 M');
  assert.equal(formatCount(undefined), '–');
});

test('a real loss never reads as zero', () => {
  assert.equal(formatPercent(0), '0 %');
  assert.equal(formatPercent(0.0002), '< 0.1 %');
  assert.equal(formatPercent(0.034), '3.4 %');
  assert.equal(formatPercent(0.42), '42 %');
});

test('durations show their two largest units', () => {
  assert.equal(formatDuration(-1), '0 s');
  assert.equal(formatDuration(59.9), '59 s');
  assert.equal(formatDuration(200), '3 min 20 s');
  assert.equal(formatDuration(7500), '2 h 5 min');
  assert.equal(formatDuration(7200), '2 h');
  assert.equal(formatDuration(4 * 86_400 + 3700), '4 d 1 h');
});

test('milliseconds keep a decimal while they are few', () => {
  assert.equal(formatMilliseconds(2.44), '2.4 ms');
  assert.equal(formatMilliseconds(2), '2 ms');
  assert.equal(formatMilliseconds(37.2), '37 ms');
  assert.equal(formatMilliseconds(null), '–');
});

test('initials take the first and last word, and whole characters', () => {
  assert.equal(initials('Ada Lovelace'), 'AL');
  assert.equal(initials('  ada  king  lovelace '), 'AL');
  assert.equal(initials('guest'), 'G');
  assert.equal(initials('🦊 fox'), '🦊F');
  assert.equal(initials(''), '?');
});
