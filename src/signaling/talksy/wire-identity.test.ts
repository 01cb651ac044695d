import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wireId, wireIdentity } from './wire-identity.ts';

test('ids of browsers stay, the braces of old Firefox go', () => {
  const uuid = '6f1d3c0e-8f59-4a5c-9f1e-3b1d2c4a5b6c';
  assert.deepEqual(wireIdentity({ streamId: uuid, trackId: `{${uuid}}` }), { streamId: uuid, trackId: uuid });
  assert.equal(wireId('Az_0-9'), 'Az_0-9');
});

test('whatever else becomes usable in a CSS selector, and stays one to one', () => {
  const usable = /^[A-Za-z0-9_-]{1,128}$/;
  assert.match(wireId('video 1'), /^video_1-[0-9a-f]{8}$/);
  assert.notEqual(wireId('a b'), wireId('a:b'));
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 400 }), (a, b) => {
      assert.match(wireId(a), usable);
      assert.equal(wireId(a), wireId(a));
      if (a !== b && !a.startsWith('{') && !b.startsWith('{')) assert.notEqual(wireId(a), wireId(b));
    }),
  );
});
