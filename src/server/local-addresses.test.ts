import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { reachableAddresses } from './local-addresses.ts';

const info = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;

test('takes what others can reach, IPv4 first, and 127.0.0.1 last', () => {
  assert.deepEqual(
    reachableAddresses({
      lo: [info('127.0.0.1', true), info('::1', true)],
      eth0: [info('2001:db8::1'), info('192.0.2.1'), info('fe80::1')],
      wlan0: [info('198.51.100.1'), info('192.0.2.1')],
    }),
    ['192.0.2.1', '198.51.100.1', '2001:db8::1', '127.0.0.1'],
  );
});

test('a machine without a network serves itself', () => {
  assert.deepEqual(reachableAddresses({ lo: [info('127.0.0.1', true)] }), ['127.0.0.1']);
});

test('a machine with very many addresses does not put them all into every answer', () => {
  const many = Array.from({ length: 50 }, (_, index) => info(`10.0.0.${index + 1}`));
  assert.equal(reachableAddresses({ eth0: many }).length, 16);
});
