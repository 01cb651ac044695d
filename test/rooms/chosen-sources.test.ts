/** Participants whose dialect chooses what they are sent: one line per kind, whatever it carries. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JoinOptions, Participant, Publication } from '../../src/index.ts';
import { HeadlessNetwork, type HeadlessPeer, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, sdpLines, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

type Kind = 'audio' | 'video';

interface Chooser {
  readonly participant: Participant;
  readonly peer: HeadlessPeer;
  readonly answer: string;
}

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

function joinOptions(roomId: string, participantId: string): JoinOptions {
  return { roomId, participantId, dialect: 'test', renegotiates: false, sources: 'chosen' };
}

function chooser(
  roomId: string,
  participantId: string,
  sent: readonly Kind[],
  received: readonly Kind[],
  options: Partial<JoinOptions> = {},
): Chooser {
  const participant = server.manifold.rooms.join({ ...joinOptions(roomId, participantId), ...options });
  const peer = network.createPeer();
  for (const kind of sent) {
    peer.addTrack(kind, 'stream', kind, received.includes(kind) ? 'sendrecv' : 'sendonly');
  }
  for (const kind of received) if (!sent.includes(kind)) peer.addReceiver(kind);
  const answer = participant.answerOffer(peer.createOffer());
  peer.acceptAnswer(answer);
  return { participant, peer, answer };
}

async function publicationOf({ participant }: Chooser, kind: Kind): Promise<Publication> {
  const found = () => [...participant.publications.values()].find((publication) => publication.kind === kind);
  await until(`${participant.id} publishes ${kind}`, () => found() !== undefined);
  return found()!;
}

const packetsOf = ({ peer }: Chooser, kind: Kind) =>
  peer.remoteTracks.filter((track) => track.kind === kind).reduce((sum, { packets }) => sum + packets, 0);

const subscriptionsOf = ({ participant }: Chooser) =>
  [...participant.subscriptions.values()].map(({ publication, state }) => [publication.kind, state]);

function hangUp(...choosers: readonly Chooser[]): void {
  for (const { participant, peer } of choosers) {
    participant.leave('left');
    peer.close();
  }
}

describe('chosen sources', () => {
  it('nothing is sent by itself, and then what was chosen, kind by kind', async () => {
    const roomId = members.newRoomId();
    const a = chooser(roomId, 'a', ['audio', 'video'], []);
    const b = chooser(roomId, 'b', [], ['audio', 'video']);
    const [audio, video] = [await publicationOf(a, 'audio'), await publicationOf(a, 'video')];
    await until('b is connected', () => b.participant.connectionState === 'connected');
    assert.deepEqual(subscriptionsOf(b), []);
    b.participant.setSource('video', video);
    await until('b sees', () => packetsOf(b, 'video') > 3);
    assert.deepEqual(subscriptionsOf(b), [['video', 'live']]);
    assert.equal(packetsOf(b, 'audio'), 0);
    b.participant.setSource('audio', audio);
    await until('b hears', () => packetsOf(b, 'audio') > 3);
    b.participant.setSource('video', null);
    assert.deepEqual(subscriptionsOf(b), [['audio', 'live']]);
    hangUp(a, b);
  });

  it('a line keeps its SSRC, and its numbers go on, when another source takes it over', async () => {
    const roomId = members.newRoomId();
    const a = chooser(roomId, 'a', ['video'], []);
    const c = chooser(roomId, 'c', ['video'], []);
    const b = chooser(roomId, 'b', [], ['video']);
    const [first, second] = [await publicationOf(a, 'video'), await publicationOf(c, 'video')];
    const numbers: number[] = [];
    b.peer.onPacket = (packet) => numbers.push((packet[2] << 8) | packet[3]);
    b.participant.setSource('video', first);
    await until('b sees the first', () => numbers.length > 10);
    b.participant.setSource('video', second);
    const count = numbers.length;
    await until('b sees the second', () => numbers.length > count + 10);
    assert.deepEqual([...b.participant.subscriptions.keys()], [second]);
    assert.equal(b.peer.received.size, 1, 'one SSRC');
    assert.deepEqual(
      numbers.map((number) => (number - numbers[0]) & 0xffff),
      numbers.map((_, index) => index),
    );
    hangUp(a, b, c);
  });

  it('what is chosen before the client has described itself is sent afterwards, its own media too', async () => {
    const participant = server.manifold.rooms.join(joinOptions(members.newRoomId(), 'a'));
    const peer = network.createPeer();
    peer.addTrack('video', 'stream', 'video');
    participant.on('publicationadded', (publication) => participant.setSource('video', publication));
    peer.acceptAnswer(participant.answerOffer(peer.createOffer()));
    const a = { participant, peer, answer: '' };
    await until('a sees itself', () => packetsOf(a, 'video') > 3);
    hangUp(a);
  });

  it('a source that ends leaves nothing behind, wherever it was chosen', async () => {
    const a = chooser(members.newRoomId(), 'a', ['video'], ['video']);
    const b = chooser(members.newRoomId(), 'b', [], ['video']);
    const video = await publicationOf(a, 'video');
    for (const { participant } of [a, b]) participant.setSource('video', video);
    await until('both see it', () => packetsOf(a, 'video') > 0 && packetsOf(b, 'video') > 0);
    a.participant.leave('left');
    assert.deepEqual([subscriptionsOf(a), subscriptionsOf(b), video.chosenBy.size], [[], [], 0]);
    assert.throws(() => b.participant.setSource('video', video), /no such publication/);
    hangUp(a, b);
  });

  it('a kind that the client does not receive is not waited for', async () => {
    const roomId = members.newRoomId();
    const a = chooser(roomId, 'a', ['audio', 'video'], []);
    const b = chooser(roomId, 'b', [], ['audio']);
    b.participant.setSource('video', await publicationOf(a, 'video'));
    assert.deepEqual(subscriptionsOf(b), []);
    hangUp(a, b);
  });

  it('is answered with one stream for both kinds, one line of each, and no data channels unless wanted', () => {
    const participant = server.manifold.rooms.join({
      ...joinOptions(members.newRoomId(), 'a'),
      dataChannels: false,
      codecOrder: 'local',
      streamId: 'own',
      maxReceiveKbps: { video: 300 },
    });
    const peer = network.createPeer();
    for (const kind of ['audio', 'video', 'video'] as const) peer.addTrack(kind, 'stream', `${kind}`);
    peer.openDataChannel('chat');
    const answer = participant.answerOffer(peer.createOffer());
    assert.deepEqual(
      sdpLines(answer, 'm=').map((line) => line.split(' ', 2).join(' ')),
      ['audio 9', 'video 9', 'video 0', 'application 0'],
    );
    assert.deepEqual(sdpLines(answer, 'a=msid:'), ['own own-audio', 'own own-video']);
    assert.deepEqual(sdpLines(answer, 'b='), ['AS:300']);
    participant.leave('left');
    peer.close();
  });

  it('a client that has offered nothing is offered lines, and answers', async () => {
    const roomId = members.newRoomId();
    const a = chooser(roomId, 'a', ['video'], []);
    const participant = server.manifold.rooms.join(joinOptions(roomId, 'b'));
    const peer = network.createPeer();
    participant.setSource('video', await publicationOf(a, 'video'));
    const offer = participant.offerFirst({ video: 'sendonly', data: true });
    assert.deepEqual(
      sdpLines(offer, 'm=').map((line) => line.split(' ')[0]),
      ['video', 'application'],
    );
    assert.throws(() => participant.offerFirst({ audio: 'sendonly' }), /offered something already/);
    participant.acceptAnswer(peer.answerOffer(offer));
    const b = { participant, peer, answer: '' };
    await until('b sees', () => packetsOf(b, 'video') > 3);
    hangUp(a, b);
  });

  it('in a room with others, they receive it, and it does not receive them', async () => {
    const roomId = members.newRoomId();
    const other = members.join(roomId, 'other', ['audio']);
    const a = chooser(roomId, 'a', ['audio'], ['audio']);
    await until('the other hears a', () =>
      [...other.participant.subscriptions.values()].some(({ state }) => state === 'live'),
    );
    assert.deepEqual(subscriptionsOf(a), []);
    const [heard] = other.participant.publications.values();
    a.participant.setSource('audio', heard);
    await until('a hears the other', () => packetsOf(a, 'audio') > 3);
    hangUp(a);
    leaveAll(other);
  });

  it('what is sent on a data channel goes to all channels of the chosen sinks, its own if so', async () => {
    const roomId = members.newRoomId();
    const sinks: Participant[] = [];
    const received: string[] = [];
    const join = (id: string, dataSinks: () => Iterable<Participant> | null) => {
      const participant = server.manifold.rooms.join({ ...joinOptions(roomId, id), dataSinks });
      const peer = network.createPeer();
      const channel = peer.openDataChannel(`channel of ${id}`);
      channel.on('message', (data) => received.push(`${id}: ${Buffer.from(data)}`));
      peer.addReceiver('audio');
      peer.acceptAnswer(participant.answerOffer(peer.createOffer()));
      return { participant, peer, channel, answer: '' };
    };
    const a = join('a', () => sinks);
    const b = join('b', () => []);
    sinks.push(a.participant, b.participant);
    await until('both channels are open', () => [a, b].every(({ channel }) => channel.state === 'open'));
    await until('the server knows them', () =>
      [a, b].every(({ participant }) => participant.dataChannels.some(({ state }) => state === 'open')),
    );
    a.channel.send('hello');
    b.channel.send('to nobody');
    await until('both have it', () => received.length === 2);
    assert.deepEqual(received.sort(), ['a: hello', 'b: hello']);
    hangUp(a, b);
  });
});
