/** What a thousand rooms leave behind when they are closed: nothing. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { queryObjects } from 'node:v8';
import { Deadline } from '../../src/engine/deadline-queue.ts';
import { Participant } from '../../src/rooms/participant.ts';
import { Room } from '../../src/rooms/room.ts';
import { Subscription } from '../../src/rooms/subscription.ts';
import { DtlsTransport } from '../../src/webrtc/dtls/dtls-transport.ts';
import { PeerConnection } from '../../src/webrtc/peer-connection.ts';
import { HeadlessNetwork } from '../signaling/headless-peer.ts';
import { browserOffer, type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;

before(async () => {
  server = await startManifold();
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const classes = [Room, Participant, PeerConnection, DtlsTransport, Subscription, Deadline];
/** The last few may still be in registers of functions that have returned. */
const mostLeft = 4;

/** Collects garbage and names what is left in numbers. */
function leaked(): string[] {
  return classes.flatMap((type) => {
    const count = queryObjects(type, { format: 'count' });
    return count > mostLeft ? [`${count} × ${type.name}`] : [];
  });
}

it('a thousand rooms with two members who negotiated, opened and closed', () => {
  const { rooms } = server.manifold;
  const offer = browserOffer('chromium-audio-video');
  for (let index = 0; index < 1000; index++) {
    const join = (participantId: string) =>
      rooms.join({ roomId: `room-${index}`, participantId, dialect: 'test', renegotiates: true });
    const [a, b] = [join('a'), join('b')];
    for (const participant of [a, b]) participant.answerOffer(offer);
    // One way each in which a session ends.
    join('a').leave('left');
    b.leave('left');
  }
  assert.equal(rooms.rooms.size, 0);
  assert.equal(rooms.participantCount, 0);
  assert.deepEqual(leaked(), []);
});

it('members who were connected and heard each other', async () => {
  const members = new RoomMembers(server.manifold.rooms, network);
  for (let index = 0; index < 3; index++) {
    const { a, b } = await members.connectedPair(['audio', 'video']);
    leaveAll(a, b);
  }
  // Until promises of the last pair are done with.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(leaked(), []);
});
