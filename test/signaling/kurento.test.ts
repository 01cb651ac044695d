/** The Kurento dialect over real WebSockets, as far as it needs no media; numbers are those of its acceptance checks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './headless-peer.ts';
import { failsWith, type Json, KurentoTestClient, type RpcError } from './kurento-test-client.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

const sessionTimeoutMs = 1000;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

let server: RunningManifold;
const clients: KurentoTestClient[] = [];

async function open(path = '/kurento', options = {}): Promise<KurentoTestClient> {
  const client = await KurentoTestClient.open(`${server.webSocket}${path}`, options);
  clients.push(client);
  return client;
}

/** A client with a pipeline and two PassThroughs in it. */
async function withElements(client?: KurentoTestClient) {
  const caller = client ?? (await open());
  const pipeline = await caller.create('MediaPipeline');
  const a = await caller.create('PassThrough', { mediaPipeline: pipeline });
  const b = await caller.create('PassThrough', { mediaPipeline: pipeline });
  return { client: caller, pipeline, a, b };
}

before(async () => {
  server = await startManifold({ kurento: { sessionTimeoutSeconds: sessionTimeoutMs / 1000 } });
});

after(async () => {
  for (const client of clients) client.socket.terminate();
  await server.close();
  assert.deepEqual(server.errors, []);
});

for (const path of ['/ws', '/kurento', '/ws?access_token=x', '/kurento?room_id=x']) {
  for (const binary of [false, true]) {
    test(`checks 1 and 2: a burst of ${binary ? 'binary' : 'text'} frames on ${path} gets its answers in order, in one session`, async () => {
      const client = await open(path, { binary });
      client.sendText('{"jsonrpc":"2.0","method":"ping","params":{"interval":5000},"id":0}');
      client.sendText(
        '{"jsonrpc":"2.0","method":"describe","params":{"object":"manager_ServerManager"},"id":1}',
      );
      client.sendText(
        '{"jsonrpc":"2.0","method":"create","params":{"type":"MediaPipeline","properties":{}},"id":2}',
      );
      client.sendText('{"jsonrpc":"2.0","method":"ping","id":"three"}');
      await until('four answers', () => client.answers.length === 4);
      assert.deepEqual(
        client.answers.map(({ id }) => id),
        [0, 1, 2, 'three'],
      );
      const [first, described, created, last] = client.answers.map(({ result }) => result);
      assert.deepEqual(first, { value: 'pong' }, 'a ping makes no session');
      assert.equal(described.sessionId, created.sessionId);
      assert.equal(last.sessionId, created.sessionId);
    });
  }
}

test('check 3: what the stock client demands of the server is there', async () => {
  const client = await open('/ws');
  const info = await client.invoke('manager_ServerManager', 'getInfo');
  assert.deepEqual(
    info.modules.map(({ name }: { name: string }) => name),
    ['core', 'elements', 'filters'],
  );
  assert.equal(info.type, 'KMS');
  assert.ok(info.capabilities.includes('transactions'));
  assert.ok(info.modules[0].factories.includes('MediaPipeline'));
  assert.equal(info.__type__, 'ServerInfo');
});

test('check 4: ids have the forms clients take apart, whichever way the type is named', async () => {
  const client = await open();
  const pipeline = await client.create('MediaPipeline');
  assert.match(pipeline, new RegExp(`^${uuid}_kurento\\.MediaPipeline$`));
  const qualified = await client.create('kurento.MediaPipeline', {});
  assert.match(qualified, new RegExp(`^${uuid}_kurento\\.MediaPipeline$`));
  const child = await client.create('kurento.PassThrough', { mediaPipeline: pipeline });
  assert.match(child, new RegExp(`^${pipeline}/${uuid}_kurento\\.PassThrough$`));
  const hub = await client.create('Dispatcher', { mediaPipeline: pipeline });
  const port = (await client.call('create', { type: 'HubPort', constructorParams: { hub } })).value;
  assert.match(port, new RegExp(`^${hub}/${uuid}_kurento\\.HubPort$`));
});

test('check 5: describe names the class and its ancestors', async () => {
  const { client, pipeline, a } = await withElements();
  const hub = await client.create('DispatcherOneToMany', { mediaPipeline: pipeline });
  const port = await client.create('HubPort', { hub });
  const hierarchies: Record<string, string[]> = {
    manager_ServerManager: ['MediaObject'],
    [pipeline]: ['MediaObject'],
    [a]: ['MediaElement', 'MediaObject'],
    [hub]: ['Hub', 'MediaObject'],
    [port]: ['MediaElement', 'MediaObject'],
    [await client.create('WebRtcEndpoint', { mediaPipeline: pipeline })]: [
      ...['BaseRtpEndpoint', 'SdpEndpoint', 'SessionEndpoint', 'Endpoint', 'MediaElement', 'MediaObject'],
    ],
  };
  for (const [object, hierarchy] of Object.entries(hierarchies)) {
    const described = await client.call('describe', { object });
    const type = object.split(/[._]/).at(-1);
    assert.deepEqual(described, {
      type,
      qualifiedType: `kurento.${type}`,
      hierarchy: hierarchy.map((each) => `kurento.${each}`),
      sessionId: client.sessionId,
    });
  }
});

