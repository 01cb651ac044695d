/** Clients of the Kurento dialect that mean ill, or know no better: nobody else may notice. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate as nextRound } from 'node:timers/promises';
import { pick } from '../browser/mutation/choices.ts';
import { mutateOffer } from '../browser/mutation/mutate-offer.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { type Json, KurentoTestClient, RpcError } from './kurento-test-client.ts';
import { KurentoWitnesses } from './kurento-witnesses.ts';
import { browserOffer, type RunningManifold, startManifold } from './running-manifold.ts';

/** Far more than any client has a use for, and far less than the process has. */
const mostHeapBytes = 200_000_000;

let server: RunningManifold;
let network: HeadlessNetwork;
let witnesses: KurentoWitnesses;

before(async () => {
  server = await startManifold();
  network = new HeadlessNetwork();
  witnesses = await KurentoWitnesses.start(network, `${server.webSocket}/kurento`);
});

after(async () => {
  witnesses.close();
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const open = () => KurentoTestClient.open(`${server.webSocket}/kurento`);

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Every error a call may end in: one of the protocol's, never a bug. */
async function outcome(call: Promise<Json>): Promise<number | 'ok'> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    assert.notEqual(error.code, 40003, `unexpected error: ${error.message}`);
    return error.code;
  }
}

/** Sends so many requests as fast as the socket takes them, without stopping the server, which is in this process. */
async function flood(
  client: KurentoTestClient,
  count: number,
  text: (index: number) => string,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    client.sendText(text(i));
    if (i % 100 === 99) await nextRound();
  }
}

async function pipelineWith(client: KurentoTestClient, ...types: string[]): Promise<string[]> {
  const mediaPipeline = await client.create('MediaPipeline');
  const elements: string[] = [];
  for (const type of types) elements.push(await client.create(type, { mediaPipeline }));
  return [mediaPipeline, ...elements];
}

test('values of every type in every place are answered, with errors of the protocol', async (t) => {
  const values = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    [],
    [[]],
    {},
    { a: { b: [] } },
    ['x'],
    '__proto__',
    'newref:0',
  ];
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    const [pipeline, element, endpoint] = await pipelineWith(client, 'PassThrough', 'WebRtcEndpoint');
    const objects = [pipeline, element, endpoint, 'manager_ServerManager', 'x'];
    const methods = [
      ...['create', 'describe', 'invoke', 'subscribe', 'unsubscribe', 'ref', 'unref', 'keepAlive', 'connect'],
      ...['transaction', 'ping', 'fly'],
    ];
    for (const method of methods) {
      for (const value of values) {
        await outcome(client.call(method, value));
        for (const key of [
          'type',
          'object',
          'operation',
          'constructorParams',
          'operations',
          'subscription',
        ]) {
          await outcome(
            client.call(method, { object: element, type: 'Error', operation: 'getId', [key]: value }),
          );
        }
      }
    }
    const operations = [
      ...['connect', 'disconnect', 'getStats', 'addTag', 'setName', 'isMediaFlowingIn', 'getSinkConnections'],
      ...[
        'processOffer',
        'processAnswer',
        'generateOffer',
        'addIceCandidate',
        'createDataChannel',
        'setRembParams',
      ],
      ...['getUsedCpu', 'getKmd', 'setMaxVideoSendBandwidth', 'closeDataChannel', 'setSendTagsInEvents'],
    ];
    const keys = [
      'sink',
      'mediaType',
      'offer',
      'answer',
      'candidate',
      'options',
      'label',
      'channelId',
      'key',
      'value',
    ];
    for (const object of objects) {
      for (const operation of operations) {
        for (const value of values) {
          await outcome(client.call('invoke', { object, operation, operationParams: value }));
        }
        for (const key of keys) {
          for (const value of values.slice(0, 8)) {
            const operationParams = { sink: element, mediaType: 'AUDIO', interval: 1, [key]: value };
            await outcome(client.call('invoke', { object, operation, operationParams }));
          }
        }
      }
    }
    assert.equal(client.closed, null);
    await client.close();
  });
});

