/** Clients of the Talksy dialect that mean ill, or know no better: nobody else may notice. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { pick } from '../browser/mutation/choices.ts';
import { mutateOffer } from '../browser/mutation/mutate-offer.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { browserOffer, type RunningManifold, startManifold } from './running-manifold.ts';
import { TalksyCaller } from './talksy-caller.ts';
import { TalksyTestClient } from './talksy-test-client.ts';

/** A slice of what would be ten thousand. */
const idleSockets = 600;
const maxSockets = idleSockets + 100;

let server: RunningManifold;
let network: HeadlessNetwork;
let witnesses: TalksyCaller[];
/** Of what the witness at rest receives. */
const packetsOf = (witness: TalksyCaller) =>
  witness.peer.remoteTracks.reduce((sum, { packets }) => sum + packets, 0);

before(async () => {
  server = await startManifold({ limits: { connectionsPerAddress: maxSockets } });
  network = new HeadlessNetwork();
  const start = (name: string) => TalksyCaller.start(network, server.webSocket, 'witnesses', name);
  witnesses = [await start('anna'), await start('ben')];
  await until('the witnesses hear each other', () => witnesses.every(({ heard }) => heard.length === 2));
  await until('they get statistics', () =>
    witnesses.every(({ client }) => client.of('track_stats').at(-1)?.sent_track_stats.length > 0),
  );
});

after(async () => {
  for (const witness of witnesses) witness.close();
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

/** Packets a second that the first witness gets while something is done, and what goes missing of them. */
async function whatWitnessesGet(action: () => Promise<void>): Promise<{ rate: number; lost: number }> {
  const [anna] = witnesses;
  const packets = packetsOf(anna);
  const startedAt = performance.now();
  await action();
  const seconds = (performance.now() - startedAt) / 1000;
  await sleep(50);
  const statistics = anna.client.of('track_stats').at(-1).sent_track_stats as { packets_lost: number }[];
  return {
    rate: (packetsOf(anna) - packets) / seconds,
    lost: statistics.reduce((sum, { packets_lost }) => sum + packets_lost, 0),
  };
}

async function undisturbed(
  t: { diagnostic(text: string): void },
  action: () => Promise<void>,
): Promise<void> {
  const calm = await whatWitnessesGet(() => sleep(600));
  const during = await whatWitnessesGet(action);
  const after = await whatWitnessesGet(() => sleep(600));
  const show = ({ rate, lost }: { rate: number; lost: number }) => `${rate.toFixed(0)}/s, ${lost} lost`;
  t.diagnostic(`witnesses get ${show(calm)} before, ${show(during)} during, ${show(after)} after`);
  assert.deepEqual([during.lost, after.lost], [0, 0]);
  assert.ok(after.rate > calm.rate * 0.7, 'media goes on');
  for (const { client } of witnesses) assert.equal(client.closed, null);
}

const openRoom = (room = 'hostile') => TalksyTestClient.openRoom(server.webSocket, room);

/** Whether the server still answers as it should. */
async function answers(client: TalksyTestClient): Promise<void> {
  const before = client.of('answer').length;
  client.send('offer', browserOffer('chromium-audio-video'));
  await until('an answer', () => client.of('answer').length > before);
}

test('check 21: unknown types, wrong data and broken JSON keep the socket and disturb nobody', async (t) => {
  const values = [
    undefined,
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'high',
    [],
    [[]],
    {},
    { a: { b: [] } },
    ['x'],
    [null],
  ];
  const types = [
    ...[
      'offer',
      'answer',
      'candidate',
      'tracks_added',
      'subscribe_tracks',
      'switch_quality',
      'update_bandwidth',
    ],
    ...['set_bandwidth_limit', 'is_allow_renegotiation', 'hello', '', '__proto__', 'toString'],
  ];
  await undisturbed(t, async () => {
    for (const prepared of [false, true]) {
      const client = await openRoom();
      if (prepared) await answers(client);
      for (const type of types) for (const data of values) client.send(type, data);
      for (const text of ['', '{', '}', 'null', '[]', '5', '"', '{"type":{}}', '\u0000', '{"type":"offer"']) {
        client.sendText(text);
      }
      client.socket.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: true });
      await client.settled();
      assert.equal(client.closed, null);
      client.close();
    }
  });
});

