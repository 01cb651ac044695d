/** Data channels through the room: real ICE, DTLS and SCTP, peers without a browser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DataChannel, type Participant, UserError } from '../../src/index.ts';
import { closingOf, inboxOf } from '../sctp/data-transport-pair.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

before(async () => {
  server = await startManifold({
    limits: { dataChannels: 4, dataMessageBytes: 65_536, dataBufferBytes: 131_072 },
  });
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});
after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const isOpen = (channel: DataChannel): boolean => channel.state === 'open';

/** Joins with channels of these labels opened by the client. */
function joinWith(roomId: string, id: string, ...labels: string[]) {
  const participant = server.manifold.rooms.join({
    ...{ roomId, participantId: id, dialect: 'test', renegotiates: true },
  });
  const peer = network.createPeer();
  const channels = labels.map((label) => peer.openDataChannel(label));
  peer.acceptAnswer(participant.answerOffer(peer.createOffer()));
  participant.on('negotiationneeded', () => {
    queueMicrotask(() => {
      if (participant.negotiationNeeded)
        participant.acceptAnswer(peer.answerOffer(participant.createOffer()));
    });
  });
  return { participant, peer, channels, channel: channels[0], closed: [] };
}

function metric(name: string, text: string): number {
  return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1]);
}

describe('channels the clients open', () => {
  it('are joined by their label: what one sends, all others get, and nobody else', async () => {
    const [room, other] = [members.newRoomId(), members.newRoomId()];
    const all = [
      joinWith(room, 'a', 'chat', 'x'),
      joinWith(room, 'b', 'chat'),
      joinWith(room, 'c', 'chat', 'x'),
    ];
    const stranger = joinWith(other, 'd', 'chat', 'x');
    await until('all channels are open', () =>
      [...all, stranger].every(({ channels }) => channels.every(isOpen)),
    );
    const inboxes = [...all, stranger].map(({ channels }) => channels.map(inboxOf));
    all[0].channel.send('hello');
    all[0].channel.send(new Uint8Array(65_536));
    all[2].channels[1].send('x marks');
    await until(
      'everything has come',
      () => inboxes[2][0].length === 2 && inboxes[1][0].length === 2 && inboxes[0][1].length === 1,
    );
    assert.deepEqual(inboxes, [[[], ['x marks']], [['hello', 65_536]], [['hello', 65_536], []], [[], []]]);
    const [snapshot] = server.manifold.rooms.snapshot().filter(({ id }) => id === room);
    assert.deepEqual(
      snapshot.participants[1].dataChannels.map(({ label, state, messagesIn, messagesOut, bytesOut }) => [
        ...[label, state, messagesIn, messagesOut, bytesOut],
      ]),
      [['chat', 'open', 0, 2, 65_541]],
    );
    leaveAll(...all, stranger);
  });

  it('are closed on both sides, and beyond their limit refused', async () => {
    const room = members.newRoomId();
    const a = joinWith(room, 'a', '1', '2', '3', '4', '5');
    await until(
      'four are open, one is refused',
      () => a.channels.slice(0, 4).every(isOpen) && a.channels[4].state === 'closed',
    );
    const closing = closingOf(a.channels[0]);
    a.participant.dataChannels[0].close();
    await until('the client sees it close', () => closing.reason !== null);
    assert.equal(closing.reason, 'closed-by-peer');
    leaveAll(a);
  });

  it('a client that leaves is told, and its channels end', async () => {
    const room = members.newRoomId();
    const [a, b] = [joinWith(room, 'a', 'chat'), joinWith(room, 'b', 'chat')];
    await until('both are open', () => isOpen(a.channel) && isOpen(b.channel));
    const [ours] = a.participant.dataChannels;
    const closings = [closingOf(a.channel), closingOf(ours)];
    a.participant.leave('kicked');
    await until('the client has heard of it', () => closings[0].reason !== null);
    assert.deepEqual(
      closings.map(({ reason }) => reason),
      ['aborted', 'connection-closed'],
    );
    b.channel.send('nobody is here');
    leaveAll(a, b);
  });
});

