/** The Pion_SFU dialect over real WebSockets; with headless peers where a connection has to be up. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type WebSocket from 'ws';
import { parseCandidate } from '../../src/webrtc/ice/candidate.ts';
import { pick } from '../browser/mutation/choices.ts';
import { mutateOffer } from '../browser/mutation/mutate-offer.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { PionCaller } from './pion-caller.ts';
import { PionTestClient } from './pion-test-client.ts';
import { browserOffer, type RunningManifold, sdpLines, startManifold } from './running-manifold.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
/** Each test has rooms of its own. */
let roomCount = 0;
const newRoom = () => `room-${++roomCount}`;

const open = (path = '/', options: WebSocket.ClientOptions = {}) =>
  PionTestClient.open(server.webSocket + path, options);
const publish = (room: string, id: string, options = {}) =>
  PionCaller.publish(network, server.webSocket, room, id, options);
const tracksOf = (...ids: string[]) => ids.flatMap((id) => [`${id}-audio`, `${id}-video`]).sort();
const hears = (caller: PionCaller, ...ids: string[]) =>
  until(`${caller.selfId} hears ${ids.join(', ')}`, () => caller.heard.join() === tracksOf(...ids).join());

before(async () => {
  server = await startManifold({ limits: { messageBytes: 65_536, sdpBytes: 65_536, joinsPerSecond: 0 } });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

test('check 1: the socket opens on any path, with and without Origin', async () => {
  for (const path of ['/', '/ws', '/any/other/path', '/?x=1', '/whip-like', '/%F0%9F%98%80']) {
    for (const options of [{}, { origin: 'https://elsewhere.example' }]) {
      const client = await open(path, options);
      client.join(newRoom(), 'a');
      await client.settled();
      assert.equal(client.closed, null, path);
      client.close();
    }
  }
});

test('check 2: joinRoom alone is answered by nothing and keeps the socket open', async () => {
  const client = await open();
  client.join(newRoom(), 'a');
  await client.settled();
  client.join(newRoom(), 'a');
  await client.settled();
  assert.deepEqual(client.all, []);
  assert.equal(client.closed, null);
  client.close();
});

for (const name of [
  'chromium-audio-video',
  'firefox-audio-video',
  'chromium-recvonly',
  'firefox-recvonly',
] as const) {
  test(`checks 3 and 4: an offer right behind joinRoom is answered, then come candidates (${name})`, async () => {
    const client = await open();
    const room = newRoom();
    client.join(room, 'a');
    client.offer(room, 'a', browserOffer(name));
    const answer = await client.next('answer');
    assert.equal(answer.type, 'answer');
    assert.ok(answer.sdp.startsWith('v=0\r\n'));
    await client.next('candidate');
    assert.deepEqual(
      client.all.map(({ event }) => event),
      ['answer', ...client.all.slice(1).map(() => 'candidate')],
    );
    for (const { data } of client.all.slice(1)) {
      assert.ok(typeof data.sdpMid === 'string' && data.sdpMLineIndex === 0);
      assert.equal(data.usernameFragment, null);
      const candidate = parseCandidate(data.candidate);
      assert.equal(candidate.address, '127.0.0.1');
      assert.equal(candidate.port, server.manifold.mediaPort);
    }
    client.close();
  });
}

test('data as JSON text and binary frames are taken too', async () => {
  const client = await open();
  const room = newRoom();
  client.send('joinRoom', JSON.stringify({ room_id: room, self_id: 'a' }));
  const offer = { type: 'offer', sdp: browserOffer('chromium-audio-video') };
  client.socket.send(
    Buffer.from(JSON.stringify({ event: 'offer', data: { room_id: room, self_id: 'a', offer } })),
    { binary: true },
  );
  await client.next('answer');
  client.close();
});

test('client candidates of every form are taken', async () => {
  const client = await open();
  const room = newRoom();
  client.join(room, 'a');
  client.offer(room, 'a', browserOffer('chromium-audio-video'));
  await client.next('answer');
  const line = 'candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host';
  for (const candidate of [
    { candidate: line, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' },
    { candidate: line, sdpMid: '', sdpMLineIndex: 0, usernameFragment: null },
    { candidate: line, sdpMid: null, sdpMLineIndex: null },
    {
      candidate: 'candidate:2 1 udp 2113937151 3f2a1b4c-0000-4000-8000-000000000000.local 50000 typ host',
      sdpMid: '0',
    },
    { candidate: '' },
    { candidate: 'nonsense' },
  ]) {
    client.send('ice-candidate', { room_id: room, self_id: 'a', candidate });
  }
  await client.settled();
  assert.equal(client.closed, null);
  client.close();
});

test('checks 6, 7 and 10: a newcomer is offered with ids; answers with and without ids do; ids of tracks are kept', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const anonymous = await publish(room, 'two', { anonymousAnswers: true });
  await publish(room, 'three');
  await hears(one, 'two', 'three');
  await hears(anonymous, 'one', 'three');
  const offer = one.client.all.find(({ event }) => event === 'offer')?.data;
  assert.deepEqual([offer?.type, offer?.self_id, offer?.room_id], ['offer', 'one', room]);
  for (const { trackId, streamId } of one.peer.remoteTracks) {
    assert.equal(streamId, `${trackId?.split('-')[0]}-stream`);
  }
  assert.deepEqual(one.failures, []);
  assert.deepEqual(anonymous.failures, []);
});

test('check 11: a watcher with two receiving lines gets the first in its answer, all others by offers', async () => {
  const room = newRoom();
  await publish(room, 'one');
  await until('one publishes', () => publications(room) === 2);
  const watcher = await PionCaller.join(network, server.webSocket, room, 'watcher');
  watcher.peer.addReceiver('audio');
  watcher.peer.addReceiver('video');
  watcher.offer();
  const answer = await watcher.client.next('answer');
  assert.ok(sdpLines(answer.sdp, 'a=msid:').includes('one-stream one-audio'), answer.sdp);
  await publish(room, 'two');
  await hears(watcher, 'one', 'two');
  assert.deepEqual(watcher.failures, []);
});

test('check 12: a second video by the client’s own offer is answered and reaches the others', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const two = await publish(room, 'two');
  await hears(one, 'two');
  await hears(two, 'one');
  one.peer.addTrack('video', 'one-screen-stream', 'one-screen');
  one.offer();
  const both = [...tracksOf('one'), 'one-screen'].sort().join();
  await until('two sees the screen', () => two.heard.join() === both);
  const before = one.peer.remoteTracks.reduce((sum, { packets }) => sum + packets, 0);
  await until(
    'one still receives',
    () => one.peer.remoteTracks.reduce((sum, { packets }) => sum + packets, 0) > before + 10,
  );
});

test('check 13: leaveRoom removes the leaver from the others, keeps its socket, and joining again works', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const two = await publish(room, 'two');
  await hears(one, 'two');
  two.leave();
  await until('one hears nobody', () => one.peer.remoteTracks.length === 0, 5000);
  assert.equal(two.client.closed, null);
  two.client.join(room, 'two');
  two.client.offer(room, 'two', browserOffer('chromium-audio-video'));
  await two.client.next('answer');
  two.close();
});

