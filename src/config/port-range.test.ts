import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePortRange, rangesOverlap } from './port-range.ts';

test('reads both ways of writing a range', () => {
  assert.deepEqual(parsePortRange('50000-50100'), { first: 50_000, last: 50_100 });
  assert.deepEqual(parsePortRange(' 50000 , 50000 '), { first: 50_000, last: 50_000 });
  for (const text of ['', '50000', '1023-2000', '2000-1024', '1024-65536', '1024-', '1-2-3', 'a-b'])
    assert.equal(parsePortRange(text), null, text);
});

test('ranges overlap that have a port in common', () => {
  const range = { first: 10, last: 20 };
  assert.ok(rangesOverlap(range, { first: 20, last: 30 }));
  assert.ok(rangesOverlap({ first: 0, last: 100 }, range));
  assert.ok(!rangesOverlap(range, { first: 21, last: 30 }));
});
