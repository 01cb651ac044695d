import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decode,
  FakeParticipant,
  FakeRoom,
  FakeSubscription,
  ManualClock,
} from '../../../test/signaling/pion-fakes.ts';
import { ProtocolError, UserError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import { defaultTimings, PionPeer } from './pion-peer.ts';

const { collectMs, glareMs, answerTimeoutMs } = defaultTimings;

function fixture(options: { announced?: boolean; stopsEncodings?: boolean } = {}) {
  const clock = new ManualClock();
  const room = new FakeRoom();
  const participant = new FakeParticipant('me', room, 'Me');
  room.participants.set('me', participant);
  const sent: { event: string; data: Record<string, unknown> }[] = [];
  const bugs: object[] = [];
  const peer = new PionPeer({
    participant,
    roomId: 'r',
    selfId: 'me',
    announced: options.announced ?? false,
    stopsEncodings: options.stopsEncodings ?? false,
    timings: defaultTimings,
    after: clock.after,
    send: (text) => sent.push(decode(text)),
    log: { ...silentLogger, error: (fields) => bugs.push(fields) },
  });
  const take = () => sent.splice(0);
  const events = () => take().map(({ event }) => event);
  /** Through the client's first offer to a connection, with an offer of ours out if wanted. */
  const establish = (offering = false) => {
    peer.receiveOffer('first');
    participant.connect();
    clock.advance(collectMs);
    take();
    if (!offering) return;
    participant.needNegotiation();
    clock.advance(collectMs);
    assert.deepEqual(events(), ['offer']);
  };
  return { clock, room, participant, peer, bugs, take, events, establish };
}

test('the first offer is answered, and the candidates follow the answer', () => {
  const { peer, take } = fixture();
  peer.receiveOffer('first');
  assert.deepEqual(take(), [
    { event: 'answer', data: { type: 'answer', sdp: 'answer to first', participants: [], media: [] } },
    {
      event: 'candidate',
      data: {
        candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
        sdpMid: '0',
        sdpMLineIndex: 0,
        usernameFragment: null,
      },
    },
  ]);
  peer.receiveOffer('second');
  assert.deepEqual(
    take().map(({ event }) => event),
    ['answer'],
  );
});

test('nothing is sent before the first offer, whatever happens', () => {
  const { participant, peer, clock, events } = fixture({ announced: true });
  participant.needNegotiation();
  participant.connect();
  participant.room.emit('participantjoined');
  clock.advance(60_000);
  assert.deepEqual(events(), []);
  assert.throws(() => peer.receiveOffer('malformed'), ProtocolError);
  clock.advance(60_000);
  assert.deepEqual(events(), []);
});

test('no offer before the connection is up; then one for all changes', () => {
  const { participant, peer, clock, events, take } = fixture();
  peer.receiveOffer('first');
  events();
  participant.needNegotiation();
  clock.advance(10_000);
  assert.deepEqual(events(), []);
  participant.connect();
  participant.needNegotiation();
  clock.advance(collectMs - 1);
  participant.needNegotiation();
  assert.deepEqual(events(), []);
  clock.advance(1);
  assert.deepEqual(take(), [
    {
      event: 'offer',
      data: { type: 'offer', sdp: 'offer 1', self_id: 'me', room_id: 'r', participants: [], media: [] },
    },
  ]);
});

test('an interruption of the connection does not hold up offers', () => {
  const { participant, clock, events, establish } = fixture();
  establish();
  participant.connectionState = 'disconnected';
  participant.emit('connectionstatechange', 'disconnected');
  participant.needNegotiation();
  clock.advance(collectMs);
  assert.deepEqual(events(), ['offer']);
});

test('one offer is out at most; what came meanwhile is offered after the answer', () => {
  const { participant, peer, clock, events, establish } = fixture();
  establish(true);
  participant.needNegotiation();
  clock.advance(1000);
  assert.deepEqual(events(), []);
  peer.receiveAnswer('answer 1');
  clock.advance(collectMs);
  assert.deepEqual(events(), ['offer']);
});

test('a change that is taken back before the offer makes none', () => {
  const { participant, clock, events, establish } = fixture();
  establish();
  participant.needNegotiation();
  participant.wantsNegotiation = false;
  clock.advance(collectMs);
  assert.deepEqual(events(), []);
});

test('an offer that stays unanswered ends the peer', () => {
  const { participant, clock, establish } = fixture();
  establish(true);
  clock.advance(answerTimeoutMs - 1);
  assert.equal(participant.closeReason, null);
  clock.advance(1);
  assert.equal(participant.closeReason, 'timeout');
  assert.equal(clock.pending, 0);
});

test('an answered offer does not end it, a malformed answer does not count', () => {
  const { participant, peer, clock, establish } = fixture();
  establish(true);
  assert.throws(() => peer.receiveAnswer('malformed'), ProtocolError);
  assert.equal(peer.awaitsAnswer, true);
  peer.receiveAnswer('answer 1');
  clock.advance(answerTimeoutMs * 2);
  assert.equal(participant.closeReason, null);
});

test('an answer without an offer is ignored', () => {
  const { participant, peer, establish } = fixture();
  peer.receiveAnswer('stray');
  establish();
  peer.receiveAnswer('stray');
  assert.ok(!participant.calls.some((call) => call.startsWith('accept')));
});

test('glare with a client that ignores our offer: its own wins after a moment, ours is made again', () => {
  const { participant, peer, clock, events, take, establish } = fixture();
  establish(true);
  peer.receiveOffer('crossing');
  assert.deepEqual(events(), []);
  participant.wantsNegotiation = true;
  clock.advance(glareMs);
  assert.equal(take()[0].data.sdp, 'answer to crossing');
  clock.advance(collectMs);
  assert.deepEqual(events(), ['offer']);
  peer.receiveAnswer('answer 2');
  clock.advance(answerTimeoutMs * 2);
  assert.equal(participant.closeReason, null);
});

test('glare with a client that announced itself: its own wins at once', () => {
  const { participant, peer, clock, events, establish } = fixture({ announced: true });
  establish(true);
  participant.wantsNegotiation = true;
  peer.receiveOffer('crossing');
  assert.deepEqual(events(), ['answer']);
  peer.receiveAnswer('late');
  assert.ok(!participant.calls.includes('accept late'));
  clock.advance(collectMs);
  assert.deepEqual(events(), ['offer']);
});

test('glare with a browser that takes its offer back: its answer counts, and its new tracks are fetched', () => {
  const { participant, peer, clock, events, establish } = fixture();
  establish(true);
  peer.receiveOffer('v=0\r\nm=video 9 RTP 96\r\na=mid:7\r\na=sendrecv\r\n');
  peer.receiveAnswer('answer 1');
  assert.deepEqual(participant.calls.slice(-1), ['accept answer 1']);
  clock.advance(collectMs);
  assert.deepEqual(events(), ['offer']);
  assert.deepEqual(participant.calls.slice(-2), ['expect video', 'offer']);
  peer.receiveAnswer('answer 2');
  clock.advance(answerTimeoutMs * 2);
  assert.deepEqual(events(), []);
  assert.equal(participant.closeReason, null);
});

test('a client that offers its lost tracks again by itself is not asked for them', () => {
  const { participant, peer, clock, events, establish } = fixture();
  establish(true);
  peer.receiveOffer('v=0\r\nm=video 9 RTP 96\r\na=mid:7\r\na=sendrecv\r\n');
  peer.receiveAnswer('answer 1');
  peer.receiveOffer('again');
  assert.deepEqual(events(), ['answer']);
  clock.advance(60_000);
  assert.deepEqual(events(), []);
  assert.ok(!participant.calls.includes('expect video'));
});

test('a second offer behind a held one is answered at once', () => {
  const { participant, peer, clock, take, establish } = fixture();
  establish(true);
  peer.receiveOffer('crossing');
  peer.receiveOffer('newer');
  assert.deepEqual(
    take().map(({ data }) => data.sdp),
    ['answer to newer'],
  );
  clock.advance(glareMs);
  assert.ok(!participant.calls.includes('answer crossing'));
});

test('a crossing offer that is malformed changes nothing', () => {
  const { participant, peer, clock, events, establish } = fixture();
  establish(true);
  peer.receiveOffer('malformed');
  clock.advance(glareMs);
  assert.deepEqual(events(), []);
  assert.equal(participant.closeReason, null);
  peer.receiveAnswer('answer 1');
  assert.deepEqual(participant.calls.slice(-1), ['accept answer 1']);
});

test('the room is told with every description, and by `media` to those who announced it', () => {
  const { room, participant, peer, clock, take, establish } = fixture({ announced: true });
  establish();
  room.participants.set('ada', new FakeParticipant('ada', room, 'Ada'));
  room.emit('participantjoined');
  clock.advance(collectMs);
  const participants = [{ id: 'ada', name: 'Ada', dialect: 'pion' }];
  assert.deepEqual(take(), [
    { event: 'media', data: { participants, media: [], self_id: 'me', room_id: 'r' } },
  ]);

  const publication = { id: 'p1', kind: 'video' as const, muted: false, participant: { id: 'ada' } };
  const transceiver: { mid: string | null } = { mid: null };
  participant.subscriptions.set('p1', new FakeSubscription({ transceiver }, publication));
  participant.subscriptions.set('p2', new FakeSubscription(null, publication));
  participant.needNegotiation();
  transceiver.mid = '3';
  clock.advance(collectMs);
  const media = [{ mid: '3', participantId: 'ada', publicationId: 'p1', kind: 'video', muted: false }];
  const offers = take();
  assert.equal(offers.length, 1);
  assert.deepEqual(offers[0].data.media, media);
  assert.deepEqual(offers[0].data.participants, participants);

  publication.muted = true;
  room.emit('publicationchanged');
  room.emit('publicationchanged');
  clock.advance(collectMs);
  assert.deepEqual(
    take().map(({ event, data }) => [event, (data.media as { muted: boolean }[])[0].muted]),
    [['media', true]],
  );
  room.emit('publicationchanged');
  clock.advance(collectMs);
  assert.deepEqual(take(), []);
  peer.leave('left');
});

test('the shipped client is sent nothing it does not know', () => {
  const { room, peer, clock, take, establish } = fixture();
  establish();
  room.participants.set('ada', new FakeParticipant('ada', room));
  room.emit('participantjoined');
  room.emit('publicationchanged');
  peer.sendError('limit-rooms', 'Full.');
  clock.advance(60_000);
  assert.deepEqual(take(), []);
});

test('an ended peer listens to nothing and has no timers', () => {
  const { room, participant, peer, clock, events, establish } = fixture({ announced: true });
  establish(true);
  participant.room.emit('participantjoined');
  peer.leave('left');
  assert.equal(clock.pending, 0);
  assert.equal(room.eventNames().length, 0);
  participant.needNegotiation();
  clock.advance(60_000);
  assert.deepEqual(events(), []);
});

test('a bug in a timer ends this peer and is logged; a limit does not', () => {
  const { participant, clock, bugs, events, establish } = fixture();
  establish();
  participant.createOffer = () => {
    throw new UserError('invalid-state', 'Not now.');
  };
  participant.needNegotiation();
  clock.advance(collectMs);
  assert.equal(participant.closeReason, null);
  participant.createOffer = () => {
    throw new TypeError('bug');
  };
  participant.needNegotiation();
  clock.advance(collectMs);
  assert.equal(participant.closeReason, 'internal-error');
  assert.equal(bugs.length, 1);
  assert.deepEqual(events(), []);
});

test('only who asked for it is told which encodings are of no use', () => {
  const publication = { mid: '1', encodings: [{ rid: 'high', used: false }] };
  for (const stopsEncodings of [false, true]) {
    const { participant, take, establish } = fixture({ announced: true, stopsEncodings });
    establish();
    participant.emit('encodingdemandchanged', publication);
    const data = { mid: '1', unused: ['high'], self_id: 'me', room_id: 'r' };
    assert.deepEqual(take(), stopsEncodings ? [{ event: 'encodings', data }] : []);
  }
});

test('the sizes in which pictures are shown reach their subscriptions, those of later too', () => {
  const { participant, peer, establish } = fixture();
  establish();
  const publication = { id: 'p1', kind: 'video', muted: false, participant: { id: 'ada' } } as const;
  const [video, later] = ['3', '4'].map((mid) => new FakeSubscription({ transceiver: { mid } }, publication));
  participant.subscriptions.set('p1', video);
  peer.setShown([
    { mid: '3', width: 320, height: 180 },
    { mid: '4', width: 0, height: 0 },
  ]);
  participant.emit('subscriptionchanged', later);
  assert.deepEqual(video.take(), ['320x180']);
  assert.deepEqual(later.take(), ['pause not-shown']);
});