test('check 6: every event of a class can be subscribed to, and no other', async () => {
  const { client, pipeline, a } = await withElements();
  const element = [
    ...['Error', 'ElementConnected', 'ElementDisconnected', 'MediaFlowInStateChanged'],
    ...['MediaFlowOutStateChanged', 'MediaTranscodingStateChanged', 'MediaFlowInStateChange'],
  ];
  for (const type of element) assert.match(await client.subscribe(a, type), new RegExp(`^${uuid}$`));
  await client.subscribe(pipeline, 'Error');
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  const endpointEvents = [
    ...['MediaSessionStarted', 'MediaSessionTerminated', 'ConnectionStateChanged', 'MediaStateChanged'],
    ...['IceCandidateFound', 'IceGatheringDone', 'IceComponentStateChanged', 'NewCandidatePairSelected'],
    ...['DtlsConnectionStateChange', 'DataChannelOpened', 'DataChannelClosed', 'OnIceCandidate'],
    ...['OnIceGatheringDone', 'OnIceComponentStateChanged', 'IceComponentStateChange', 'OnDataChannelOpened'],
    ...['DataChannelOpen', 'OnDataChannelClosed', 'DataChannelClose', 'MediaFlowOutStateChange'],
    ...['MediaTranscodingStateChange', 'Error', 'ElementConnected'],
  ];
  for (const type of endpointEvents) await client.subscribe(endpoint, type);
  for (const type of ['ObjectCreated', 'ObjectDestroyed', 'Error']) {
    await client.subscribe('manager_ServerManager', type);
  }
  for (const type of ['Nonsense', 'IceCandidateFound', '__proto__', 'toString', '']) {
    await assert.rejects(
      client.subscribe(a, type),
      failsWith(40106, 'MEDIA_OBJECT_EVENT_NOT_SUPPORTED'),
      type,
    );
  }
});

test('checks 7 and 18: two equal subscriptions are one event for each media type, and none when both are gone', async () => {
  const { client, a, b } = await withElements();
  const first = await client.subscribe(a, 'ElementConnected');
  const second = await client.subscribe(a, 'ElementConnected');
  await client.subscribe(a, 'ElementDisconnected');
  assert.notEqual(first, second);
  await client.invoke(a, 'connect', { sink: b });
  await client.settled();
  const connected = client.eventsOf('ElementConnected');
  assert.deepEqual(
    connected.map(({ mediaType }) => mediaType),
    ['AUDIO', 'VIDEO', 'DATA'],
  );
  for (const event of connected) {
    const { timestampMillis, ...others } = event;
    assert.match(timestampMillis, /^\d{13}$/);
    assert.deepEqual(others, {
      source: a,
      tags: [],
      type: 'ElementConnected',
      sink: b,
      mediaType: event.mediaType,
      sourceMediaDescription: 'default',
      sinkMediaDescription: 'default',
    });
  }
  await client.invoke(a, 'connect', { sink: b });
  await client.settled();
  assert.equal(client.eventsOf('ElementConnected').length, 3, 'connecting again changes nothing');
  await client.call('unsubscribe', { object: a, subscription: first });
  await client.invoke(a, 'disconnect', { sink: b, mediaType: 'VIDEO' });
  await client.invoke(a, 'connect', { sink: b, mediaType: 'VIDEO' });
  await client.settled();
  assert.equal(client.eventsOf('ElementDisconnected').length, 1);
  assert.equal(client.eventsOf('ElementConnected').length, 4);
  await client.call('unsubscribe', { subscription: second });
  await client.invoke(a, 'disconnect', { sink: b });
  await client.invoke(a, 'connect', { sink: b });
  await client.settled();
  assert.equal(client.eventsOf('ElementConnected').length, 4);
  assert.equal(client.eventsOf('ElementDisconnected').length, 4);
});

test('checks 8 and 9: releasing and unsubscribing always succeed; using what is not there does not', async () => {
  const { client, pipeline, a, b } = await withElements();
  const other = await open();
  const subscription = await client.subscribe(a, 'Error');
  await client.invoke(a, 'connect', { sink: b });
  assert.deepEqual(await other.call('release', { object: pipeline }), { sessionId: other.sessionId });
  assert.deepEqual(await client.call('unsubscribe', { object: a, subscription }), {
    sessionId: client.sessionId,
  });
  for (const object of [a, pipeline, 'nonsense', '', '/', 'a/b/c', 'manager_ServerManager']) {
    await client.call('release', { object });
    await client.call('unsubscribe', { object, subscription: 'nonsense' });
    await client.call('unref', { object });
  }
  await client.call('unsubscribe', { subscription: 'nonsense' });
  for (const object of [a, b, pipeline, 'nonsense', '']) {
    const notFound = failsWith(40101, 'MEDIA_OBJECT_NOT_FOUND');
    await assert.rejects(client.invoke(object, 'getId'), notFound);
    await assert.rejects(client.call('describe', { object }), notFound);
    await assert.rejects(client.subscribe(object, 'Error'), notFound);
    await assert.rejects(client.create('PassThrough', { mediaPipeline: object }), notFound);
  }
  await assert.rejects(
    client.invoke('newref:0', 'getId'),
    failsWith(40109, 'MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT'),
  );
  assert.equal(await client.invoke('manager_ServerManager', 'getId'), 'manager_ServerManager');
});

