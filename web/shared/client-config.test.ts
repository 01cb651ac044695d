import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIceServers } from './client-config.ts';

test('usable ICE servers are kept, others left out', () => {
  assert.deepEqual(
    readIceServers({
      iceServers: [
        { urls: 'stun:a.example' },
        { urls: ['turn:b.example', 'http://no.example'], username: 'u', credential: 'c' },
        { urls: 'turn:without-credentials.example' },
        { urls: 7 },
        'x',
      ],
    }),
    [{ urls: ['stun:a.example'] }, { urls: ['turn:b.example'], username: 'u', credential: 'c' }],
  );
});

test('anything else means none', () => {
  for (const data of [null, [], {}, { iceServers: 'x' }]) assert.deepEqual(readIceServers(data), []);
});