test('check 14: closing the socket removes its peers', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const two = await publish(room, 'two');
  await hears(one, 'two');
  two.client.socket.terminate();
  await until('one hears nobody', () => one.peer.remoteTracks.length === 0, 5000);
});

test('check 16: two rooms never mix, also with equal self_ids', async () => {
  const rooms = [newRoom(), newRoom()];
  const callers = await Promise.all(rooms.map((room) => publish(room, 'same')));
  const others = await Promise.all(rooms.map((room, index) => publish(room, `other${index}`)));
  await hears(callers[0], 'other0');
  await hears(callers[1], 'other1');
  await hears(others[0], 'same');
  await hears(others[1], 'same');
});

test('check 17: the same self_id joining again replaces the older peer', async () => {
  const room = newRoom();
  const watcher = await publish(room, 'watcher');
  await publish(room, 'twin');
  await hears(watcher, 'twin');
  const second = await publish(room, 'twin');
  await until('only the second is there', () => publications(room) === 4);
  await hears(watcher, 'twin');
  await hears(second, 'watcher');
  assert.equal(server.manifold.rooms.rooms.get(room)?.participants.size, 2);
});

test('checks 18 and 19: nonsense is ignored, broken JSON hurts only its sender', async () => {
  const room = newRoom();
  const [innocent, fool] = [await open(), await open()];
  innocent.join(room, 'innocent');
  fool.join(room, 'fool');
  const ids = { room_id: room, self_id: 'fool' };
  for (const [event, data] of [
    ['unknown', {}],
    ['joinRoom', null],
    ['joinRoom', {}],
    ['joinRoom', { room_id: {}, self_id: [] }],
    ['joinRoom', { room_id: 'x'.repeat(10_000), self_id: 'y' }],
    ['joinRoom', 'text'],
    ['leaveRoom', { room_id: 'nowhere', self_id: 'nobody' }],
    ['offer', ids],
    ['offer', { ...ids, offer: null }],
    ['offer', { ...ids, offer: { type: 'offer', sdp: 7 } }],
    ['offer', { ...ids, offer: { type: 'offer', sdp: '' } }],
    ['offer', { ...ids, offer: { type: 'offer', sdp: 'v=0\r\nm=\r\n' } }],
    ['offer', { ...ids, offer: { type: 'offer', sdp: browserOffer('chromium-audio-video').slice(0, 500) } }],
    ['answer', { ...ids, answer: { type: 'answer', sdp: 'v=0' } }],
    ['answer', {}],
    ['ice-candidate', { ...ids, candidate: { candidate: '\u0000' } }],
    ['ice-candidate', { ...ids, candidate: null }],
    ['__proto__', { ...ids, constructor: null }],
  ] as const) {
    fool.send(event, data);
  }
  for (const text of ['null', '0', '[]', '"x"', '{}', '{"event":{}}']) fool.socket.send(text);
  await fool.settled();
  assert.equal(fool.closed, null);
  fool.offer(room, 'fool', browserOffer('chromium-audio-video'));
  await fool.next('answer');
  fool.socket.send('{"event":"joinRoom",');
  await until('the sender of broken JSON is closed', () => fool.closed !== null);
  innocent.offer(room, 'innocent', browserOffer('firefox-audio-video'));
  await innocent.next('answer');
  assert.equal(server.manifold.rooms.rooms.get(room)?.participants.size, 1);
  innocent.close();
});

