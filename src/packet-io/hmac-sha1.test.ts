import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { hmacSha1 } from './hmac-sha1.ts';

const none = new Uint8Array(0);

describe('hmacSha1', () => {
  it('agrees with RFC 2202', () => {
    const cases: [key: Uint8Array, data: Uint8Array, digest: string][] = [
      [new Uint8Array(20).fill(0x0b), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
      [
        Buffer.from('Jefe'),
        Buffer.from('what do ya want for nothing?'),
        'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
      ],
      [
        new Uint8Array(20).fill(0xaa),
        new Uint8Array(50).fill(0xdd),
        '125d7342b9ac11cd91a39af48aa17b4f63f175d3',
      ],
      [
        new Uint8Array(80).fill(0xaa),
        Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
        'aa4ae5e15272d00e95705637ce8a3b55ed402112',
      ],
    ];
    for (const [key, data, digest] of cases) {
      assert.equal(Buffer.from(hmacSha1(key, none, data, 0, data.length)).toString('hex'), digest);
    }
  });

  it('agrees with node:crypto, whatever is in the pieces and however keys change', () => {
    for (let round = 0; round < 500; round++) {
      const key = randomBytes(round % 70);
      const head = randomBytes(round % 5);
      const bytes = randomBytes(20 + (round % 200));
      const start = round % 7;
      const end = bytes.length - (round % 11);
      const expected = createHmac('sha1', key).update(head).update(bytes.subarray(start, end)).digest();
      assert.deepEqual(Buffer.from(hmacSha1(key, head, bytes, start, end)), expected);
    }
  });

  it('refuses bytes that are not there', () => {
    const bytes = new Uint8Array(8);
    for (const [start, end] of [
      [-1, 4],
      [0, 9],
      [5, 4],
      [0, Number.NaN],
    ]) {
      assert.throws(() => hmacSha1(bytes, none, bytes, start, end));
    }
  });
});
