import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxCachedBytes, maxCachedBytesPerSession, maxCachedResponses } from './kurento-limits.ts';
import { CacheTotal, ResponseCache } from './response-cache.ts';

test('an answer is found for the same id and text, for twenty seconds', () => {
  const cache = new ResponseCache(new CacheTotal());
  cache.add(0, 'request', 'response', 1000);
  assert.equal(cache.find(0, 'request', 1000), 'response');
  assert.equal(cache.find(0, 'request', 20_999), 'response');
  assert.equal(cache.find(0, 'request', 21_000), null);
  assert.equal(cache.find(0, 'another', 1000), null);
  assert.equal(cache.find('0', 'request', 1000), null);
});

test('the oldest give way, by count and by size', () => {
  const total = new CacheTotal();
  const cache = new ResponseCache(total);
  for (let id = 0; id < maxCachedResponses + 10; id++) cache.add(id, 'q', 'a', 0);
  assert.equal(total.size, 2 * maxCachedResponses);
  assert.equal(cache.find(9, 'q', 0), null);
  assert.equal(cache.find(10, 'q', 0), 'a');
  const large = 'x'.repeat(maxCachedBytesPerSession / 4 - 1);
  for (let id = 0; id < 100; id++) {
    cache.add(id, 'q', large, 0);
    assert.ok(total.size <= maxCachedBytesPerSession);
  }
  assert.equal(cache.find(99, 'q', 0), large);
  cache.add(100, 'q', `${large}xx`, 0);
  assert.equal(cache.find(100, 'q', 0), null, 'what takes too much is not kept');
  cache.clear();
  assert.equal(total.size, 0);
});

test('what has expired is dropped, and an answer to the same id replaces the one before', () => {
  const total = new CacheTotal();
  const cache = new ResponseCache(total);
  cache.add(1, 'q', 'a', 0);
  cache.add(2, 'q', 'a', 10_000);
  cache.expire(20_000);
  assert.equal(total.size, 2);
  cache.add(2, 'qq', 'aa', 10_000);
  assert.equal(total.size, 4);
  assert.equal(cache.find(2, 'q', 10_000), null);
  assert.equal(cache.find(2, 'qq', 10_000), 'aa');
});

test('all sessions together keep no more than the total', () => {
  const total = new CacheTotal();
  const large = 'x'.repeat(maxCachedBytesPerSession / 4 - 1);
  for (let session = 0; session < 200; session++) {
    const cache = new ResponseCache(total);
    for (let id = 0; id < 4; id++) cache.add(id, 'q', large, 0);
  }
  assert.ok(total.size <= maxCachedBytes && total.size > maxCachedBytes * 0.9);
});
