import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, FakeRooms, ManualClock } from '../../../test/signaling/pion-fakes.ts';
import { UserError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { defaultTimings } from './pion-peer.ts';
import { type JoinableRooms, PionSocket } from './pion-socket.ts';

/** The real thing fits. */
export const fits = (rooms: Rooms): JoinableRooms => rooms;

function fixture() {
  const clock = new ManualClock();
  const rooms = new FakeRooms();
  const bugs: object[] = [];
  const connect = () => {
    const sent: { event: string; data: Record<string, unknown> }[] = [];
    const socket = {
      closed: null as string | null,
      onmessage: (_text: string): void => {},
      onclose: (_code: number, _reason: string): void => {},
      send: (text: string) => void sent.push(decode(text)),
      close(_code?: number, reason = '') {
        this.closed ??= reason;
      },
    };
    new PionSocket(socket, {
      rooms,
      log: { ...silentLogger, error: (fields) => bugs.push(fields) },
      timings: defaultTimings,
      maxPeersPerSocket: 3,
      mayJoin: () => true,
      after: clock.after,
      now: clock.now,
    });
    const send = (event: string, data: object) => socket.onmessage(JSON.stringify({ event, data }));
    const join = (self_id: string, room_id = 'r', more: object = {}) => {
      send('joinRoom', { room_id, self_id, ...more });
      return rooms.joined[rooms.joined.length - 1].participant;
    };
    const offer = (self_id: string, room_id = 'r') =>
      send('offer', { room_id, self_id, offer: { type: 'offer', sdp: `of ${self_id}` } });
    const events = () => sent.splice(0).map(({ event }) => event);
    /** Joined, connected, and with an offer of ours out. */
    const joinAndAwaitAnswer = (self_id: string) => {
      const participant = join(self_id);
      offer(self_id);
      participant.connect();
      participant.needNegotiation();
      clock.advance(defaultTimings.collectMs);
      assert.ok(participant.offerPending);
      events();
      return participant;
    };
    return { socket, sent, send, join, offer, events, joinAndAwaitAnswer };
  };
  return { clock, rooms, bugs, connect };
}

const answer = { type: 'answer', sdp: 'answer' };

test('joinRoom is answered by silence', () => {
  const { connect, rooms, clock } = fixture();
  const { join, events, socket } = connect();
  join('a', 'r', { name: 'Ada' });
  clock.advance(600_000);
  assert.deepEqual(events(), []);
  assert.equal(socket.closed, null);
  assert.deepEqual(rooms.joined[0].options, {
    roomId: 'r',
    participantId: 'a',
    name: 'Ada',
    dialect: 'pion',
    renegotiates: true,
  });
});

test('an offer right behind joinRoom is answered', () => {
  const { connect } = fixture();
  const { join, offer, events } = connect();
  join('a');
  offer('a');
  assert.deepEqual(events(), ['answer', 'candidate']);
});

test('the features a client announces are its own', () => {
  const { connect } = fixture();
  const { join, offer, sent } = connect();
  const publication = { mid: '1', encodings: [{ rid: 'high', used: false }] };
  for (const features of [['media'], ['encodings'], ['media', 'encodings', 'more']]) {
    const self_id = features.join('+');
    const participant = join(self_id, 'r', { features });
    offer(self_id);
    sent.splice(0);
    participant.emit('encodingdemandchanged', publication);
    const told = sent.splice(0).filter(({ event }) => event === 'encodings');
    assert.equal(told.length, features.includes('encodings') ? 1 : 0);
  }
});

test('candidates and mute reach the participant', () => {
  const { connect } = fixture();
  const { join, send } = connect();
  const participant = join('a');
  send('ice-candidate', { room_id: 'r', self_id: 'a', candidate: { candidate: 'c' } });
  send('mute', { room_id: 'r', self_id: 'a', mid: '1', muted: true });
  assert.deepEqual(participant.calls, ['candidate c', 'mute 1 true']);
});

test('leaveRoom ends the peer, keeps the socket, and joining again works', () => {
  const { connect } = fixture();
  const { join, send, offer, events, socket } = connect();
  const first = join('a');
  send('leaveRoom', { room_id: 'r', self_id: 'a' });
  assert.equal(first.closeReason, 'left');
  assert.equal(socket.closed, null);
  offer('a');
  assert.deepEqual(events(), []);
  join('a');
  offer('a');
  assert.deepEqual(events(), ['answer', 'candidate']);
});

test('closing the socket ends all its peers', () => {
  const { connect } = fixture();
  const { join, socket } = connect();
  const peers = [join('a'), join('b'), join('a', 'other')];
  socket.onclose(1006, '');
  assert.deepEqual(
    peers.map(({ closeReason }) => closeReason),
    ['left', 'left', 'left'],
  );
});

test('joining again replaces the peer, on the same socket and on another', () => {
  const { connect } = fixture();
  const one = connect();
  const two = connect();
  const first = one.join('a', 'r', { features: ['media'] });
  const second = one.join('a', 'r', { features: ['media'] });
  assert.equal(first.closeReason, 'replaced');
  one.offer('a');
  assert.deepEqual(second.calls, ['answer of a']);
  assert.equal(one.socket.closed, null);
  two.join('a');
  assert.equal(second.closeReason, 'replaced');
  assert.equal(one.socket.closed, 'replaced', 'a client that announced itself is told');
});

test('a socket of the shipped client stays open when its peer is put out', () => {
  const { connect } = fixture();
  const { join, socket } = connect();
  join('a').leave('kicked');
  assert.equal(socket.closed, null);
});

test('a foreign socket can neither make a peer leave nor speak for it', () => {
  const { connect } = fixture();
  const owner = connect();
  const stranger = connect();
  const participant = owner.joinAndAwaitAnswer('a');
  participant.calls.length = 0;
  const ids = { room_id: 'r', self_id: 'a' };
  stranger.send('leaveRoom', ids);
  stranger.offer('a');
  stranger.send('answer', { ...ids, answer });
  stranger.send('answer', { answer });
  stranger.send('ice-candidate', { ...ids, candidate: { candidate: 'c' } });
  stranger.send('mute', { ...ids, mid: '0', muted: true });
  assert.deepEqual(participant.calls, []);
  assert.equal(participant.closeReason, null);
  assert.deepEqual(stranger.events(), []);
});

test('answers are taken with ids, and without', () => {
  const { connect, clock } = fixture();
  const { joinAndAwaitAnswer, join, send } = connect();
  join('idle');
  const participant = joinAndAwaitAnswer('a');
  send('answer', { room_id: 'r', self_id: 'a', answer });
  assert.equal(participant.offerPending, false);
  participant.needNegotiation();
  clock.advance(defaultTimings.collectMs);
  assert.equal(participant.offerPending, true);
  send('answer', { answer });
  assert.equal(participant.offerPending, false);
});

test('an answer with half its ids is for the peer they fit', () => {
  const { connect } = fixture();
  const { joinAndAwaitAnswer, send } = connect();
  const first = joinAndAwaitAnswer('a');
  const second = joinAndAwaitAnswer('b');
  send('answer', { self_id: 'b', answer });
  assert.equal(second.offerPending, false);
  send('answer', { self_id: 'nobody', answer });
  assert.equal(first.offerPending, true);
  send('answer', { room_id: 'r', answer });
  assert.equal(first.offerPending, false);
});

test('equal self_ids in two rooms are two peers', () => {
  const { connect } = fixture();
  const { join, send } = connect();
  const one = join('a', 'r1');
  const two = join('a', 'r2');
  send('leaveRoom', { room_id: 'r1', self_id: 'a' });
  assert.equal(one.closeReason, 'left');
  assert.equal(two.closeReason, null);
});

test('ids that look alike when joined together are kept apart', () => {
  const { connect } = fixture();
  const { join, send } = connect();
  const one = join('b', 'a","');
  join('","b', 'a');
  send('leaveRoom', { room_id: 'a","', self_id: 'b' });
  assert.equal(one.closeReason, 'left');
});

test('a socket has a limited number of peers; those it has are not disturbed', () => {
  const { connect, rooms } = fixture();
  const { join, send, events } = connect();
  for (const id of ['a', 'b', 'c']) join(id);
  send('joinRoom', { room_id: 'r', self_id: 'd' });
  assert.equal(rooms.joined.length, 3);
  assert.deepEqual(events(), []);
  join('a');
  assert.equal(rooms.joined.length, 4);
});

test('a refused join is silent, but told to a client that announced itself', () => {
  const { connect, rooms } = fixture();
  rooms.refusal = new UserError('limit-rooms', 'Full.');
  const { send, events, sent } = connect();
  send('joinRoom', { room_id: 'r', self_id: 'a' });
  assert.deepEqual(events(), []);
  send('joinRoom', { room_id: 'r', self_id: 'a', features: ['media'] });
  assert.deepEqual(sent, [
    { event: 'error', data: { code: 'limit-rooms', message: 'Full.', room_id: 'r', self_id: 'a' } },
  ]);
});

test('nonsense is ignored and the socket stays', () => {
  const { connect } = fixture();
  const { socket, join, send, offer, events } = connect();
  const participant = join('a');
  for (const text of ['null', '[]', '{}', '"x"', '{"event":"bye"}', '{"event":"offer","data":{}}'])
    socket.onmessage(text);
  send('offer', { room_id: 'unknown', self_id: 'a', offer: { sdp: 'x' } });
  send('leaveRoom', { room_id: 'unknown', self_id: 'unknown' });
  send('offer', { room_id: 'r', self_id: 'a', offer: { sdp: 'malformed' } });
  send('ice-candidate', { room_id: 'r', self_id: 'a', candidate: { candidate: 'malformed' } });
  send('answer', { answer: { sdp: 'malformed' } });
  assert.equal(socket.closed, null);
  assert.equal(participant.closeReason, null);
  offer('a');
  assert.deepEqual(events(), ['answer', 'candidate']);
});

test('broken JSON ends its socket only', () => {
  const { connect } = fixture();
  const one = connect();
  const two = connect();
  one.socket.onmessage('{"event":');
  assert.equal(one.socket.closed, 'The message is no JSON.');
  assert.equal(two.socket.closed, null);
});

test('a flood ends its socket', () => {
  const { connect } = fixture();
  const { socket } = connect();
  for (let i = 0; i < 3000 && socket.closed === null; i++) socket.onmessage('{}');
  assert.equal(socket.closed, 'Too many messages.');
});

test('a bug ends the peer it happened in, and no other', () => {
  const { connect, bugs } = fixture();
  const { join, offer, socket } = connect();
  const other = join('b');
  const participant = join('a');
  participant.bug = new TypeError('bug');
  offer('a');
  assert.equal(participant.closeReason, 'internal-error');
  assert.equal(other.closeReason, null);
  assert.equal(socket.closed, null);
  assert.equal(bugs.length, 1);
});
