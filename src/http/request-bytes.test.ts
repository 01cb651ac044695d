import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestBytes } from './request-bytes.ts';

const mebibyte = 2 ** 20;

describe('RequestBytes', () => {
  it('bounds what one address has under way, and forgets it when that is done', () => {
    const bytes = new RequestBytes();
    const granted = Array.from({ length: 100 }, () => bytes.acquire('192.0.2.1', mebibyte)).filter(
      (refusal) => refusal === null,
    ).length;
    assert.equal(granted, 30, '32 MiB, with what a request takes besides');
    assert.equal(bytes.acquire('192.0.2.1', mebibyte)?.status, 429);
    assert.equal(bytes.acquire('192.0.2.2', mebibyte), null);
    for (let left = granted; left > 0; left--) bytes.release('192.0.2.1', mebibyte);
    assert.equal(bytes.size, 1);
    assert.equal(bytes.acquire('192.0.2.1', mebibyte), null);
  });

  it('bounds what all have together', () => {
    const bytes = new RequestBytes();
    const refusals = Array.from({ length: 40 }, (_, index) =>
      bytes.acquire(`192.0.2.${index}`, 31 * mebibyte),
    );
    assert.equal(refusals.filter((refusal) => refusal === null).length, 8);
    assert.equal(refusals.at(-1)?.status, 503);
  });

  it('counts requests without a body too', () => {
    const bytes = new RequestBytes();
    let granted = 0;
    while (bytes.acquire('192.0.2.1', 0) === null) granted++;
    assert.equal(granted, 512);
  });
});
