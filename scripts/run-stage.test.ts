import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupsOf } from './run-stage.ts';

test('files are dealt out to as few groups as hold them', () => {
  assert.deepEqual(groupsOf(['a', 'b', 'c', 'd', 'e'], 2), [['a', 'd'], ['b', 'e'], ['c']]);
  assert.deepEqual(groupsOf(['a', 'b'], 12), [['a', 'b']]);
  assert.deepEqual(groupsOf([], 12), []);
});