test('another session’s objects may be used, and its connection is none the worse for it', async () => {
  const [victim, thief] = [await open(), await open()];
  const [pipeline, element] = await pipelineWith(victim, 'PassThrough');
  await victim.subscribe(element, 'Error');
  const subscription = await victim.subscribe(element, 'ElementConnected');
  await thief.call('unsubscribe', { object: element, subscription });
  await victim.invoke(element, 'connect', { sink: element });
  await victim.settled();
  assert.equal(victim.eventsOf('ElementConnected').length, 3, 'nobody ends another’s subscription');
  await thief.call('unref', { object: pipeline });
  await thief.call('unref', { object: element });
  assert.equal(await victim.invoke(element, 'getId'), element, 'nor its reference');
  await thief.invoke(element, 'setName', { name: 'mine' });
  await thief.call('release', { object: pipeline });
  assert.equal(await outcome(victim.invoke(element, 'getId')), 40101);
  assert.equal(await outcome(victim.call('describe', { object: pipeline })), 40101);
  assert.notEqual(await victim.create('MediaPipeline'), pipeline);
  assert.equal(victim.closed, null);
  await thief.close();
  await victim.close();
});

test('100 000 subscriptions are not held', async (t) => {
  const before = heapBytes();
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    const [, ...elements] = await pipelineWith(client, ...Array(30).fill('PassThrough'));
    await flood(client, 100_000, (i) =>
      JSON.stringify({
        jsonrpc: '2.0',
        id: `s${i}`,
        method: 'subscribe',
        params: { object: elements[i % elements.length], type: 'Error' },
      }),
    );
    await until('all are answered', () => client.answers.length > 100_000, 60_000);
    const refused = client.answers.filter(({ error }) => error !== undefined);
    assert.equal(refused.length, 100_000 - 20_000);
    assert.ok(refused.every(({ error }) => error.code === 40009));
    client.answers.length = 0;
    t.diagnostic(`${((heapBytes() - before) / 1e6).toFixed(1)} MB of heap more, both ends`);
    assert.ok(heapBytes() - before < mostHeapBytes);
    await client.call('closeSession', { release: true });
    await client.close();
  });
});

