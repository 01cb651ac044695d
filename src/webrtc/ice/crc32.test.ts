import assert from 'node:assert/strict';
import { it } from 'node:test';
import { crc32 } from './crc32.ts';

it('crc32 has the check value of ISO 3309, of a whole array and of its beginning', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  assert.equal(crc32(Buffer.from('123456789abc'), 9), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});
