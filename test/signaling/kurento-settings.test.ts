/** What the configuration of the server means for endpoints of the Kurento dialect. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadlessNetwork, until } from './headless-peer.ts';
import { TestEndpoint } from './kurento-endpoint.ts';
import { KurentoScene } from './kurento-scene.ts';
import type { Json, KurentoTestClient } from './kurento-test-client.ts';
import { type RunningManifold, sdpLines } from './running-manifold.ts';

const intervalMs = 50;
const event = 'AudioLevelChanged';

let scene: KurentoScene;
let server: RunningManifold;
let network: HeadlessNetwork;
let client: KurentoTestClient;
let pipeline: string;

before(async () => {
  scene = await KurentoScene.open({
    bandwidth: { maxIncomingBitrate: 800_000 },
    metrics: { tracks: true },
    speakers: { intervalMs },
  });
  ({ server, network, client } = scene);
  pipeline = await client.create('MediaPipeline');
});

after(() => scene.close());

it('the smaller of what the server and the client set is what a peer is asked for', async () => {
  const a = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['video'] });
  const b = await TestEndpoint.negotiated(network, client, pipeline, { receives: ['video'] });
  const asked = () => server.manifold.rooms.rooms.get(pipeline)?.participants.get(a.id)?.incomingBitrate.max;
  const receiveAtMost = (kbps: number) =>
    a.invoke('setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: kbps });
  assert.equal(asked(), 800_000);
  await receiveAtMost(900);
  assert.equal(asked(), 800_000);
  await receiveAtMost(700);
  assert.equal(asked(), 700_000);
  await a.connect(b);
  await b.receives('video');
  await b.invoke('setMaxVideoSendBandwidth', { maxVideoSendBandwidth: 600 });
  assert.equal(asked(), 600_000);
  await b.invoke('setMaxVideoSendBandwidth', { maxVideoSendBandwidth: 1000 });
  await receiveAtMost(0);
  assert.equal(asked(), 800_000);
  for (const endpoint of [a, b]) {
    await endpoint.release();
    endpoint.peer.close();
  }
});

it('the smaller of the two is what b=AS says, of what the client set before', async () => {
  const saidAfter = async (set: Json): Promise<string[]> => {
    const endpoint = await TestEndpoint.negotiated(network, client, pipeline, {
      sends: ['audio', 'video'],
      prepare: async (id) => {
        for (const [name, kbps] of Object.entries(set))
          await client.invoke(id, `set${name[0].toUpperCase()}${name.slice(1)}`, { [name]: kbps });
      },
    });
    await endpoint.release();
    endpoint.peer.close();
    return sdpLines(endpoint.answer, 'b=');
  };
  assert.deepEqual(await saidAfter({}), []);
  assert.deepEqual(await saidAfter({ maxVideoRecvBandwidth: 900 }), ['AS:800']);
  assert.deepEqual(await saidAfter({ maxVideoRecvBandwidth: 700, maxAudioRecvBandwidth: 40 }), [
    'AS:40',
    'AS:700',
  ]);
  const rtp = await client.create('RtpEndpoint', { mediaPipeline: pipeline });
  await client.invoke(rtp, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 900 });
  assert.deepEqual(sdpLines(await client.invoke(rtp, 'generateOffer'), 'b='), ['AS:800']);
  await client.call('release', { object: rtp });
});

it('statistics say more of each stream, with metrics of tracks', async () => {
  const a = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['video'] });
  const b = await TestEndpoint.negotiated(network, client, pipeline, { receives: ['video'] });
  await a.connect(b);
  await b.receives('video');
  const streamOf = async (endpoint: TestEndpoint, type: string): Promise<Json> => {
    const records = Object.values<Json>(await endpoint.invoke('getStats', { mediaType: 'VIDEO' }));
    return records.find((each) => each.type === type);
  };
  const names = ['bitrate', 'jitter', 'packetsLost', 'fractionLost', 'freezes', 'frozenTime', 'quality'];
  const own = {
    inboundrtp: ['packetsRecovered', 'keyFrames', 'roundTripTime'],
    outboundrtp: ['packetsRetransmitted'],
  };
  for (const [endpoint, type] of [
    [a, 'inboundrtp'],
    [b, 'outboundrtp'],
  ] as const) {
    let stream = await streamOf(endpoint, type);
    for (const name of [...names, ...own[type]]) assert.ok(name in stream, `${type} ${name}`);
    // It is that of the last second.
    for (let attempt = 0; stream.bitrate === 0 && attempt < 30; attempt++) {
      await sleep(100);
      stream = await streamOf(endpoint, type);
    }
    assert.ok(stream.bitrate > 0, type);
  }
  assert.ok((await streamOf(a, 'inboundrtp')).keyFrames > 0);
  for (const endpoint of [a, b]) {
    await endpoint.release();
    endpoint.peer.close();
  }
});

it('who listens to a pipeline is told how loud its endpoints are, at each measurement', async () => {
  const a = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['audio'] });
  const b = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['audio'] });
  a.peer.audioLevel = -25;
  b.peer.audioLevel = -60;
  const told = (): Json[] =>
    client.events.flatMap(({ value }) =>
      value.object === pipeline && value.type === event ? [value.data.levels] : [],
    );
  const { value: subscription } = await client.call('subscribe', { object: pipeline, type: event });
  const both = [
    { object: a.id, level: -25 },
    { object: b.id, level: -60 },
  ];
  const settled = () => JSON.stringify(told().at(-1)) === JSON.stringify(both);
  await until('both levels are told, the louder first', settled);
  const count = told().length;
  const measuredMs = 1000;
  await sleep(measuredMs);
  const events = told().length - count;
  assert.ok(
    events > measuredMs / intervalMs / 3 && events <= measuredMs / intervalMs + 2,
    `${events} events`,
  );
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  const level = /^manifold_track_audio_level_dbov\{.*participant="(.*?)".*\} (.*)$/gm;
  assert.deepEqual(
    new Map([...metrics.matchAll(level)].map(([, participant, value]) => [participant, Number(value)])),
    new Map(both.map(({ object, level: value }) => [object, value])),
  );
  for (const endpoint of [a, b]) {
    await endpoint.release();
    endpoint.peer.close();
  }
  await until('there are none any more', () => told().at(-1).length === 0);
  await sleep(3 * intervalMs);
  assert.equal(told().filter((levels) => levels.length === 0).length, 1, 'said once');
  const c = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['audio'] });
  c.peer.audioLevel = -40;
  await until('another is told of', () => told().at(-1).length === 1);
  await client.call('unsubscribe', { object: pipeline, subscription });
  const before = told().length;
  await sleep(4 * intervalMs);
  assert.equal(told().length, before, 'nobody listens');
  await c.release();
  c.peer.close();
});
