import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inviteLink, makeSelfId, readRoomAddress, signalingUrl, suggestRoom } from './room-address.ts';

test('room and name are read from the address, trimmed and cut', () => {
  assert.deepEqual(readRoomAddress('?room=%20stand%20up%20&name=Ada'), { room: 'stand up', name: 'Ada' });
  assert.deepEqual(readRoomAddress(''), { room: '', name: '' });
  assert.equal(readRoomAddress(`?room=${'x'.repeat(500)}`).room.length, 64);
});

test('an invitation carries the room and nothing personal', () => {
  assert.equal(
    inviteLink('https://h.example/?room=a&name=Ada#x', 'a & b'),
    'https://h.example/?room=a+%26+b',
  );
  assert.equal(readRoomAddress(new URL(inviteLink('https://h.example/', 'ä/ö+')).search).room, 'ä/ö+');
});

test('signaling is on the same host and as secure as the page', () => {
  assert.equal(signalingUrl('https://h.example/?room=a'), 'wss://h.example/ws');
  assert.equal(signalingUrl('http://localhost:8080/'), 'ws://localhost:8080/ws');
});

test('suggestions and ids have their form at both ends of the random range', () => {
  for (const value of [0, 0.999999]) {
    assert.match(
      suggestRoom(() => value),
      /^[a-z]+-[a-z]+-\d\d$/,
    );
    assert.match(
      makeSelfId(() => value),
      /^[A-Za-z0-9]{10}$/,
    );
  }
});
