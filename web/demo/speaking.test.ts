import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpeakingDetector, sameMembers } from './speaking.ts';

test('speech shows at once and outlasts the pauses between words', () => {
  const detector = new SpeakingDetector();
  detector.observe(0, 'a', 0.2);
  detector.observe(0, 'b', 0.001);
  detector.observe(0, 'c', undefined);
  assert.deepEqual([...detector.speaking(0)], ['a']);
  assert.deepEqual([...detector.speaking(700)], ['a']);
  assert.deepEqual([...detector.speaking(701)], []);
});

test('sets are compared by members', () => {
  assert.ok(sameMembers(new Set(['a', 'b']), new Set(['b', 'a'])));
  assert.ok(!sameMembers(new Set(['a']), new Set(['b'])));
  assert.ok(!sameMembers(new Set(['a']), new Set()));
});