test('release and subscriptions of the manager: every object is told of, children before parents', async () => {
  const watcher = await open();
  await watcher.subscribe('manager_ServerManager', 'ObjectCreated');
  await watcher.subscribe('manager_ServerManager', 'ObjectDestroyed');
  const { client, pipeline, a, b } = await withElements();
  await client.call('release', { object: pipeline });
  const ours = (event: Json) => [pipeline, a, b].includes(event.object ?? event.objectId);
  const created = () => watcher.eventsOf('ObjectCreated').filter(ours);
  const destroyed = () => watcher.eventsOf('ObjectDestroyed').filter(ours);
  await until('all events came', () => destroyed().length === 3);
  assert.deepEqual(
    created().map(({ object }) => object),
    [pipeline, a, b],
  );
  assert.deepEqual(
    destroyed().map(({ objectId }) => objectId),
    [a, b, pipeline],
  );
  assert.equal(created()[0].type, undefined);
});

test('check 17: connections say what feeds what, and an element has one source for each type', async () => {
  const { client, pipeline, a, b } = await withElements();
  const c = await client.create('PassThrough', { mediaPipeline: pipeline });
  await client.invoke(a, 'connect', { sink: c });
  const sinks = await client.invoke(a, 'getSinkConnections');
  assert.equal(sinks.length, 3);
  assert.deepEqual(sinks[0], {
    __module__: 'kurento',
    __type__: 'ElementConnectionData',
    source: a,
    sink: c,
    type: 'AUDIO',
    sourceDescription: 'default',
    sinkDescription: 'default',
  });
  assert.deepEqual(await client.invoke(c, 'getSourceConnections'), sinks);
  assert.equal((await client.invoke(c, 'getSourceConnections', { mediaType: 'VIDEO' })).length, 1);
  assert.equal((await client.invoke(c, 'getSourceConnections', { description: 'other' })).length, 0);
  await client.subscribe(a, 'ElementDisconnected');
  await client.subscribe(b, 'ElementConnected');
  await client.invoke(b, 'connect', { sink: c, mediaType: 'VIDEO' });
  await client.settled();
  assert.deepEqual(client.order.slice(-3), [
    'event ElementDisconnected',
    'event ElementConnected',
    client.order.at(-1),
  ]);
  const sources = await client.invoke(c, 'getSourceConnections');
  assert.deepEqual(
    sources.map(({ source, type }: Json) => [source, type]).sort(),
    [
      [a, 'AUDIO'],
      [a, 'DATA'],
      [b, 'VIDEO'],
    ].sort(),
  );
  await client.invoke(a, 'disconnect', { sink: c });
  await client.invoke(a, 'disconnect', { sink: c });
  assert.deepEqual(await client.invoke(a, 'getSinkConnections'), []);
  await client.call('release', { object: c });
  assert.deepEqual(await client.invoke(b, 'getSinkConnections'), []);
});

test('what cannot be connected is refused in Kurento’s words', async () => {
  const { client, pipeline, a } = await withElements();
  const { a: elsewhere } = await withElements(client);
  const connect = (operationParams: Json) => client.invoke(a, 'connect', operationParams);
  await assert.rejects(connect({ sink: elsewhere }), (error: RpcError) => {
    assert.equal(error.message, 'Media elements do not share pipeline');
    return failsWith(40004, 'CONNECT_ERROR')(error);
  });
  await assert.rejects(connect({ sink: pipeline }), failsWith(40107));
  await assert.rejects(connect({ sink: 'x' }), failsWith(40101));
  await assert.rejects(connect({ sink: 5 }), { message: "'sink' parameter should be a string" });
  await assert.rejects(connect({}), { message: "'sink' parameter is required" });
  await assert.rejects(connect(undefined), { message: "'operationParams' is required" });
  await assert.rejects(connect([a]), { message: "'operationParams' should be an object" });
  await assert.rejects(connect('x'), { message: "'operationParams' should be an object" });
  await assert.rejects(connect({ sink: a, mediaType: 'SMELL' }), {
    message: "Invalid value for 'MediaType'",
  });
  await assert.rejects(connect({}), failsWith(40001, 'MARSHALL_ERROR'));
  await assert.rejects(client.invoke(a, 'fly'), { message: "Method 'fly' with 0 parameters not found" });
  await assert.rejects(client.invoke(a, '__proto__'), failsWith(40008, 'MALFORMED_TRANSACTION'));
  await assert.rejects(client.invoke(a, 'isMediaFlowingIn', { mediaType: 'DATA' }), failsWith(40107));
  assert.equal(await client.invoke(a, 'isMediaFlowingIn', { mediaType: 'VIDEO' }), false);
  assert.equal(await client.invoke(a, 'isMediaTranscoding', { mediaType: 'VIDEO' }), false);
});

