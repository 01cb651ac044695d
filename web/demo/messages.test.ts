import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as messages from './messages.ts';
import { parseServerMessage } from './messages.ts';

const identity = { roomId: 'r', selfId: 's' };

test('a description is read from JSON text, with the directory when there is one', () => {
  const data = JSON.stringify({
    type: 'offer',
    sdp: 'v=0',
    self_id: 's',
    room_id: 'r',
    participants: [{ id: 'a', name: 'Ada', dialect: 'whip' }, { id: 'b' }, { name: 'no id' }, 7],
    media: [
      { mid: '3', participantId: 'a', publicationId: 'p1', kind: 'video', muted: true },
      { mid: '4', participantId: 'a', kind: 'audio' },
      { mid: '5', participantId: 'a', kind: 'smell' },
    ],
  });
  assert.deepEqual(parseServerMessage(JSON.stringify({ event: 'offer', data })), {
    type: 'offer',
    sdp: 'v=0',
    directory: {
      participants: [
        { id: 'a', name: 'Ada', dialect: 'whip' },
        { id: 'b', name: 'b', dialect: null },
      ],
      media: [
        { mid: '3', participantId: 'a', publicationId: 'p1', kind: 'video', muted: true },
        { mid: '4', participantId: 'a', publicationId: 'a:4', kind: 'audio', muted: false },
      ],
    },
  });
});

test('a server without the additive fields, or with an object in data, is understood', () => {
  const text = JSON.stringify({ event: 'answer', data: { type: 'answer', sdp: 'v=0' } });
  assert.deepEqual(parseServerMessage(text), { type: 'answer', sdp: 'v=0', directory: null });
});

test('a candidate always names its line', () => {
  const parse = (data: object) =>
    parseServerMessage(JSON.stringify({ event: 'candidate', data: JSON.stringify(data) }));
  assert.deepEqual(
    parse({ candidate: 'candidate:1', sdpMid: '', sdpMLineIndex: 0, usernameFragment: null }),
    {
      type: 'candidate',
      candidate: { candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 0 },
    },
  );
  assert.deepEqual(parse({ candidate: 'candidate:1' }), {
    type: 'candidate',
    candidate: { candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 0 },
  });
});

test('media and error events', () => {
  assert.deepEqual(parseServerMessage('{"event":"media","data":"{\\"participants\\":[],\\"media\\":[]}"}'), {
    type: 'media',
    directory: { participants: [], media: [] },
  });
  assert.deepEqual(
    parseServerMessage('{"event":"error","data":"{\\"code\\":\\"limit-rooms\\",\\"message\\":\\"Full.\\"}"}'),
    { type: 'error', code: 'limit-rooms', message: 'Full.' },
  );
});

test('which encodings nobody has use for', () => {
  const parse = (data: object) => parseServerMessage(JSON.stringify({ event: 'encodings', data }));
  assert.deepEqual(parse({ mid: '1', unused: ['mid', 'high', 7] }), {
    type: 'encodings',
    mid: '1',
    unused: ['mid', 'high'],
  });
  assert.deepEqual(parse({ mid: '1', unused: [] }), { type: 'encodings', mid: '1', unused: [] });
  assert.equal(parse({ mid: '1' }), null);
  assert.equal(parse({ unused: [] }), null);
});

test('anything else is left alone', () => {
  for (const text of [
    '',
    'x',
    'null',
    '[]',
    '{"event":"offer"}',
    '{"event":"offer","data":"{"}',
    '{"event":"offer","data":"{}"}',
    '{"event":"candidate","data":"{}"}',
    '{"event":"media","data":"{}"}',
    '{"event":"news","data":"{}"}',
  ]) {
    assert.equal(parseServerMessage(text), null, text);
  }
});

test('what is sent carries the ids and an object in data', () => {
  assert.deepEqual(JSON.parse(messages.joinRoom(identity, 'Ada')), {
    event: 'joinRoom',
    data: { room_id: 'r', self_id: 's', name: 'Ada', features: ['media', 'encodings'] },
  });
  assert.deepEqual(JSON.parse(messages.offer(identity, 'v=0')), {
    event: 'offer',
    data: { room_id: 'r', self_id: 's', offer: { type: 'offer', sdp: 'v=0' } },
  });
  assert.deepEqual(JSON.parse(messages.answer(identity, 'v=0')).data.answer, { type: 'answer', sdp: 'v=0' });
  assert.deepEqual(
    JSON.parse(messages.iceCandidate(identity, { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 })),
    {
      event: 'ice-candidate',
      data: {
        room_id: 'r',
        self_id: 's',
        candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null },
      },
    },
  );
  assert.deepEqual(JSON.parse(messages.mute(identity, '1', true)), {
    event: 'mute',
    data: { room_id: 'r', self_id: 's', mid: '1', muted: true },
  });
  assert.deepEqual(JSON.parse(messages.shown(identity, [{ mid: '3', width: 640, height: 360 }])), {
    event: 'shown',
    data: { room_id: 'r', self_id: 's', sizes: [{ mid: '3', width: 640, height: 360 }] },
  });
  assert.equal(JSON.parse(messages.leaveRoom(identity)).event, 'leaveRoom');
});
