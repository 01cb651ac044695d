import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeSubscription } from '../../../test/signaling/pion-fakes.ts';
import { ShownSizes } from './shown-sizes.ts';

const subscribed = (mid: string | null, kind: 'audio' | 'video' = 'video') =>
  new FakeSubscription(mid === null ? null : { transceiver: { mid } }, {
    id: 'p',
    kind,
    muted: false,
    participant: { id: 'ada' },
  });

function fixture(...subscriptions: FakeSubscription[]) {
  return new ShownSizes(new Set(subscriptions));
}

test('a size is told to the video on its line, once', () => {
  const [video, other] = [subscribed('3'), subscribed('4')];
  const sizes = fixture(video, other, subscribed(null));
  for (let i = 0; i < 2; i++) sizes.set([{ mid: '3', width: 320, height: 180 }]);
  assert.deepEqual(video.take(), ['320x180']);
  assert.deepEqual(other.take(), []);
});

test('what is not shown is paused, and comes again in its size', () => {
  const video = subscribed('3');
  const sizes = fixture(video);
  sizes.set([{ mid: '3', width: 0, height: 0 }]);
  sizes.set([{ mid: '3', width: 0, height: 0 }]);
  assert.deepEqual(video.take(), ['pause not-shown']);
  sizes.set([{ mid: '3', width: 640, height: 360 }]);
  assert.deepEqual(video.take(), ['640x360', 'resume']);
});

test('a line that is not spoken of any more is as before', () => {
  const [video, hidden] = [subscribed('3'), subscribed('4')];
  const sizes = fixture(video, hidden);
  sizes.set([
    { mid: '3', width: 320, height: 180 },
    { mid: '4', width: 0, height: 0 },
  ]);
  sizes.set([]);
  assert.deepEqual(video.take(), ['320x180', '-x-']);
  assert.deepEqual(hidden.take(), ['pause not-shown', 'resume']);
});

test('one that comes later on a line spoken of is told at once; audio, and what has ended, is not', () => {
  const sizes = fixture();
  sizes.set([{ mid: '3', width: 320, height: 180 }]);
  const [video, audio, ended] = [subscribed('3'), subscribed('3', 'audio'), subscribed('3')];
  ended.state = 'ended';
  for (const subscription of [video, audio, ended]) sizes.apply(subscription);
  assert.deepEqual(video.take(), ['320x180']);
  assert.deepEqual([...audio.take(), ...ended.take()], []);
});

test("another's pause is left alone", () => {
  const video = subscribed('3');
  const sizes = fixture(video);
  video.pauseReason = 'other';
  sizes.set([{ mid: '3', width: 0, height: 0 }]);
  sizes.set([{ mid: '3', width: 320, height: 180 }]);
  assert.deepEqual(video.take(), ['320x180']);
});