test('check 22: an offer that cannot be used is answered with an error, and the socket stays usable', async () => {
  const client = await openRoom();
  for (const sdp of ['', 'hello', 'v=0\r\n', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=nonsense']) {
    client.send('offer', sdp);
    const text = await client.next('error');
    assert.ok(typeof text === 'string' && text.length > 0);
    assert.equal(client.all.at(-1)?.status, false);
  }
  await answers(client);
  client.send('offer', 'v=0 again');
  await client.next('error');
  await answers(client);
  client.close();
});

test('mutated offers are answered or refused, each once', async () => {
  const random = new SeededRandom(4);
  let client = await openRoom();
  for (let round = 0; round < 60; round++) {
    const offer = mutateOffer(
      browserOffer(pick(random, ['chromium-audio-video', 'firefox-audio-video'])),
      random,
    );
    client.send('offer', offer);
    await client.settled();
    if (client.closed !== null || round % 10 === 9) {
      client.close();
      client = await openRoom();
    }
  }
  client.close();
});

test('frames of 10 MB close the socket that sends them, deep JSON does not', async (t) => {
  await undisturbed(t, async () => {
    const deep = await openRoom();
    deep.sendText(`{"type":"tracks_added","data":${'{"a":'.repeat(80_000)}1${'}'.repeat(80_000)}}`);
    deep.sendText(`{"type":"subscribe_tracks","data":${'['.repeat(400_000)}${']'.repeat(400_000)}}`);
    const entry = '{"client_id":"x","track_id":"y"}';
    deep.sendText(`{"type":"subscribe_tracks","data":[${Array(20_000).fill(entry).join()}]}`);
    await deep.settled();
    assert.equal(deep.closed, null);
    deep.close();
    for (let i = 0; i < 3; i++) {
      const huge = await openRoom();
      huge.send('offer', 'x'.repeat(10_000_000));
      await until('it is closed', () => huge.closed !== null);
      assert.equal(huge.closed?.code, 1009);
    }
  });
});

test('a flood of messages closes its socket, and media elsewhere goes on', async (t) => {
  await undisturbed(t, async () => {
    const client = await openRoom();
    await answers(client);
    for (let i = 0; i < 5000; i++) client.send('is_allow_renegotiation');
    await until('it is closed', () => client.closed !== null);
    assert.deepEqual(client.closed, { code: 1008, reason: 'Too many messages.' });
  });
});

test('rooms that nobody is in give way to newer ones', async () => {
  const small = await startManifold({ limits: { rooms: 10 } });
  try {
    for (let i = 0; i < 100; i++) await (await fetch(`${small.http}/create_room?name=${i}`)).text();
    const clients: TalksyTestClient[] = [];
    for (let i = 0; i < 9; i++) clients.push(await TalksyTestClient.openRoom(small.webSocket, `used-${i}`));
    for (const client of clients) assert.ok(client.id);
    const refused = await TalksyTestClient.openRoom(small.webSocket, 'one-too-many');
    await until('it is refused', () => refused.closed !== null);
    assert.equal(refused.closed?.code, 1013);
    assert.equal((await fetch(`${small.http}/create_room`)).status, 503);
    const long = await TalksyTestClient.openRoom(small.webSocket, 'x'.repeat(1000));
    await until('it is refused', () => long.closed !== null);
  } finally {
    await small.close();
  }
});

test('hundreds of open sockets that send nothing cost little each, and more than are allowed are refused', async (t) => {
  const heapBytes = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const sockets: WebSocket[] = [];
  const before = heapBytes();
  await undisturbed(t, async () => {
    for (let i = 0; i < idleSockets; i++) {
      const socket = new WebSocket(`${server.webSocket}/ws?room_id=idle-${i % 40}`);
      sockets.push(socket);
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    }
  });
  const each = (heapBytes() - before) / idleSockets;
  t.diagnostic(`${(each / 1024).toFixed(1)} KiB of heap for each idle socket, both ends of it`);
  assert.ok(each < 100_000, `${each} bytes each`);
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 150; i++) {
    const socket = new WebSocket(`${server.webSocket}/ws?room_id=idle`);
    sockets.push(socket);
    await new Promise<void>((resolve) => {
      socket.on('error', () => {});
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_request, response) => {
        statuses.push(response.statusCode);
        response.destroy();
        resolve();
      });
    });
  }
  assert.ok(statuses.length >= 50 && statuses.every((status) => status === 429));
  for (const socket of sockets) socket.terminate();
  await until('they are gone', () => server.manifold.rooms.participantCount === witnesses.length);
});

test('a flood on the data channel is not worked through', async () => {
  const caller = await TalksyCaller.start(network, server.webSocket, 'data-flood', 'flooder');
  await until('the channel is open', () => caller.peer.openedChannels.length === 1);
  for (let i = 0; i < 3000; i++) caller.tell('stats', { available_outgoing_bitrate: i + 1 });
  caller.peer.openedChannels[0].send('{"type":"video_size"');
  caller.peer.openedChannels[0].send(new Uint8Array([0xff, 0x00]));
  await sleep(1500);
  const { publisher_bandwidth } = caller.client.of('track_stats').at(-1);
  assert.ok(publisher_bandwidth > 0 && publisher_bandwidth < 3000, String(publisher_bandwidth));
  assert.equal(caller.client.closed, null);
  caller.close();
});
