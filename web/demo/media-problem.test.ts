import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combineProblems, describeMediaError, mediaProblem } from './media-problem.ts';

test('browser errors become problems with a code', () => {
  const code = (name: string) => describeMediaError('camera', { name })?.code;
  assert.equal(code('NotAllowedError'), 'permission-denied');
  assert.equal(code('NotFoundError'), 'not-found');
  assert.equal(code('OverconstrainedError'), 'not-found');
  assert.equal(code('NotReadableError'), 'in-use');
  assert.equal(code('Whatever'), 'failed');
  assert.equal(describeMediaError('camera', undefined)?.code, 'failed');
});

test('closing the screen picker is no problem', () => {
  assert.equal(describeMediaError('screen', new DOMException('', 'NotAllowedError')), null);
});

test('one reason for both devices is one sentence', () => {
  for (const code of ['insecure-context', 'permission-denied', 'not-found'] as const) {
    assert.equal(combineProblems([mediaProblem('camera', code), mediaProblem('microphone', code)]).length, 1);
  }
  assert.equal(
    combineProblems([mediaProblem('camera', 'not-found'), mediaProblem('microphone', 'in-use')]).length,
    2,
  );
  assert.deepEqual(combineProblems([]), []);
});
