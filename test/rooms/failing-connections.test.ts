/** Connections that do not come up, stop, or are described wrongly: over the real engine, with real connections. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

before(async () => {
  server = await startManifold({ timeouts: { connectMs: 1000 } });
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

it('a client with a path that never begins DTLS is removed', async () => {
  const member = members.join(members.newRoomId(), 'a', ['audio'], { handshakes: false });
  await until('it is removed', () => member.closed.length > 0);
  assert.deepEqual(member.closed, ['connection-failed']);
  assert.equal(member.participant.connectionFailure, 'dtls-timeout');
  leaveAll(member);
});

describe('a description with another certificate', () => {
  const otherFingerprint = (sdp: string) =>
    sdp.replace(/(a=fingerprint:sha-256 )..:..:/g, (_, start: string) => `${start}00:00:`);

  it('as an offer is refused, and the session can be renegotiated as before', async () => {
    const { a, b } = await members.connectedPair();
    const before = a.participant.localIceCredentials;
    const { negotiator } = a.peer;
    const offer = otherFingerprint(negotiator.createOffer()).replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:other');
    assert.throws(() => a.participant.answerOffer(offer), { code: 'fingerprint-mismatch' });
    negotiator.rollback();
    assert.equal(a.participant.connectionState, 'connected');
    assert.deepEqual(a.participant.localIceCredentials, before);
    // An offer of ours can still be made.
    a.participant.expectMedia('video');
    a.participant.acceptAnswer(a.peer.answerOffer(a.participant.createOffer()));
    leaveAll(a, b);
  });

  it('as an answer is refused, and the offer still waits for one', async () => {
    const { a, b } = await members.connectedPair();
    a.participant.expectMedia('video');
    const answer = a.peer.answerOffer(a.participant.createOffer());
    assert.throws(() => a.participant.acceptAnswer(otherFingerprint(answer)), {
      code: 'fingerprint-mismatch',
    });
    assert.equal(a.participant.offerPending, true);
    a.participant.acceptAnswer(answer);
    leaveAll(a, b);
  });
});

it('an offer that cannot be used does not take back ours', async () => {
  const { a, b } = await members.connectedPair();
  a.participant.expectMedia('video');
  const offer = a.participant.createOffer();
  assert.throws(() => a.participant.answerOffer('v=0\r\nnonsense'), { code: 'malformed-sdp' });
  a.participant.acceptAnswer(a.peer.answerOffer(offer));
  leaveAll(a, b);
});