describe('a receiver that is too slow', () => {
  it('loses its reliable channel, and keeps a lossy one with what is new', async () => {
    const room = members.newRoomId();
    const [a, b] = [joinWith(room, 'a', 'reliable'), joinWith(room, 'b', 'reliable')];
    const channelsOf = ({ peer, channel }: ReturnType<typeof joinWith>) => [
      channel,
      peer.openDataChannel('lossy', { ordered: false, maxRetransmits: 0 }),
    ];
    const [fast, slow] = [channelsOf(a), channelsOf(b)];
    await until('all are open', () => [...fast, ...slow].every(isOpen));
    const ours = b.participant.dataChannels.find(({ label }) => label === 'reliable')!;
    const closing = closingOf(ours);
    // The slow one does not read: packets wait in its socket and are lost there.
    b.peer.deaf = true;
    for (let number = 0; number < 60; number++) {
      fast[0].send(new Uint8Array(10_000));
      fast[1].send(new Uint8Array(1000));
    }
    await until('the reliable channel is given up', () => ours.state !== 'open');
    b.peer.deaf = false;
    const inbox = inboxOf(slow[1]);
    await until('it is closed', () => closing.reason !== null);
    assert.equal(closing.reason, 'buffer-full');
    fast[1].send('new');
    await until('the newest comes', () => inbox.includes('new'));
    const text = await (await fetch(`${server.http}/metrics`)).text();
    assert.equal(metric('manifold_data_channels_total{event="closed-buffer-full"}', text), 1);
    assert.ok(metric('manifold_data_messages_total{direction="in"}', text) >= 100);
    leaveAll(a, b);
  });
});

describe('channels the server opens', () => {
  it('to a client that has none yet, by an offer; shared with the room or not', async () => {
    const room = members.newRoomId();
    const a = members.join(room, 'a', ['audio']);
    const b = joinWith(room, 'b', 'chat');
    const internal = a.participant.openDataChannel('internal', { ordered: false, maxPacketLifeTime: 500 });
    const shared = a.participant.openDataChannel('chat', { shared: true });
    assert.equal(internal.state, 'connecting');
    await until(
      'they are open',
      () => [internal, shared, b.channel].every(isOpen) && a.peer.openedChannels.length === 2,
    );
    const [theirInternal, theirChat] = a.peer.openedChannels;
    assert.deepEqual([theirInternal.label, theirInternal.maxPacketLifeTime], ['internal', 500]);
    const inboxes = [internal, theirInternal, theirChat, b.channel].map(inboxOf);
    internal.send('from the server');
    theirInternal.send('to the server');
    theirChat.send('to the room');
    b.channel.send('from the room');
    await until('all has come', () => inboxes.every(({ length }) => length === 1));
    assert.deepEqual(inboxes, [['to the server'], ['from the server'], ['from the room'], ['to the room']]);
    leaveAll(a, b);
  });

  it('not to one that takes no offers and has asked for none', () => {
    const participant = server.manifold.rooms.join({
      ...{ roomId: members.newRoomId(), participantId: 'w', dialect: 'test', renegotiates: false },
    });
    assert.throws(
      () => participant.openDataChannel('x'),
      (error) => error instanceof UserError && error.code === 'invalid-state',
    );
    participant.leave('left');
  });

  it('are announced to programs, which may keep channels from the room', async () => {
    const roomId = members.newRoomId();
    const participant: Participant = server.manifold.rooms.join({
      ...{ roomId, participantId: 'p', dialect: 'test', renegotiates: true },
      sharesData: ({ label }) => label !== 'private',
    });
    const peer = network.createPeer();
    const mine = peer.openDataChannel('private');
    const echoed: string[] = [];
    participant.on('datachannel', (channel) => {
      channel.on('message', (data, text) => {
        echoed.push(channel.label);
        channel.sendEncoded(data, text);
      });
    });
    peer.acceptAnswer(participant.answerOffer(peer.createOffer()));
    const b = joinWith(roomId, 'b', 'private');
    await until('open', () => isOpen(mine) && isOpen(b.channel));
    const inboxes = [mine, b.channel].map(inboxOf);
    mine.send('echo');
    await until('the echo', () => inboxes[0].length === 1);
    assert.deepEqual([inboxes, echoed], [[['echo'], []], ['private']]);
    participant.leave('left');
    peer.close();
    leaveAll(b);
  });
});

it('a server without data channels refuses their line', async () => {
  const without = await startManifold({ limits: { dataChannels: 0 } });
  const participant = without.manifold.rooms.join({
    roomId: 'r',
    participantId: 'p',
    dialect: 'test',
    renegotiates: true,
  });
  const peer = network.createPeer();
  peer.addReceiver('audio');
  const channel = peer.openDataChannel('x');
  const answer = participant.answerOffer(peer.createOffer());
  assert.match(answer, /^m=application 0 /m);
  peer.acceptAnswer(answer);
  assert.equal(channel.state, 'connecting');
  assert.throws(() => participant.openDataChannel('x'), UserError);
  peer.close();
  await without.close();
});
