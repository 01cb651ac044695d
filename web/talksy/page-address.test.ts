import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPageAddress, socketAddress } from './page-address.ts';

const at = (protocol: string, search: string) =>
  socketAddress({ protocol, host: 'example.org:8080' }, readPageAddress(search));

test('the socket’s address, with the empty parameter and the room that is called null', () => {
  assert.equal(at('http:', '?room_id=a b'), 'ws://example.org:8080/ws?&room_id=a%20b');
  assert.equal(at('https:', '?debug=1&room_id=x'), 'wss://example.org:8080/wss?debug=1&room_id=x');
  assert.equal(at('http:', ''), 'ws://example.org:8080/ws?&room_id=null');
});

test('switches count by their presence', () => {
  assert.deepEqual(readPageAddress('?disablered&quirks=1'), {
    room: null,
    debug: false,
    disableRed: true,
    quirks: true,
  });
});