test('rings of elements end, be they of one or of many', async () => {
  const { client, pipeline, a, b } = await withElements();
  await client.invoke(a, 'connect', { sink: a });
  await client.invoke(a, 'connect', { sink: b });
  await client.invoke(b, 'connect', { sink: a });
  assert.equal(await client.invoke(a, 'isMediaFlowingOut', { mediaType: 'AUDIO' }), false);
  const hub = await client.create('Dispatcher', { mediaPipeline: pipeline });
  const port = await client.create('HubPort', { hub });
  await client.invoke(hub, 'connect', { source: port, sink: port });
  await client.invoke(port, 'connect', { sink: port });
  await client.invoke(b, 'connect', { sink: port });
  assert.equal(await client.invoke(port, 'isMediaFlowingIn', { mediaType: 'AUDIO' }), false);
  await client.call('release', { object: a });
  await client.call('release', { object: pipeline });
});

test('numbers and booleans may be text', async () => {
  const { client, pipeline, a } = await withElements();
  await client.invoke(a, 'setMaxEncoderBitrate', { maxEncoderBitrate: '1000' });
  assert.equal(await client.invoke(a, 'getMaxEncoderBitrate'), 1000);
  await client.invoke(pipeline, 'setLatencyStats', { latencyStats: 'true' });
  assert.equal(await client.invoke(pipeline, 'getLatencyStats'), true);
  await assert.rejects(
    client.invoke(a, 'setMaxEncoderBitrate', { maxEncoderBitrate: 'x' }),
    failsWith(40001, 'MARSHALL_ERROR'),
  );
  assert.equal(await client.invoke(a, 'getEncoderBitrate'), 300_000);
});

test('family, name and time of an object', async () => {
  const { client, pipeline, a, b } = await withElements();
  assert.equal(await client.invoke(a, 'getParent'), pipeline);
  assert.equal(await client.invoke(pipeline, 'getParent'), null);
  assert.equal(await client.invoke(pipeline, 'getMediaPipeline'), pipeline);
  assert.equal(await client.invoke(a, 'getMediaPipeline'), pipeline);
  assert.deepEqual(await client.invoke(pipeline, 'getChildren'), [a, b]);
  assert.deepEqual(await client.invoke(pipeline, 'getChilds', {}), [a, b]);
  assert.deepEqual(await client.invoke(a, 'getChildren'), []);
  const created = await client.invoke(a, 'getCreationTime');
  assert.ok(Math.abs(created - Date.now() / 1000) < 60 && Number.isInteger(created));
  assert.ok((await client.invoke('manager_ServerManager', 'getPipelines')).includes(pipeline));
  assert.ok((await client.invoke('manager_ServerManager', 'getSessions')).includes(client.sessionId));
});

test('check 23: tags, names, and tags in events', async () => {
  const { client, a, b } = await withElements();
  assert.equal(await client.invoke(a, 'getName'), a);
  await client.invoke(a, 'setName', { name: 'camera' });
  assert.equal(await client.invoke(a, 'getName'), 'camera');
  await client.invoke(a, 'addTag', { key: 'k', value: '1' });
  await client.invoke(a, 'addTag', { key: 'k', value: '2' });
  assert.equal(await client.invoke(a, 'getTag', { key: 'k' }), '2');
  const tags = [{ __module__: 'kurento', __type__: 'Tag', key: 'k', value: '2' }];
  assert.deepEqual(await client.invoke(a, 'getTags'), tags);
  await client.subscribe(a, 'ElementConnected');
  await client.invoke(a, 'connect', { sink: b, mediaType: 'AUDIO' });
  assert.equal(await client.invoke(a, 'getSendTagsInEvents'), false);
  await client.invoke(a, 'setSendTagsInEvents', { sendTagsInEvents: true });
  await client.invoke(a, 'connect', { sink: b, mediaType: 'VIDEO' });
  await client.settled();
  assert.deepEqual(
    client.eventsOf('ElementConnected').map((event) => event.tags),
    [[], tags],
  );
  await client.invoke(a, 'removeTag', { key: 'k' });
  await client.invoke(a, 'removeTag', { key: 'k' });
  await assert.rejects(
    client.invoke(a, 'getTag', { key: 'k' }),
    failsWith(40110, 'MEDIA_OBJECT_TAG_KEY_NOT_FOUND'),
  );
});

