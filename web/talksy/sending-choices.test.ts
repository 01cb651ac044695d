import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodingsOf, ordered } from './sending-choices.ts';

const vp9 = { codec: 'VP9', simulcast: false, svc: true, maxBitrate: 1_000_000 } as const;

test('one encoding: with layers, without, and for H264', () => {
  assert.deepEqual(encodingsOf(vp9), [{ maxBitrate: 1_000_000, scalabilityMode: 'L3T3' }]);
  assert.deepEqual(encodingsOf({ ...vp9, svc: false }), [{ maxBitrate: 1_000_000, scalabilityMode: 'L1T1' }]);
  assert.deepEqual(encodingsOf({ ...vp9, codec: 'H264' }), [{ maxBitrate: 1_200_000 }]);
});

test('simulcast: high, mid and low, at full, half and quarter size', () => {
  const summary = (codec: 'H264' | 'VP9') =>
    encodingsOf({ ...vp9, codec, simulcast: true }).map(({ rid, scaleResolutionDownBy, maxBitrate }) => [
      rid,
      scaleResolutionDownBy,
      maxBitrate,
    ]);
  assert.deepEqual(summary('H264'), [
    ['high', 1, 1_200_000],
    ['mid', 2, 500_000],
    ['low', 4, 150_000],
  ]);
  assert.deepEqual(summary('VP9'), [
    ['high', 1, 1_000_000],
    ['mid', 2, 500_000],
    ['low', 4, 250_000],
  ]);
});

test('the preferred codec comes first, in all its forms', () => {
  const codecs = ['video/VP8', 'video/VP9', 'video/rtx', 'video/VP9'].map((mimeType) => ({ mimeType }));
  assert.deepEqual(
    ordered(codecs, 'video/vp9').map(({ mimeType }) => mimeType),
    ['video/VP9', 'video/VP9', 'video/VP8', 'video/rtx'],
  );
});
