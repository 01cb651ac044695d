import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBoundedJson, parseFirstJson } from './bounded-json.ts';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('a text is one JSON value', () => {
  for (const value of [null, 5, 'x', [], {}, { a: [{ b: '}]"\\' }] }]) {
    assert.deepEqual(parseBoundedJson(JSON.stringify(value)), value);
  }
  for (const text of ['', '{', '{} {}', '{}x', 'x', '[1,]', '"', '}']) {
    assert.throws(() => parseBoundedJson(text), SyntaxError, text);
  }
});

test('what is nested too deep is refused before it is parsed, and brackets in strings are not nesting', () => {
  assert.ok(parseBoundedJson(nested(32)));
  assert.throws(() => parseBoundedJson(nested(33)), { message: /32 levels/ });
  assert.throws(() => parseBoundedJson('['.repeat(1_000_000)), { message: /32 levels/ });
  assert.throws(() => parseBoundedJson(`{"a":"${'['.repeat(100)}","b":${nested(40)}}`), {
    message: /32 levels/,
  });
  const text = '[{'.repeat(100);
  assert.deepEqual(parseBoundedJson(JSON.stringify({ a: text, b: [`\\"${text}`] })), {
    a: text,
    b: [`\\"${text}`],
  });
});

test('nesting behind many closed values, or behind strings that close more than they open, counts as well', () => {
  const list = `[${Array(1000).fill(nested(3)).join()}]`;
  assert.equal((parseBoundedJson(list) as unknown[]).length, 1000);
  assert.throws(() => parseBoundedJson(`[${nested(3)},${nested(40)}]`), { message: /32 levels/ });
  assert.throws(() => parseBoundedJson(`["${']'.repeat(1000)}",${nested(40)}]`), { message: /32 levels/ });
});

test('the first of several values can be taken alone', () => {
  assert.deepEqual(parseFirstJson('{"a":"}"} {"b":1}'), { a: '}' });
  assert.throws(() => parseFirstJson(nested(33)), SyntaxError);
});
