/** What a dialect may choose for its participants: what they publish, want, and call what they are sent. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Publication } from '../../src/index.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, type Member, RoomMembers, subscriptionsOf } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

before(async () => {
  server = await startManifold();
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const liveCount = (member: Member) => subscriptionsOf(member).filter(({ state }) => state === 'live').length;

const msidsOf = ({ peer }: Member) =>
  peer.negotiator.transceivers.flatMap(({ remoteMsid }) => (remoteMsid === null ? [] : [remoteMsid]));

describe('choices of a dialect', () => {
  it('a publication that is held back is nobody’s until it is announced', async () => {
    const roomId = members.newRoomId();
    const b = members.join(roomId, 'b');
    const held: Publication[] = [];
    const a = members.join(roomId, 'a', ['audio'], { join: { holdsBack: () => true } });
    a.participant.on('publicationadded', (publication) => held.push(publication));
    const told: string[] = [];
    a.participant.room.on('publicationadded', ({ id }) => told.push(id));
    await until('a publishes', () => held.length === 1);
    assert.deepEqual([told, [...a.participant.room.publications()], subscriptionsOf(b)], [[], [], []]);
    a.participant.announce(held[0]);
    await until('b receives it', () => liveCount(b) === 1);
    assert.deepEqual(told, [held[0].id]);
    a.participant.announce(held[0]);
    assert.equal(told.length, 1, 'once is enough');
    leaveAll(a, b);
  });

  it('a participant that changes its mind about what it wants gets that, and no longer the rest', async () => {
    const roomId = members.newRoomId();
    let kind = 'audio';
    const a = members.join(roomId, 'a', ['audio', 'video']);
    const b = members.join(roomId, 'b', [], { join: { wants: (publication) => publication.kind === kind } });
    await until('b hears', () => liveCount(b) === 1);
    const [heard] = subscriptionsOf(b);
    kind = 'video';
    b.participant.reconsider();
    assert.deepEqual([heard.state, heard.reason], ['ended', 'unsubscribed']);
    await until('b sees', () => liveCount(b) === 1);
    assert.deepEqual(
      subscriptionsOf(b).map(({ publication }) => publication.kind),
      ['video'],
    );
    leaveAll(a, b);
  });

  it('a participant is sent streams under the names its dialect gives them', async () => {
    const roomId = members.newRoomId();
    const a = members.join(roomId, 'a', ['audio']);
    const msidOf = ({ participant, kind }: Publication) => ({
      streamId: `of-${participant.id}`,
      trackId: kind,
    });
    const b = members.join(roomId, 'b', [], { join: { msidOf } });
    await until('b receives', () => liveCount(b) === 1);
    assert.deepEqual(msidsOf(b), [{ streamId: 'of-a', trackId: 'audio' }]);
    leaveAll(a, b);
  });

  it('who fails before being let in was never there, and replaces nobody', async () => {
    const { a, b, room } = await members.connectedPair();
    const joined: string[] = [];
    room.on('participantjoined', ({ id }) => joined.push(id));
    const before = server.manifold.rooms.participantCount;
    const options = { roomId: room.id, participantId: 'a', dialect: 'test', renegotiates: true };
    assert.throws(
      () => server.manifold.rooms.join(options, (newcomer) => newcomer.answerOffer('v=1')),
      /SDP|v=/,
    );
    assert.equal(room.participants.get('a'), a.participant);
    assert.equal(server.manifold.rooms.participantCount, before);
    assert.deepEqual([joined, a.closed], [[], []]);
    assert.equal(liveCount(b), 1);
    leaveAll(a, b);
    const empty = { ...options, roomId: members.newRoomId() };
    assert.throws(() => server.manifold.rooms.join(empty, (newcomer) => newcomer.answerOffer('')));
    assert.equal(server.manifold.rooms.rooms.has(empty.roomId), false);
  });
});