test('frames of 10 MB close the socket that sends them, deep and large JSON does not', async (t) => {
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    client.sendText(
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(80_000)}1${'}'.repeat(80_000)}}`,
    );
    client.sendText('['.repeat(900_000));
    client.sendText(`"${'['.repeat(900_000)}"`);
    client.sendText(
      `{"jsonrpc":"2.0","id":2,"method":"ping","params":{"a":"${'[{'.repeat(10_000)}","b":[${Array(100_000).fill('{}')}]}}`,
    );
    await client.settled();
    assert.deepEqual(
      client.answers.slice(0, 4).map(({ error, result }) => error?.code ?? result.value),
      [-32700, -32700, -32600, 'pong'],
    );
    assert.equal(client.closed, null);
    await client.close();
    for (let i = 0; i < 3; i++) {
      const huge = await open();
      huge.sendText('x'.repeat(10_000_000));
      await until('it is closed', () => huge.closed !== null);
      assert.equal(huge.closed?.code, 1009);
    }
  });
});

test('floods of requests wait for themselves', async (t) => {
  await witnesses.undisturbed(t, async () => {
    const flooders = await Promise.all([open(), open(), open(), open()]);
    const each = 30_000;
    const floods = flooders.map((flooder) =>
      flood(
        flooder,
        each,
        (i) => `{"jsonrpc":"2.0","id":"p${i}","method":"invoke","params":{"object":"x","operation":"y"}}`,
      ),
    );
    const bystander = await open();
    const startedAt = performance.now();
    await bystander.create('MediaPipeline');
    t.diagnostic(`a bystander waits ${(performance.now() - startedAt).toFixed(0)} ms`);
    await Promise.all(floods);
    await until('all are answered', () => flooders.every(({ answers }) => answers.length === each), 60_000);
    for (const flooder of [...flooders, bystander]) await flooder.close();
  });
});

test('a flood of garbage is answered, and its sender may go on', async (t) => {
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    await flood(client, 20_000, () => '}');
    await until('all are answered', () => client.answers.length === 20_000, 60_000);
    assert.match(await client.create('MediaPipeline'), /_kurento\.MediaPipeline$/);
    await client.close();
  });
});

test('objects, tags and names stop at a limit', async (t) => {
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    const mediaPipeline = await client.create('MediaPipeline');
    const calls: Promise<number | 'ok'>[] = [];
    for (let i = 0; i < 21_000; i++) {
      calls.push(outcome(client.create('PassThrough', { mediaPipeline })));
      if (i % 100 === 99) await nextRound();
    }
    const outcomes = await Promise.all(calls);
    assert.equal(outcomes.filter((each) => each === 'ok').length, 19_999);
    assert.ok(outcomes.slice(-1000).every((each) => each === 40009));
    const tags: Promise<number | 'ok'>[] = [];
    for (let i = 0; i < 100; i++) {
      tags.push(outcome(client.invoke(mediaPipeline, 'addTag', { key: `k${i}`, value: 'v' })));
    }
    assert.equal((await Promise.all(tags)).filter((each) => each === 'ok').length, 64);
    assert.equal(
      await outcome(client.invoke(mediaPipeline, 'setName', { name: 'x'.repeat(100_000) })),
      40009,
    );
    const value = 'x'.repeat(100_000);
    assert.equal(await outcome(client.invoke(mediaPipeline, 'addTag', { key: 'k0', value })), 40009);
    assert.equal(await client.invoke(mediaPipeline, 'getTag', { key: 'k0' }), 'v');
    await client.call('release', { object: mediaPipeline });
    assert.equal(await outcome(client.create('MediaPipeline')), 'ok', 'what is released makes room');
    await client.close();
  });
});

test('sessions stop at a limit, for each address', async (t) => {
  const own = await startManifold({ kurento: { sessions: 50, sessionTimeoutSeconds: 1 } });
  try {
    const client = await KurentoTestClient.open(`${own.webSocket}/kurento`);
    const outcomes: (number | 'ok')[] = [];
    for (let i = 0; i < 100; i++) {
      outcomes.push(await outcome(client.call('create', { type: 'MediaPipeline', sessionId: `s${i}` })));
    }
    assert.equal(outcomes.filter((each) => each === 'ok').length, 50);
    assert.equal(outcomes.at(-1), 40009);
    t.diagnostic('waiting for the abandoned ones to be collected');
    const deadline = performance.now() + 5000;
    while ((await outcome(client.call('create', { type: 'MediaPipeline', sessionId: 'late' }))) !== 'ok') {
      assert.ok(performance.now() < deadline, 'abandoned sessions make room');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await client.close();
    assert.deepEqual(own.errors, []);
  } finally {
    await own.close();
  }
});

test('a client that does not read is closed, and nobody waits for it', async (t) => {
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    const [, element] = await pipelineWith(client, 'PassThrough');
    await client.invoke(element, 'setName', { name: 'x'.repeat(2000) });
    client.socket.pause();
    const text = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'invoke',
      params: { object: element, operation: 'getName' },
    });
    await flood(client, 20_000, (i) => text.replace('1', String(i)));
    const other = await open();
    await other.create('MediaPipeline');
    await other.close();
    client.socket.terminate();
  });
});

test('mutated offers are answered or refused, each once', async (t) => {
  const random = new SeededRandom(5);
  const codes = new Map<number | 'ok', number>();
  await witnesses.undisturbed(t, async () => {
    const client = await open();
    const mediaPipeline = await client.create('MediaPipeline');
    for (let round = 0; round < 100; round++) {
      const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline });
      const offer = mutateOffer(
        browserOffer(pick(random, ['chromium-audio-video', 'firefox-audio-video'])),
        random,
      );
      const code = await outcome(client.invoke(endpoint, 'processOffer', { offer }));
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assert.ok(code === 'ok' || (code >= 40201 && code <= 40211), String(code));
      await outcome(client.invoke(endpoint, 'gatherCandidates'));
      await client.call('release', { object: endpoint });
    }
    await client.close();
  });
  t.diagnostic(JSON.stringify([...codes]));
  assert.ok((codes.get('ok') ?? 0) > 0);
});
