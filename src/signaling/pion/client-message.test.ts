import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../errors.ts';
import { parseClientMessage } from './client-message.ts';

const ids = { room_id: 'r', self_id: 's' };
const parse = (message: unknown) => parseClientMessage(JSON.stringify(message));

test('every event of the dialect is read', () => {
  assert.deepEqual(parse({ event: 'joinRoom', data: ids }), {
    event: 'joinRoom',
    data: { ...ids, features: [] },
  });
  assert.deepEqual(parse({ event: 'leaveRoom', data: ids }), { event: 'leaveRoom', data: ids });
  const offer = { type: 'offer', sdp: 'v=0' };
  assert.deepEqual(parse({ event: 'offer', data: { ...ids, offer } }), {
    event: 'offer',
    data: { ...ids, offer },
  });
  const answer = { type: 'answer', sdp: 'v=0' };
  assert.deepEqual(parse({ event: 'answer', data: { ...ids, answer } }), {
    event: 'answer',
    data: { ...ids, answer },
  });
  const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null };
  assert.deepEqual(parse({ event: 'ice-candidate', data: { ...ids, candidate } }), {
    event: 'ice-candidate',
    data: { ...ids, candidate: { candidate: 'candidate:1' } },
  });
  assert.deepEqual(parse({ event: 'mute', data: { ...ids, mid: '1', muted: true } }), {
    event: 'mute',
    data: { ...ids, mid: '1', muted: true },
  });
  const sizes = [
    { mid: '3', width: 640, height: 360 },
    { mid: '4', width: 0, height: 0 },
  ];
  assert.deepEqual(parse({ event: 'shown', data: { ...ids, sizes } }), {
    event: 'shown',
    data: { ...ids, sizes },
  });
});

test('sizes out of bounds are nonsense', () => {
  const shown = (...sizes: unknown[]) => parse({ event: 'shown', data: { ...ids, sizes } }).event;
  assert.equal(shown(), 'shown');
  for (const size of [
    { mid: '3', width: -1, height: 1 },
    { mid: '3', width: 1e6, height: 1 },
    { mid: '3', width: 0.5, height: 1 },
    { mid: '3', width: 1 },
    { mid: 'm'.repeat(65), width: 1, height: 1 },
    null,
  ]) {
    assert.equal(shown(size), null);
  }
  assert.equal(shown(...Array.from({ length: 257 }, () => ({ mid: '3', width: 1, height: 1 }))), null);
});

test('data may be JSON text, as derived servers and clients have it', () => {
  assert.deepEqual(parse({ event: 'leaveRoom', data: JSON.stringify(ids) }), {
    event: 'leaveRoom',
    data: ids,
  });
});

test('an answer may lack its ids, or have null there', () => {
  const answer = { type: 'answer', sdp: 'v=0' };
  const read = { event: 'answer', data: { room_id: null, self_id: null, answer } };
  assert.deepEqual(parse({ event: 'answer', data: { answer } }), read);
  assert.deepEqual(parse({ event: 'answer', data: { answer, room_id: null, self_id: null } }), read);
});

test('a candidate may have an empty, null or missing mid and index', () => {
  for (const candidate of [
    { candidate: 'c', sdpMid: '', sdpMLineIndex: 0 },
    { candidate: 'c', sdpMid: null, sdpMLineIndex: null },
    { candidate: 'c' },
    { candidate: '' },
  ]) {
    assert.equal(parse({ event: 'ice-candidate', data: { ...ids, candidate } }).event, 'ice-candidate');
  }
});

test('additive fields that mean something else do not keep a client out', () => {
  const message = parse({ event: 'joinRoom', data: { ...ids, name: 7, features: 'all' } });
  assert.equal(message.event, 'joinRoom');
  const named = parse({ event: 'joinRoom', data: { ...ids, name: 'Ada', features: ['media'] } });
  assert.deepEqual(named, { event: 'joinRoom', data: { ...ids, name: 'Ada', features: ['media'] } });
});

for (const [what, message] of [
  ['null', null],
  ['a number', 7],
  ['a list', [1]],
  ['an empty object', {}],
  ['an event that is no text', { event: 7, data: ids }],
  ['an unknown event', { event: 'selfDestruct', data: ids }],
  ['the name of an inherited property', { event: 'constructor', data: ids }],
  ['no data', { event: 'joinRoom' }],
  ['null data', { event: 'joinRoom', data: null }],
  ['data that is broken JSON text', { event: 'joinRoom', data: '{' }],
  ['missing ids', { event: 'joinRoom', data: {} }],
  ['empty ids', { event: 'joinRoom', data: { room_id: '', self_id: '' } }],
  ['numeric ids', { event: 'joinRoom', data: { room_id: 1, self_id: 2 } }],
  ['an offer without description', { event: 'offer', data: ids }],
  ['an offer that is text', { event: 'offer', data: { ...ids, offer: 'v=0' } }],
  ['an offer of another type', { event: 'offer', data: { ...ids, offer: { type: 'answer', sdp: 'v=0' } } }],
  ['an offer without SDP', { event: 'offer', data: { ...ids, offer: { type: 'offer' } } }],
  ['a null candidate', { event: 'ice-candidate', data: { ...ids, candidate: null } }],
  ['a mid that is far too long', { event: 'mute', data: { ...ids, mid: 'x'.repeat(65), muted: true } }],
]) {
  test(`${what} is nonsense`, () => {
    const result = parse(message);
    assert.equal(result.event, null);
    assert.ok((result as { reason: string }).reason.length > 0);
  });
}

test('broken JSON is an error', () => {
  for (const text of ['', '{', 'hello', '\u0000', '{"event":"joinRoom",}']) {
    assert.throws(
      () => parseClientMessage(text),
      (error) => error instanceof ProtocolError && error.code === 'malformed-message',
    );
  }
});

test('whatever comes is read, nonsense or a protocol error, never a bug', () => {
  const event = fc.constantFrom(
    'joinRoom',
    'leaveRoom',
    'offer',
    'answer',
    'ice-candidate',
    'mute',
    '__proto__',
  );
  const message = fc.oneof(
    fc.json(),
    fc.string(),
    fc.tuple(event, fc.jsonValue()).map(([name, data]) => JSON.stringify({ event: name, data })),
    fc
      .tuple(
        event,
        fc.dictionary(fc.constantFrom('room_id', 'self_id', 'offer', 'answer', 'candidate'), fc.jsonValue()),
      )
      .map(([name, data]) => JSON.stringify({ event: name, data })),
  );
  fc.assert(
    fc.property(message, (text) => {
      try {
        parseClientMessage(text);
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});
