/** A bug in one session, or in a program that listens, ends that session at most and nobody else's. */
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { PeerConnection } from '../../src/webrtc/peer-connection.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers, subscriptionsOf } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

const bug = (): never => {
  throw new TypeError('a bug');
};

before(async () => {
  server = await startManifold();
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});

after(async () => {
  network.close();
  await server.close();
});

afterEach(() => {
  assert.ok(server.errors.length > 0, 'the bug is in the log');
  server.errors.length = 0;
  assert.equal(server.manifold.rooms.rooms.size, 0);
  assert.equal(server.manifold.rooms.participantCount, 0);
});

it('a listener that throws keeps nobody from joining or leaving, and no other listener from being told', () => {
  const { rooms } = server.manifold;
  const told: string[] = [];
  for (const event of ['roomopened', 'participantjoined', 'participantleft', 'roomclosed'] as const) {
    rooms.once(event, bug);
    rooms.once(event, () => told.push(event));
  }
  const member = members.join(members.newRoomId(), 'a', ['audio']);
  leaveAll(member);
  assert.deepEqual(told, ['roomopened', 'participantjoined', 'participantleft', 'roomclosed']);
  assert.equal(server.errors.length, 4);
});

it('listeners of one participant do not end the call of another whose packets they are told of', async () => {
  const roomId = members.newRoomId();
  const b = members.join(roomId, 'b', ['audio']);
  b.participant.on('subscriptionchanged', bug);
  const a = members.join(roomId, 'a', ['audio']);
  a.participant.on('publicationadded', bug);
  await until('b hears a', () => subscriptionsOf(b)[0]?.state === 'live');
  assert.deepEqual([...a.closed, ...b.closed], []);
  leaveAll(a, b);
});

it('a bug in what a participant does about a publication ends that participant alone', async () => {
  const roomId = members.newRoomId();
  const a = members.join(roomId, 'a', ['audio']);
  const b = members.join(roomId, 'b', [], { join: { wants: bug } });
  const c = members.join(roomId, 'c', []);
  await until('c hears a', () => subscriptionsOf(c)[0]?.state === 'live');
  assert.deepEqual(b.closed, ['internal-error']);
  assert.deepEqual([...a.closed, ...c.closed], []);
  leaveAll(a, b, c);
});

it('a participant who is put out for what it publishes leaves no subscription behind', async () => {
  const roomId = members.newRoomId();
  const b = members.join(roomId, 'b', ['audio']);
  const a = members.join(roomId, 'a', ['audio']);
  a.participant.on('publicationadded', () => {
    a.participant.leave('kicked');
    bug();
  });
  await until('a has left', () => a.closed.length > 0);
  assert.equal(subscriptionsOf(b).length, 0);
  leaveAll(a, b);
});

it('a bug in handling STUN ends the session it is for, and tells its owner', async (t) => {
  t.mock.method(PeerConnection.prototype, 'receiveStun', bug);
  const member = members.join(members.newRoomId(), 'a', ['audio']);
  await until('it has ended', () => member.closed.length > 0);
  assert.deepEqual(member.closed, ['internal-error']);
  leaveAll(member);
});

it('a session that a bug keeps from closing in order is closed all the same', async (t) => {
  const { a, b } = await members.connectedPair();
  t.mock.method(subscriptionsOf(b)[0], 'end', bug);
  b.participant.leave('left');
  assert.deepEqual(b.closed, ['left']);
  assert.equal(b.participant.connectionState, 'closed');
  leaveAll(a, b);
});
