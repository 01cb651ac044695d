import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBearer } from './bearer-token.ts';

test('accepts exactly the token, whatever the case of the scheme', () => {
  assert.equal(isBearer('Bearer abc', 'abc'), true);
  assert.equal(isBearer('bearer  abc ', 'abc'), true);
  for (const header of [
    undefined,
    '',
    'abc',
    'Bearer',
    'Bearer ab',
    'Bearer abcd',
    'Basic abc',
    'Bearer abc def',
  ]) {
    assert.equal(isBearer(header, 'abc'), false, header);
  }
});