test('a pipeline and its elements are drawn as Graphviz understands', async () => {
  const { client, pipeline, a, b } = await withElements();
  await client.invoke(a, 'setName', { name: 'say "hi"\\' });
  await client.invoke(a, 'connect', { sink: b });
  const graph: string = await client.invoke(pipeline, 'getGstreamerDot', { details: 'SHOW_ALL' });
  assert.match(graph, /^digraph \w+ \{\n[\s\S]*\}\n$/);
  assert.ok(graph.includes('say \\"hi\\"\\\\"'));
  assert.equal(graph.split(' -> ').length - 1, 3);
  assert.ok(graph.includes(`"${a}" -> "${b}" [label="VIDEO"];`));
  assert.ok((await client.invoke(b, 'getGstreamerDot')).includes(`"${a}" -> "${b}"`));
  assert.equal(await client.invoke(pipeline, 'dumpGstreamerDot'), null);
});

test('check 25: a transaction refers to its own results and stops at the first error', async () => {
  const client = await open();
  const operation = (id: number, method: string, params: Json) => ({ jsonrpc: '2.0', id, method, params });
  const { value, sessionId } = await client.call('transaction', {
    operations: [
      operation(0, 'create', { type: 'MediaPipeline' }),
      operation(1, 'create', { type: 'PassThrough', constructorParams: { mediaPipeline: 'newref:0' } }),
      operation(2, 'invoke', {
        object: 'newref:1',
        operation: 'connect',
        operationParams: { sink: 'newref:1' },
      }),
      operation(3, 'subscribe', { object: 'newref:1', type: 'Error' }),
      operation(4, 'invoke', { object: 'newref:7', operation: 'getId' }),
      operation(5, 'create', { type: 'MediaPipeline' }),
    ],
  });
  assert.equal(value.length, 5);
  const [pipeline, element] = value.map(({ result }: Json) => result?.value);
  assert.ok(element.startsWith(`${pipeline}/`));
  assert.deepEqual(value[2], { id: 2, jsonrpc: '2.0', result: { value: null, sessionId } });
  assert.equal(value[4].error.code, 40008);
  assert.equal((await client.invoke(element, 'getSinkConnections')).length, 3);
  const failing = await client.call('transaction', {
    operations: [operation(0, 'invoke', { object: element, operation: 'fly' }), operation(1, 'ping', {})],
  });
  assert.equal(failing.value.length, 1);
  const malformed = failsWith(40008, 'MALFORMED_TRANSACTION');
  await assert.rejects(
    client.call('transaction', { operations: [operation(1, 'create', { type: 'MediaPipeline' })] }),
    (error: RpcError) => {
      assert.equal(error.message, "Id of request '0' should be '0'");
      return malformed(error);
    },
  );
  assert.deepEqual((await client.call('transaction', { operations: [] })).value, []);
  await assert.rejects(client.call('transaction', { operations: 5 }), failsWith(-32000));
  await assert.rejects(client.call('transaction', {}), failsWith(-32000));
  await assert.rejects(client.call('transaction'), failsWith(-32602));
});

test('transactions and other requests are answered in the order they came', async () => {
  const client = await open();
  const operation = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'create',
    params: { type: 'MediaPipeline' },
  });
  const calls: Promise<Json>[] = [];
  for (let round = 0; round < 20; round++) {
    const operations = Array.from({ length: 1 + (round % 3) }, (_, id) => operation(id));
    calls.push(client.call('transaction', { operations }), client.call('transaction', { operations: [] }));
    calls.push(client.invoke('manager_ServerManager', 'getPipelines'));
  }
  await Promise.all(calls);
  assert.deepEqual(
    client.order,
    calls.map((_, id) => `answer ${id}`),
  );
  await client.call('closeSession', { release: true });
});

test('what follows a transaction waits for it', async () => {
  const client = await open();
  const create = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'create',
    params: { type: 'MediaPipeline' },
  });
  const operations = Array.from({ length: 500 }, (_, id) => create(id));
  const first = client.call('transaction', { operations });
  const second = client.invoke('manager_ServerManager', 'getPipelines');
  const [{ value }, pipelines] = await Promise.all([first, second]);
  assert.ok(pipelines.includes(value.at(-1).result.value));
  assert.deepEqual(client.order, ['answer 0', 'answer 1']);
  await client.call('closeSession', { release: true });
});

