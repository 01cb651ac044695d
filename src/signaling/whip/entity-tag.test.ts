import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEntityTag, matches, parseIfMatch } from './entity-tag.ts';

for (const [header, expected] of [
  ['*', 'any'],
  ['"*"', 'any'],
  [' * ', 'any'],
  ['"abc"', ['abc']],
  ['"abc", "d,e"', ['abc', 'd,e']],
  ['W/"abc"', []],
  ['W/"abc", "def"', ['def']],
  ['abc-1', ['abc-1']],
  ['', []],
  ['", ', []],
] as const) {
  test(`If-Match: ${header}`, () => assert.deepEqual(parseIfMatch(header), expected));
}

test('a tag matches itself and the asterisk only', () => {
  assert.ok(matches(parseIfMatch(formatEntityTag('x')), 'x'));
  assert.ok(matches('any', 'x'));
  assert.ok(!matches(parseIfMatch('"y"'), 'x'));
  assert.ok(!matches([], 'x'));
});

test('a long list is cut off', () => {
  assert.equal(parseIfMatch('"a",'.repeat(1000)).length, 16);
});
