import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, packetChecksum } from './crc32c.ts';

test('the check value of CRC-32C', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

// RFC 3720 appendix B.4.
const vectors: [string, Buffer, number][] = [
  ['zeros', Buffer.alloc(32), 0x8a9136aa],
  ['ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['increasing', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['decreasing', Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c],
];
for (const [name, bytes, expected] of vectors)
  test(`32 bytes of ${name}`, () => assert.equal(crc32c(bytes), expected));

test('a packet is summed as if its checksum were zero, at any length', () => {
  for (let bytes = 12; bytes < 40; bytes++) {
    const packet = Buffer.from(Array.from({ length: bytes }, (_, index) => index * 37));
    const zeroed = Buffer.from(packet);
    zeroed.fill(0, 8, 12);
    assert.equal(packetChecksum(packet), crc32c(zeroed));
  }
});