test('check 26: a session connects anew with its objects and subscriptions', async () => {
  const { client, a, b } = await withElements();
  await client.subscribe(a, 'ElementConnected');
  const { sessionId } = client;
  await client.close();
  const again = await open();
  again.nextId = 44;
  assert.deepEqual(await again.call('ping'), { value: 'pong' });
  const connected = await again.call('connect', { sessionId });
  assert.equal(connected.sessionId, sessionId);
  assert.match(connected.serverId, new RegExp(`^${uuid}$`));
  await again.invoke(a, 'connect', { sink: b });
  await again.settled();
  assert.equal(again.eventsOf('ElementConnected').length, 3);
  await assert.rejects(
    again.call('connect', { sessionId: 'gone' }),
    (error: RpcError) => error.message === 'Invalid session' && failsWith(40007, 'INVALID_SESSION')(error),
  );
  await assert.rejects(again.call('keepAlive', { sessionId: 'gone' }), failsWith(40007));
  const fresh = await open();
  const { serverId, sessionId: own } = await fresh.call('connect', null);
  assert.equal(serverId, connected.serverId);
  assert.ok(own !== sessionId);
});

test('a session is where it was last named: events go to the newest connection', async () => {
  const { client, a, b } = await withElements();
  await client.subscribe(a, 'ElementConnected');
  const newer = await open();
  await newer.call('connect', { sessionId: client.sessionId });
  const third = await open();
  await third.invoke(a, 'connect', { sink: b });
  await newer.settled();
  await client.settled();
  assert.equal(newer.eventsOf('ElementConnected').length, 3);
  assert.equal(client.eventsOf('ElementConnected').length, 0);
  assert.deepEqual(await client.call('ping'), { value: 'pong' }, 'the old connection has no session');
});

test('check 27: an abandoned session is collected, what others refer to lives on', async () => {
  const { client, pipeline, a, b } = await withElements();
  const other = await open();
  await other.call('describe', { object: a });
  const { sessionId } = client;
  await client.close();
  await sleep(sessionTimeoutMs * 0.5);
  assert.equal(await other.invoke(a, 'getId'), a);
  assert.ok((await other.invoke('manager_ServerManager', 'getSessions')).includes(sessionId));
  const left = async () => await other.invoke(pipeline, 'getChildren');
  const deadline = performance.now() + 2 * sessionTimeoutMs;
  while ((await left()).length === 2 && performance.now() < deadline) await sleep(20);
  assert.deepEqual(await left(), [a]);
  await assert.rejects(other.call('describe', { object: b }), failsWith(40101));
  assert.equal((await other.invoke('manager_ServerManager', 'getSessions')).includes(sessionId), false);
  await other.call('unref', { object: a });
  await assert.rejects(other.invoke(a, 'getId'), failsWith(40101));
});

test('a session that is kept alive, or connected though silent, is not collected', async () => {
  const { client, pipeline } = await withElements();
  const silent = await withElements();
  const { sessionId } = client;
  await client.close();
  const keeper = await open();
  for (let i = 0; i < 8; i++) {
    await sleep(sessionTimeoutMs / 4);
    assert.deepEqual(await keeper.call('keepAlive', { sessionId }), { sessionId });
  }
  assert.equal(await keeper.invoke(pipeline, 'getId'), pipeline);
  assert.equal(await silent.client.invoke(silent.a, 'getId'), silent.a);
});

test('what is made below a shared pipeline lives as long as anybody refers to the pipeline', async () => {
  const { client, pipeline, a } = await withElements();
  const other = await open();
  await other.call('ref', { object: pipeline });
  const late = await client.create('PassThrough', { mediaPipeline: pipeline });
  await client.call('closeSession', { sessionId: client.sessionId });
  assert.equal(await other.invoke(late, 'getId'), late);
  await assert.rejects(other.invoke(a, 'getId'), failsWith(40101), 'was there before, and only the maker’s');
  await other.call('closeSession', { release: true });
  const third = await open();
  await assert.rejects(third.invoke(pipeline, 'getId'), failsWith(40101));
});

test('check 28: a session id that the client chose is taken', async () => {
  const client = await open();
  const first = await client.call('create', { type: 'MediaPipeline', sessionId: 'my-own' });
  assert.equal(first.sessionId, 'my-own');
  assert.equal((await client.call('describe', { object: first.value })).sessionId, 'my-own');
  await assert.rejects(
    client.call('create', { type: 'MediaPipeline', sessionId: 'x'.repeat(1000) }),
    failsWith(-32000),
  );
});

test('check 29: a repeated request gets the same answer and is not done twice', async () => {
  const client = await open();
  const text =
    '{"jsonrpc":"2.0","id":7,"method":"create","params":{"type":"MediaPipeline","sessionId":"rep"}}';
  client.sendText(text);
  client.sendText(text);
  await until('two answers', () => client.answers.length === 2);
  assert.deepEqual(client.answers[0], client.answers[1]);
  const again = await open();
  again.sendText(text);
  await until('an answer', () => again.answers.length === 1);
  assert.deepEqual(again.answers[0], client.answers[0]);
  again.sendText(text.replace('"params"', ' "params"'));
  await until('an answer', () => again.answers.length === 2);
  assert.notEqual(
    again.answers[1].result.value,
    client.answers[0].result.value,
    'another text is another request',
  );
  again.sendText(text.replace('"id":7', '"id":"7"'));
  await until('an answer', () => again.answers.length === 3);
  assert.notEqual(again.answers[2].result.value, client.answers[0].result.value, 'and so is another id');
});