test('a frame beyond the limit, and a flood, end only their socket', async () => {
  const innocent = await open();
  const [huge, flood] = [await open(), await open()];
  huge.send('joinRoom', { room_id: 'x'.repeat(70_000), self_id: 'y' });
  for (let i = 0; i < 3000; i++) flood.socket.send('{}');
  await until('both are closed', () => huge.closed !== null && flood.closed !== null);
  assert.equal(huge.closed?.code, 1009);
  assert.equal(flood.closed?.reason, 'Too many messages.');
  await innocent.settled();
  assert.equal(innocent.closed, null);
  innocent.close();
});

for (const [what, options] of [
  ['takes its own back, as browsers do', {}],
  ['ignores the server’s', { impolite: true }],
  ['announced that it ignores the server’s', { impolite: true, join: { features: ['media'] } }],
] as const) {
  test(`check 20: a client offer crosses a server offer, and the client ${what}`, async () => {
    const room = newRoom();
    const one = await publish(room, 'one', options);
    one.holdOffers = true;
    const two = await publish(room, 'two');
    await until('the server has offered', () => one.heldOffers > 0);
    one.peer.addTrack('video', 'one-screen-stream', 'one-screen');
    one.offer();
    one.takeHeldOffers();
    const all = [...tracksOf('one'), 'one-screen'].sort().join();
    await until('two receives everything', () => two.heard.join() === all);
    await hears(one, 'two');
    await until('all is settled', () => one.peer.negotiator.signalingState === 'stable');
    assert.deepEqual(one.failures, []);
    assert.deepEqual(two.failures, []);
  });
}

test('check 21: a foreign socket can neither make a peer leave nor speak for it', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const two = await publish(room, 'two');
  await hears(one, 'two');
  const stranger = await open();
  stranger.send('leaveRoom', { room_id: room, self_id: 'one' });
  stranger.offer(room, 'one', browserOffer('chromium-audio-video'));
  stranger.send('answer', { room_id: room, self_id: 'one', answer: { type: 'answer', sdp: 'v=0' } });
  await stranger.settled();
  assert.deepEqual(stranger.all, []);
  const packets = () => one.peer.remoteTracks.reduce((sum, track) => sum + track.packets, 0);
  const before = packets();
  await until('one still receives', () => packets() > before + 10);
  await hears(two, 'one');
  stranger.close();
});

test('a storm of mutated messages leaves the server and everyone else as they were', async () => {
  const room = newRoom();
  const one = await publish(room, 'one');
  const two = await publish(room, 'two');
  await hears(one, 'two');
  const random = new SeededRandom(20_261);
  const offers = (['chromium-audio-video', 'firefox-audio-video', 'chromium-recvonly'] as const).map(
    browserOffer,
  );
  for (let round = 0; round < 10; round++) {
    const vandal = await open();
    for (let i = 0; i < 40; i++) {
      const selfId = `vandal-${i % 4}`;
      vandal.join(room, selfId);
      vandal.offer(room, selfId, mutateOffer(pick(random, offers), random));
      vandal.offer(room, selfId, mutateOffer(pick(random, offers), random));
      vandal.send('answer', { answer: { type: 'answer', sdp: mutateOffer(pick(random, offers), random) } });
      vandal.send('ice-candidate', {
        room_id: room,
        self_id: selfId,
        candidate: {
          candidate: mutateOffer('candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host', random),
        },
      });
      const text = JSON.stringify({ event: 'joinRoom', data: { room_id: room, self_id: selfId } });
      const mutated = mutateOffer(text, random);
      // Broken JSON would end the socket; every other change is to be borne.
      if (isJson(mutated)) vandal.socket.send(mutated);
    }
    await vandal.settled();
    assert.equal(vandal.closed, null);
    vandal.close();
  }
  const packets = () => one.peer.remoteTracks.reduce((sum, track) => sum + track.packets, 0);
  const before = packets();
  await until('one still receives', () => packets() > before + 10);
  await until('the vandals are gone', () => server.manifold.rooms.rooms.get(room)?.participants.size === 2);
  await hears(two, 'one');
  assert.deepEqual(server.errors, []);
});

