/**
 * Every way in which a participant, publication, subscription, connection or room ends, with what it takes along:
 * docs/architecture.md, "Who closes whom". Over the real engine, with real connections.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Participant } from '../../src/index.ts';
import { UserError } from '../../src/index.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers, subscriptionsOf } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

before(async () => {
  server = await startManifold({
    limits: { rooms: 8, participantsPerRoom: 3, publicationsPerParticipant: 2 },
    timeouts: { subscriptionMs: 1500 },
  });
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

describe('who closes whom', () => {
  it('leaving ends its subscriptions and publications, the subscriptions to them, and at last the room', async () => {
    const { a, b, room } = await members.connectedPair(['audio', 'video']);
    const ended: string[] = [];
    b.participant.on('subscriptionchanged', ({ state, reason }) => ended.push(`${state} ${reason}`));
    const [own] = subscriptionsOf(a);
    a.participant.leave('left');
    assert.deepEqual(ended, ['ended publication-ended', 'ended publication-ended']);
    assert.equal(own.state, 'ended');
    assert.equal(own.reason, 'participant-left');
    assert.equal(a.participant.publications.size, 0);
    assert.equal(a.participant.connectionState, 'closed');
    assert.deepEqual(a.closed, ['left']);
    assert.deepEqual([...room.participants.keys()], ['b']);
    assert.equal(server.manifold.rooms.rooms.get(room.id), room);
    b.participant.leave('left');
    assert.equal(server.manifold.rooms.rooms.has(room.id), false);
    // Once more says nothing more.
    a.participant.leave('kicked');
    assert.deepEqual(a.closed, ['left']);
    leaveAll(a, b);
  });

  it('a client that closes its connection leaves', async () => {
    const { a, b, room } = await members.connectedPair();
    a.peer.hangUp();
    await until('a has left', () => a.closed.length > 0);
    assert.deepEqual(a.closed, ['connection-closed']);
    assert.deepEqual([...room.participants.keys()], ['b']);
    leaveAll(b);
  });

  it('joining again replaces oneself, and the room stays the same one', async () => {
    const { a, b, room } = await members.connectedPair();
    const again = members.join(room.id, 'a', ['audio']);
    assert.deepEqual(a.closed, ['replaced']);
    assert.equal(again.participant.room, room);
    assert.equal(room.participants.get('a'), again.participant);
    await until('b receives the new one', () =>
      subscriptionsOf(b).some(
        ({ publication, state }) => publication.participant === again.participant && state === 'live',
      ),
    );
    assert.equal(subscriptionsOf(b).length, 1);
    leaveAll(again, b);
    assert.equal(server.manifold.rooms.rooms.has(room.id), false);
  });

  it('the only member replacing itself does not close the room', () => {
    const roomId = members.newRoomId();
    const first = members.join(roomId, 'a');
    const room = first.participant.room;
    const closedRooms: string[] = [];
    server.manifold.rooms.once('roomclosed', ({ id }) => closedRooms.push(id));
    const second = members.join(roomId, 'a');
    assert.equal(second.participant.room, room);
    assert.deepEqual(closedRooms, []);
    leaveAll(second);
    assert.deepEqual(closedRooms, [roomId]);
    first.peer.close();
  });

  it('an m-line that stops ends its publication and leaves the others', async () => {
    const { a, b } = await members.connectedPair(['audio', 'video']);
    const video = a.peer.negotiator.transceivers.find(({ kind, send }) => kind === 'video' && send !== null);
    assert.ok(video);
    video.stop();
    a.peer.acceptAnswer(a.participant.answerOffer(a.peer.createOffer()));
    assert.deepEqual(
      [...a.participant.publications.values()].map(({ kind }) => kind),
      ['audio'],
    );
    await until('b has only the audio', () => subscriptionsOf(b).length === 1);
    assert.equal(subscriptionsOf(b)[0].state, 'live');
    leaveAll(a, b);
  });

  it('a subscription that cannot start ends in a named failure, and recovers when it can', async () => {
    const roomId = members.newRoomId();
    const a = members.join(roomId, 'a', ['audio']);
    // Someone who never answers what it is offered.
    const silent = server.manifold.rooms.join({
      roomId,
      participantId: 's',
      dialect: 'test',
      renegotiates: true,
    });
    const peer = network.createPeer();
    peer.addTrack('video', 's-stream', 's-video');
    peer.acceptAnswer(silent.answerOffer(peer.createOffer()));
    await until('there is a subscription', () => silent.subscriptions.size === 1);
    const [subscription] = silent.subscriptions.values();
    assert.equal(subscription.state, 'pending');
    await until('the deadline has passed', () => subscription.state === 'failed');
    assert.equal(subscription.reason, 'negotiating');
    silent.acceptAnswer(peer.answerOffer(silent.createOffer()));
    await until('it is live', () => subscription.state === 'live');
    silent.leave('left');
    peer.close();
    leaveAll(a);
  });

  it('an offer that cannot be used changes nothing', async () => {
    const { a, b } = await members.connectedPair();
    assert.throws(() => a.participant.answerOffer('v=0\r\nnonsense'), { name: 'ProtocolError' });
    assert.throws(() => a.participant.acceptAnswer('v=0\r\n'), { name: 'ProtocolError' });
    assert.equal(a.participant.connectionState, 'connected');
    assert.equal(subscriptionsOf(b)[0].state, 'live');
    leaveAll(a, b);
  });
});

describe('limits', () => {
  it('refuses rooms, participants and ids beyond the limits in words, and counts nothing for them', () => {
    const { rooms } = server.manifold;
    const request = (roomId: string, participantId: string) => () =>
      rooms.join({ roomId, participantId, dialect: 'test', renegotiates: true });
    const fails = (code: string) => (error: unknown) => error instanceof UserError && error.code === code;
    const joined: Participant[] = [];
    for (let index = 0; index < 8; index++) joined.push(request(`limit-${index}`, 'p')());
    assert.throws(request('limit-8', 'p'), fails('limit-rooms'));
    joined.push(request('limit-0', 'q')(), request('limit-0', 'r')());
    assert.throws(request('limit-0', 's'), fails('limit-participants'));
    // Replacing oneself is no growth.
    joined.push(request('limit-0', 'r')());
    assert.throws(request('', 'p'), fails('malformed-message'));
    assert.throws(request('limit-0', 'x'.repeat(10_000)), fails('malformed-message'));
    assert.equal(rooms.rooms.size, 8);
    for (const member of joined) member.leave('left');
    assert.equal(rooms.rooms.size, 0);
    assert.equal(rooms.participantCount, 0);
  });
});