test('check 30: what is no request is answered so, and the connection stays usable', async () => {
  const client = await open();
  const refused: [text: string, code: number, id: unknown][] = [
    ['{', -32700, null],
    ['', -32700, null],
    [`${'['.repeat(50)}${']'.repeat(50)}`, -32700, null],
    ['5', -32600, null],
    ['null', -32600, null],
    ['[]', -32600, null],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, null],
    ['{"id":1,"method":"ping"}', -32600, null],
    ['{"jsonrpc":"2.0","id":1}', -32600, null],
    ['{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, null],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
    ['{"jsonrpc":"2.0","id":1,"method":5}', -32600, null],
    ['{"jsonrpc":"2.0","id":1,"method":"fly"}', -32601, 1],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{}}', -32601, 1],
    ['{"jsonrpc":"2.0","id":2,"method":"create"}', -32602, 2],
    ['{"jsonrpc":"2.0","id":2,"method":"invoke","params":null}', -32602, 2],
    ['{"jsonrpc":"2.0","id":2,"method":"ping","params":"x"}', -32602, 2],
    ['{"jsonrpc":"2.0","id":2,"method":"create","params":[]}', -32602, 2],
    ['{"jsonrpc":"2.0","id":3,"method":"create","params":{}}', -32000, 3],
    ['{"jsonrpc":"2.0","id":3,"method":"describe","params":{"object":5}}', -32000, 3],
    ['{"jsonrpc":"2.0","id":3,"method":"create","params":{"type":"X","sessionId":5}}', -32000, 3],
  ];
  for (const [text, code, id] of refused) {
    const count = client.answers.length;
    client.sendText(text);
    await until(`an answer to ${text}`, () => client.answers.length === count + 1);
    assert.equal(client.answers[count].error.code, code, text);
    assert.equal(client.answers[count].id, id, text);
  }
  await assert.rejects(client.call('create', {}), { message: "'type' parameter is required" });
  await assert.rejects(client.call('describe', { object: 5 }), {
    message: "'object' parameter should be a string",
  });
  const count = client.answers.length;
  client.sendText('{"jsonrpc":"2.0","method":"create","params":{"type":"MediaPipeline"}}');
  client.sendText('{"jsonrpc":"2.0","id":null,"method":"fly"}');
  await client.settled();
  assert.equal(client.answers.length, count + 1, 'notifications are not answered');
});

test('check 31: what cannot be served is refused and not among the factories', async () => {
  const { client, pipeline } = await withElements();
  const info = await client.invoke('manager_ServerManager', 'getInfo');
  const factories: string[] = info.modules.flatMap((module: Json) => module.factories);
  const refused = [
    ...['Composite', 'Mixer', 'AlphaBlending', 'PlayerEndpoint', 'RecorderEndpoint', 'HttpPostEndpoint'],
    ...['FaceOverlayFilter', 'GStreamerFilter', 'ZBarFilter', 'ImageOverlayFilter', 'OpenCVFilter'],
    ...['MediaElement', 'ServerManager', 'Hub', 'Nonsense', '__proto__', 'kurento.Composite'],
  ];
  for (const type of refused) {
    await assert.rejects(
      client.create(type, { mediaPipeline: pipeline, uri: 'file:///x' }),
      failsWith(40108, 'MEDIA_OBJECT_NOT_AVAILABLE'),
      type,
    );
    assert.equal(factories.includes(type), false);
  }
  await assert.rejects(
    client.create('Composite', { mediaPipeline: pipeline }),
    /Factory 'Composite' not found.*decod/,
  );
  for (const type of ['MediaPipeline', 'PassThrough', 'HubPort', 'Dispatcher', 'DispatcherOneToMany']) {
    assert.ok(factories.includes(type), type);
  }
  await assert.rejects(client.create('PassThrough'), {
    message: "'constructorParams' is required",
    code: 40001,
  });
  await assert.rejects(client.create('PassThrough', { mediaPipeline: 5 }), {
    message: "'mediaPipeline' parameter should be a string",
  });
});

test('hubs route between their own ports', async () => {
  const { client, pipeline } = await withElements();
  const dispatcher = await client.create('Dispatcher', { mediaPipeline: pipeline });
  const one = await client.create('HubPort', { hub: dispatcher });
  const two = await client.create('HubPort', { hub: dispatcher });
  const spreader = await client.create('DispatcherOneToMany', { mediaPipeline: pipeline });
  const three = await client.create('HubPort', { hub: spreader });
  await client.invoke(dispatcher, 'connect', { source: one, sink: two });
  await client.invoke(spreader, 'setSource', { source: three });
  await assert.rejects(client.invoke(dispatcher, 'connect', { source: one, sink: three }), failsWith(40004));
  await assert.rejects(client.invoke(spreader, 'setSource', { source: one }), failsWith(40004));
  await assert.rejects(client.invoke(spreader, 'setSource', { source: dispatcher }), failsWith(40107));
  await assert.rejects(client.create('HubPort', { hub: pipeline }), failsWith(40107));
  await client.invoke(spreader, 'removeSource');
  await client.call('release', { object: one });
  await client.call('release', { object: three });
});

