import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress, isLoopback, isLoopbackHost } from './client-address.ts';

function from(
  remoteAddress: string,
  headers: Record<string, string> = {},
  encrypted = false,
): IncomingMessage {
  return { socket: { remoteAddress, encrypted }, headers } as unknown as IncomingMessage;
}

test('without trust, the address is the one the connection comes from', () => {
  assert.deepEqual(clientAddress(from('::ffff:192.0.2.1', {}, true), false), {
    address: '192.0.2.1',
    secure: true,
    untrustedProxy: false,
  });
  assert.deepEqual(clientAddress(from('192.0.2.1', { 'x-forwarded-for': '1.2.3.4' }), false), {
    address: '192.0.2.1',
    secure: false,
    untrustedProxy: true,
  });
});

test('with trust, it is the last one the proxy wrote', () => {
  const headers = { 'x-forwarded-for': '6.6.6.6, 2001:db8::1', 'x-forwarded-proto': 'https' };
  assert.deepEqual(clientAddress(from('127.0.0.1', headers), true), {
    address: '2001:db8::1',
    secure: true,
    untrustedProxy: false,
  });
  assert.equal(clientAddress(from('127.0.0.1'), true).address, '127.0.0.1');
});

test('knows this machine by address and by name', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1']) assert.equal(isLoopback(address), true);
  for (const address of ['128.0.0.1', '', '127.0.0.1.example']) assert.equal(isLoopback(address), false);
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1:8080', '[::1]', '[::1]:1']) {
    assert.equal(isLoopbackHost(host), true, host);
  }
  for (const host of [undefined, '', 'example.org', 'localhost.example.org', '127.0.0.1.example']) {
    assert.equal(isLoopbackHost(host), false, host);
  }
});
