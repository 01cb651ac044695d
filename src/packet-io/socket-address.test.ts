import assert from 'node:assert/strict';
import { isIPv6, SocketAddress as NodeAddress } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressStride } from './layout.ts';
import { readAddress } from './socket-address.ts';

function record(family: number, port: number, bytes: readonly number[], scope = 0): Uint8Array {
  const out = new Uint8Array(2 * addressStride).fill(0xee);
  const view = new DataView(out.buffer, addressStride);
  view.setUint8(0, family);
  view.setUint8(1, 0);
  view.setUint16(2, port);
  for (let i = 0; i < 16; i++) view.setUint8(4 + i, bytes[i] ?? 0);
  view.setUint32(20, scope);
  return out;
}

const groups = (...values: number[]) => values.flatMap((value) => [value >> 8, value & 0xff]);

describe('readAddress', () => {
  it('reads IPv4', () => {
    assert.deepEqual(readAddress(record(4, 3478, [192, 0, 2, 255]), addressStride), {
      family: 4,
      address: '192.0.2.255',
      port: 3478,
    });
  });

  it('writes IPv6 as RFC 5952 says', () => {
    for (const [bytes, text] of [
      [groups(0, 0, 0, 0, 0, 0, 0, 0), '::'],
      [groups(0, 0, 0, 0, 0, 0, 0, 1), '::1'],
      [groups(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), '2001:db8::'],
      [groups(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1'],
      [groups(0x2001, 0, 0, 1, 0, 0, 0, 1), '2001:0:0:1::1'],
      [groups(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), '2001:db8::1:0:0:1'],
    ] as const)
      assert.equal(readAddress(record(6, 1, bytes), addressStride).address, text);
  });

  it('keeps the scope of a link-local address', () => {
    const bytes = groups(0xfe80, 0, 0, 0, 0, 0, 0, 9);
    assert.equal(readAddress(record(6, 1, bytes, 3), addressStride).address, 'fe80::9%3');
  });

  it('writes any IPv6 address so that it is read back the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
          minLength: 8,
          maxLength: 8,
        }),
        (values) => {
          const { address } = readAddress(record(6, 9, groups(...values)), addressStride);
          assert.ok(isIPv6(address));
          const full = values.map((value) => value.toString(16)).join(':');
          assert.equal(
            new NodeAddress({ family: 'ipv6', address }).address,
            new NodeAddress({ family: 'ipv6', address: full }).address,
          );
        },
      ),
    );
  });
});