test('a room with more tracks than a client may have lines: it gets what fits, and nobody else is disturbed', async () => {
  const small = await startManifold({ limits: { mediaLines: 4 } });
  try {
    const callers: PionCaller[] = [];
    for (const id of ['one', 'two', 'three']) {
      callers.push(await PionCaller.publish(network, small.webSocket, 'r', id));
      await until(`${id} publishes`, () => callers.every(({ peer }) => peer.connected));
    }
    // Two lines of its own and two of others, for each; four where the others were known when its offer came, and so
    // went onto its own lines first.
    await until('everyone hears somebody', () =>
      callers.every(({ heard }) => heard.length === 2 || heard.length === 4),
    );
    assert.equal(small.manifold.rooms.rooms.get('r')?.participants.size, 3);
    callers[0].leave();
    await until('the others hear each other', () =>
      callers
        .slice(1)
        .every(({ selfId, heard }) => heard.join() === tracksOf(selfId === 'two' ? 'three' : 'two').join()),
    );
    assert.deepEqual(small.errors, []);
    for (const caller of callers) caller.close();
  } finally {
    await small.close();
  }
});

test('check 22: rooms are freed when empty', async () => {
  const before = server.manifold.rooms.rooms.size;
  // A socket's budget of messages is enough for about 120 of these rooms at once.
  const clients = await Promise.all(Array.from({ length: 10 }, () => open()));
  for (const [index, client] of clients.entries()) {
    for (let i = 0; i < 100; i++) {
      client.join(`freed-${index}-${i}`, 'a');
      if (i % 2 === 0) client.offer(`freed-${index}-${i}`, 'a', 'v=0');
      client.send('leaveRoom', { room_id: `freed-${index}-${i}`, self_id: 'a' });
    }
  }
  await Promise.all(clients.map((client) => client.settled()));
  assert.ok(clients.every(({ closed }) => closed === null));
  assert.equal(server.manifold.rooms.rooms.size, before);
  for (const client of clients) client.close();
});

test('a client that announced the feature is told names, lines and mute state; the others’ messages stay plain', async () => {
  const room = newRoom();
  const ada = await publish(room, 'ada', { join: { name: 'Ada', features: ['media'] }, impolite: true });
  const bob = await publish(room, 'bob', { join: { name: 'Bob' } });
  await hears(ada, 'bob');
  await hears(bob, 'ada');
  const latest = () => ada.client.all.filter(({ data }) => data.media !== undefined).at(-1)?.data;
  await until('ada knows bob', () => latest()?.media.length === 2);
  assert.deepEqual(latest()?.participants, [{ id: 'bob', name: 'Bob', dialect: 'pion' }]);
  const lines = ada.peer.remoteTracks.map(({ mid, kind }) => ({
    mid,
    kind,
    participantId: 'bob',
    muted: false,
  }));
  assert.deepEqual(
    latest()?.media.map(
      ({ publicationId, ...line }: { publicationId: string }) => line && publicationId && line,
    ),
    lines.map(({ mid, kind, participantId, muted }) => ({ mid, participantId, kind, muted })),
  );
  const audio = bob.peer.negotiator.transceivers.find(({ kind }) => kind === 'audio')?.mid;
  bob.client.send('mute', { room_id: room, self_id: 'bob', mid: audio, muted: true });
  const muteStates = () =>
    ada.client.all
      .filter(({ event }) => event === 'media')
      .at(-1)
      ?.data.media.map(({ kind, muted }: { kind: string; muted: boolean }) => `${kind} ${muted}`)
      .join();
  await until('ada is told that bob is muted', () => muteStates() === 'audio true,video false');
  assert.ok(bob.client.all.every(({ event }) => ['answer', 'candidate', 'offer'].includes(event)));
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function publications(room: string): number {
  return [...(server.manifold.rooms.rooms.get(room)?.publications() ?? [])].length;
}