test('ids that a client put together itself are understood', async () => {
  const { client, pipeline, a } = await withElements();
  const segment = a.slice(a.lastIndexOf('/') + 1);
  const bare = segment.slice(0, segment.indexOf('_'));
  for (const id of [a, segment, bare, `${pipeline}/${segment}`, `${pipeline}/${a}`, `x/${bare}`]) {
    assert.equal(await client.invoke(id, 'getId'), a, id);
  }
  for (const id of [`${bare}_kurento.WebRtcEndpoint`, `${bare}x`, bare.slice(1), `${a}/`, `${a}/x`]) {
    await assert.rejects(client.invoke(id, 'getId'), failsWith(40101), id);
  }
});

test('slow calls run beside the others', async () => {
  const client = await open();
  const slow = client.invoke('manager_ServerManager', 'getUsedCpu', { interval: 300 });
  const quick = client.invoke('manager_ServerManager', 'getCpuCount');
  assert.ok((await quick) >= 1);
  const percent = await slow;
  assert.deepEqual(client.order, ['answer 1', 'answer 0']);
  assert.ok(percent >= 0 && percent <= 100);
  assert.ok((await client.invoke('manager_ServerManager', 'getUsedMemory')) > 1000);
  assert.equal(typeof (await client.invoke('manager_ServerManager', 'getMetadata')), 'string');
  JSON.parse(await client.invoke('manager_ServerManager', 'getKmd', { moduleName: 'core' }));
  await assert.rejects(
    client.invoke('manager_ServerManager', 'getKmd', { moduleName: 'x' }),
    failsWith(40500, 'UNDEFINED'),
  );
});

test('what was sent before the socket closed is done', async () => {
  const { client, pipeline } = await withElements();
  for (let i = 0; i < 2000; i++) client.sendText(`{"jsonrpc":"2.0","id":"p${i}","method":"ping"}`);
  client.sendText(`{"jsonrpc":"2.0","id":"r","method":"release","params":{"object":"${pipeline}"}}`);
  await client.close();
  const other = await open();
  const gone = async () => {
    const pipelines: string[] = await other.invoke('manager_ServerManager', 'getPipelines');
    return !pipelines.includes(pipeline);
  };
  const deadline = performance.now() + sessionTimeoutMs / 2;
  while (!(await gone())) {
    assert.ok(performance.now() < deadline, 'the pipeline is released');
    await sleep(10);
  }
});

test('the dialect has a port of its own, if it is wanted', async () => {
  const own = await startManifold({ kurento: { listen: true, port: 0 } });
  try {
    const { port } = own.manifold.kurentoAddress ?? { port: 0 };
    for (const path of ['/kurento', '/ws', '/']) {
      const client = await KurentoTestClient.open(`ws://127.0.0.1:${port}${path}`);
      await client.create('MediaPipeline');
      client.socket.terminate();
    }
    await assert.rejects(KurentoTestClient.open(`ws://127.0.0.1:${port}/elsewhere`));
  } finally {
    await own.close();
  }
});

test('a server that closes says so to its clients, and releases everything', async () => {
  const own = await startManifold();
  const client = await KurentoTestClient.open(`${own.webSocket}/kurento`);
  await client.create('MediaPipeline');
  await own.close();
  await until('the client is told', () => client.closed !== null);
  assert.equal(client.closed?.code, 1001);
  assert.deepEqual(own.errors, []);
});

test('check 40: health counts sessions, pipelines and endpoints', async () => {
  const { client, pipeline } = await withElements();
  const read = async () => (await (await fetch(`${server.http}/health`)).json()) as Json;
  const before = await read();
  assert.equal(before.status, 'ok');
  assert.ok(before.sessions > 0 && before.pipelines > 0);
  await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
  assert.equal((await read()).endpoints, before.endpoints + 1);
  await client.call('release', { object: pipeline });
  assert.equal((await read()).endpoints, before.endpoints);
});

test('metrics say how many there are and what they call', async () => {
  const { client } = await withElements();
  await assert.rejects(client.call('fly', {}));
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  for (const line of [
    /^manifold_kurento_sessions [1-9]/m,
    /^manifold_kurento_pipelines [1-9]/m,
    /^manifold_kurento_elements\{type="PassThrough"\} [1-9]/m,
    /^manifold_kurento_calls_total\{method="create"\} [1-9]/m,
    /^manifold_kurento_calls_total\{method="other"\} [1-9]/m,
    /^manifold_kurento_errors_total\{code="-32601"\} [1-9]/m,
  ]) {
    assert.match(metrics, line);
  }
});
