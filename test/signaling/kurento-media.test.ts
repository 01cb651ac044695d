/** Media through pipelines of the Kurento dialect: real connections, over real WebSockets. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { writeGoodbye } from '../../src/media/rtcp/rtcp-writer.ts';
import { Participant } from '../../src/rooms/participant.ts';
import { WebRtcEndpoint } from '../../src/signaling/kurento/web-rtc-endpoint.ts';
import { leaveAll, RoomMembers } from '../rooms/room-members.ts';
import { type HeadlessNetwork, until } from './headless-peer.ts';
import { type EndpointMedia, TestEndpoint } from './kurento-endpoint.ts';
import { KurentoScene } from './kurento-scene.ts';
import type { Json, KurentoTestClient } from './kurento-test-client.ts';
import type { RunningManifold } from './running-manifold.ts';

const both = ['audio', 'video'] as const;
const sender: EndpointMedia = { sends: both };
const receiver: EndpointMedia = { receives: both };
/** Longer than anything under way takes. */
const quietMs = 400;

let scene: KurentoScene;
let server: RunningManifold;
let network: HeadlessNetwork;
let client: KurentoTestClient;

before(async () => {
  scene = await KurentoScene.open();
  ({ server, network, client } = scene);
});

after(async () => {
  // All have been released, and nobody else holds them; the last may still be in registers of what has returned.
  await sleep(100);
  for (const type of [WebRtcEndpoint, Participant])
    assert.ok(queryObjects(type, { format: 'count' }) <= 4, `${type.name} are left behind`);
  await scene.close();
});

async function pipelineWith(...media: readonly EndpointMedia[]) {
  const pipeline = await client.create('MediaPipeline');
  const endpoints: TestEndpoint[] = [];
  for (const each of media) endpoints.push(await TestEndpoint.negotiated(network, client, pipeline, each));
  return { pipeline, endpoints };
}

async function release(pipeline: string, endpoints: readonly TestEndpoint[]): Promise<void> {
  await client.call('release', { object: pipeline });
  for (const { peer } of endpoints) peer.close();
}

describe('media between endpoints', () => {
  it('check 16: connected after both have negotiated', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender, receiver);
    const [a, b] = endpoints;
    await until('both are connected', () => a.peer.connected && b.peer.connected);
    await sleep(quietMs);
    assert.equal(b.packets('audio') + b.packets('video'), 0, 'nothing before');
    await a.connect(b);
    await a.connect(b);
    await Promise.all(both.map((kind) => b.receives(kind)));
    assert.equal((await b.invoke('getSourceConnections')).length, 3);
    const asked = async () => {
      const stats: Json = await a.invoke('getStats', { mediaType: 'VIDEO' });
      return Math.max(...Object.values<Json>(stats).map(({ pliCount = 0 }) => pliCount));
    };
    const atConnecting = await asked();
    assert.ok(atConnecting > 0, 'a key frame was asked for');
    await sleep(quietMs);
    await b.invoke('requestKeyframe');
    assert.equal(await asked(), atConnecting + 1);
    await release(pipeline, endpoints);
  });

  it('check 16: connected before either has, and before the source has', async () => {
    const pipeline = await client.create('MediaPipeline');
    const a = await TestEndpoint.create(network, client, pipeline, sender);
    const b = await TestEndpoint.create(network, client, pipeline, receiver);
    const c = await TestEndpoint.negotiated(network, client, pipeline, receiver);
    await a.connect(b);
    await a.connect(c);
    await b.negotiate();
    await a.negotiate();
    await Promise.all([b, c].flatMap((sink) => both.map((kind) => sink.receives(kind))));
    await release(pipeline, [a, b, c]);
  });

  it('check 17: kind by kind, and each taken back by itself', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender, receiver);
    const [a, b] = endpoints;
    await a.connect(b, 'VIDEO');
    await b.receives('video');
    assert.equal(b.packets('audio'), 0);
    await a.connect(b, 'AUDIO');
    await b.receives('audio');
    await a.disconnect(b, 'AUDIO');
    await sleep(quietMs);
    const audio = b.packets('audio');
    await b.receives('video');
    assert.equal(b.packets('audio'), audio);
    await a.disconnect(b);
    await sleep(quietMs);
    const video = b.packets('video');
    await sleep(quietMs);
    assert.equal(b.packets('video'), video);
    await release(pipeline, endpoints);
  });

  it('check 16: another source takes a live sink over, on the same SSRC, with numbers that go on', async () => {
    const { pipeline, endpoints } = await pipelineWith({ sends: ['video'] }, { sends: ['video'] }, receiver);
    const [a, b, c] = endpoints;
    const numbers: number[] = [];
    c.peer.onPacket = (packet) => numbers.push((packet[2] << 8) | packet[3]);
    await a.connect(c);
    await c.receives('video');
    await b.connect(c);
    await c.receives('video');
    assert.equal(c.peer.received.size, 1);
    assert.deepEqual(
      numbers.map((number) => (number - numbers[0]) & 0xffff),
      numbers.map((_, index) => index),
    );
    assert.equal((await a.invoke('getSinkConnections')).length, 0);
    await release(pipeline, endpoints);
  });

  it('check 16: loopback', async () => {
    const pipeline = await client.create('MediaPipeline');
    const a = await TestEndpoint.create(network, client, pipeline, { sends: both, receives: both });
    await a.connect(a);
    await a.negotiate();
    await Promise.all(both.map((kind) => a.receives(kind)));
    await release(pipeline, [a]);
  });

  it('check 31: through PassThroughs and a Dispatcher', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender, receiver, receiver);
    const [a, b, c] = endpoints;
    const [first, second] = [
      await client.create('PassThrough', { mediaPipeline: pipeline }),
      await client.create('PassThrough', { mediaPipeline: pipeline }),
    ];
    await client.invoke(first, 'connect', { sink: second });
    await client.invoke(second, 'connect', { sink: b.id });
    await a.invoke('connect', { sink: first });
    await Promise.all(both.map((kind) => b.receives(kind)));
    const hub = await client.create('Dispatcher', { mediaPipeline: pipeline });
    const [into, out] = [await client.create('HubPort', { hub }), await client.create('HubPort', { hub })];
    await a.invoke('connect', { sink: into });
    await client.invoke(out, 'connect', { sink: c.id });
    await client.invoke(hub, 'connect', { source: into, sink: out });
    await Promise.all(both.map((kind) => c.receives(kind)));
    await client.call('release', { object: first });
    await sleep(quietMs);
    const packets = b.packets('audio');
    await c.receives('audio');
    assert.equal(b.packets('audio'), packets, 'a chain that is broken carries nothing');
    await release(pipeline, endpoints);
  });

  it('a source that is released leaves its sinks to the next', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender, receiver);
    const [a, b] = endpoints;
    await a.subscribe('ElementDisconnected');
    await a.connect(b);
    await b.receives('video');
    await a.release();
    a.peer.close();
    const next = await TestEndpoint.negotiated(network, client, pipeline, sender);
    await next.connect(b);
    await b.receives('video');
    assert.equal(b.peer.received.size, 2, 'one SSRC of each kind');
    await release(pipeline, [...endpoints, next]);
  });

  it('check 24: an endpoint offers, and its peer answers', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender);
    const [a] = endpoints;
    const b = await TestEndpoint.create(network, client, pipeline, { params: { sendonly: true } });
    await a.connect(b);
    const offer = await b.invoke('generateOffer', { options: { offerToReceiveAudio: false } });
    assert.deepEqual([...offer.matchAll(/^m=(\w+)|^a=(sendonly|recvonly|sendrecv)/gm)].map(String), [
      'm=video,video,',
      'a=sendonly,,sendonly',
    ]);
    const local = await b.invoke('processAnswer', { answer: b.peer.answerOffer(offer) });
    assert.equal(local, offer);
    await b.invoke('gatherCandidates');
    await b.receives('video');
    await release(pipeline, [...endpoints, b]);
  });

  it('check 36: messages come back in loopback, and reach every channel of the sinks', async () => {
    const { pipeline, endpoints } = await pipelineWith({ channels: ['one'] }, { channels: ['two', 'three'] });
    const [a, b] = endpoints;
    await a.subscribe('DataChannelOpened', 'DataChannelClosed');
    await a.connect(a, 'DATA');
    await a.connect(b, 'DATA');
    await until('all are open', () =>
      [a, b].every(({ peer }) => peer.data.channels.every((each) => each.state === 'open')),
    );
    await until('the server has told', () => a.eventsOf('DataChannelOpened').length === 1);
    const [{ channelId }] = a.eventsOf('DataChannelOpened');
    assert.equal(channelId, a.peer.data.channels[0].id);
    await sleep(quietMs);
    a.peer.data.channels[0].send('hello');
    await until('all have it', () => a.messages.length === 1 && b.messages.length === 2);
    assert.deepEqual([a.messages, b.messages.sort()], [['one: hello'], ['three: hello', 'two: hello']]);
    await a.invoke('createDataChannel', { label: 'ours', maxRetransmits: 0 });
    await until('it is open', () => a.peer.openedChannels.some(({ state }) => state === 'open'));
    await until('that is told', () => a.eventsOf('DataChannelOpened').length === 2);
    const stats = await a.invoke('getStats', { mediaType: 'DATA' });
    const records = Object.values(stats) as { type: string; label?: string; messagesReceived?: number }[];
    assert.deepEqual(
      records.map(({ type, label, messagesReceived }) => [type, label, messagesReceived]),
      [
        ['endpoint', undefined, undefined],
        ['datachannel', 'one', 1],
        ['datachannel', 'ours', 0],
        ['session', undefined, undefined],
      ],
    );
    await a.invoke('closeDataChannel', { channelId });
    await until('it is closed', () => a.eventsOf('DataChannelClosed').length === 1);
    assert.deepEqual(a.eventsOf('DataChannelClosed'), [{ channelId }]);
    await release(pipeline, endpoints);
  });
});

describe('what is told of media', () => {
  it('checks 20 and 21: flows, and the states of connection and media', async () => {
    const pipeline = await client.create('MediaPipeline');
    const events = [
      'MediaFlowOutStateChanged',
      'MediaFlowInStateChanged',
      'ConnectionStateChanged',
      'MediaStateChanged',
    ];
    const states = [
      'MediaSessionStarted',
      'MediaSessionTerminated',
      'DtlsConnectionStateChange',
      'IceComponentStateChanged',
      'NewCandidatePairSelected',
    ];
    const a = await TestEndpoint.create(network, client, pipeline, { sends: ['video'] });
    const b = await TestEndpoint.create(network, client, pipeline, { receives: ['video'] });
    for (const endpoint of [a, b]) {
      await endpoint.subscribe(...events, ...states);
      await endpoint.negotiate();
    }
    await a.connect(b);
    await b.receives('video');
    const flowsOut = () => a.invoke('isMediaFlowingOut', { mediaType: 'VIDEO' });
    const flowsIn = () => b.invoke('isMediaFlowingIn', { mediaType: 'VIDEO' });
    await until('both are told', () => a.eventsOf(events[0]).length + b.eventsOf(events[1]).length === 2);
    assert.deepEqual([await flowsOut(), await flowsIn()], [true, true]);
    assert.equal(await a.invoke('isMediaFlowingIn', { mediaType: 'VIDEO' }), false);
    assert.equal(await a.invoke('isMediaFlowingOut', { mediaType: 'AUDIO' }), false);
    assert.equal(await a.invoke('getMediaState'), 'CONNECTED');
    assert.equal(await b.invoke('getConnectionState'), 'CONNECTED');
    const stats = await a.invoke('getStats', { mediaType: 'VIDEO' });
    const inbound = (Object.values(stats) as { type: string; packetsReceived: number }[]).find(
      ({ type }) => type === 'inboundrtp',
    );
    assert.ok((inbound?.packetsReceived ?? 0) > 5);
    a.peer.transmits = false;
    await until('nothing flows', () => a.eventsOf(events[0]).length + b.eventsOf(events[1]).length === 4);
    assert.deepEqual([await flowsOut(), await flowsIn()], [false, false]);
    const flow = (state: string) => ({ state, padName: 'default', mediaType: 'VIDEO' });
    assert.deepEqual(a.eventsOf(events[0]), [flow('FLOWING'), flow('NOT_FLOWING')]);
    assert.deepEqual(b.eventsOf(events[1]), [flow('FLOWING'), flow('NOT_FLOWING')]);
    await until('nothing is heard', () => a.eventsOf('MediaStateChanged').length === 2);
    const change = (oldState: string, newState: string) => ({ oldState, newState });
    assert.deepEqual(a.eventsOf('MediaStateChanged'), [
      change('DISCONNECTED', 'CONNECTED'),
      change('CONNECTED', 'DISCONNECTED'),
    ]);
    a.peer.hangUp();
    await until('the end is told', () => a.eventsOf('MediaSessionTerminated').length === 1);
    assert.deepEqual(a.eventsOf('ConnectionStateChanged'), [
      change('DISCONNECTED', 'CONNECTED'),
      change('CONNECTED', 'DISCONNECTED'),
    ]);
    assert.deepEqual(
      a.eventsOf('DtlsConnectionStateChange').map(({ state }) => state),
      ['NEW', 'CONNECTING', 'CONNECTED', 'CLOSED'],
    );
    assert.deepEqual(
      a.eventsOf('IceComponentStateChanged').map(({ state }) => state),
      ['GATHERING', 'CONNECTING', 'CONNECTED', 'READY'],
    );
    assert.equal(a.eventsOf('NewCandidatePairSelected').length, 1);
    await release(pipeline, [b]);
  });

  it('check 21: events of a connection come in their order, though DTLS is done before a pair is nominated', async () => {
    const { pipeline, endpoints } = await pipelineWith({
      ...{ sends: ['video'], nominatesLate: true },
      prepare: async (id) => {
        for (const type of [
          'IceComponentStateChanged',
          'ConnectionStateChanged',
          'DtlsConnectionStateChange',
        ])
          await client.subscribe(id, type);
      },
    });
    const [a] = endpoints;
    await until('the connection is told', () => a.eventsOf('ConnectionStateChanged').length === 1);
    const order = client.events.flatMap(({ value: { object, type, data } }) =>
      object === a.id ? [`${type} ${data.state ?? data.newState}`] : [],
    );
    const at = (event: string) => order.indexOf(event);
    const done = at('DtlsConnectionStateChange CONNECTED');
    assert.ok(done >= 0 && done < at('IceComponentStateChanged CONNECTED'), order.join());
    assert.ok(
      at('IceComponentStateChanged CONNECTED') < at('ConnectionStateChanged CONNECTED'),
      order.join(),
    );
    await release(pipeline, endpoints);
  });

  it('check 21: a peer that says goodbye is heard of no more, until it speaks again', async () => {
    const { pipeline, endpoints } = await pipelineWith({ sends: ['video'] });
    const [a] = endpoints;
    await a.subscribe('MediaStateChanged');
    const states = () => a.eventsOf('MediaStateChanged').map(({ newState }) => newState);
    await until('it is heard', () => states().at(-1) === 'CONNECTED');
    a.peer.transmits = false;
    await sleep(quietMs);
    const goodbye = new Uint8Array(8);
    writeGoodbye(
      goodbye,
      0,
      Number(/^a=ssrc:(\d+)/m.exec(await a.invoke('getRemoteSessionDescriptor'))?.[1]),
    );
    const saidMs = performance.now();
    a.peer.sendRtcp(goodbye);
    await until('that is told', () => states().at(-1) === 'DISCONNECTED', 2000);
    assert.ok(performance.now() - saidMs < 2000, 'long before silence would tell');
    a.peer.transmits = true;
    await until('it is heard again', () => states().at(-1) === 'CONNECTED');
    await release(pipeline, endpoints);
  });

  it('check 20: flows through what passes media on, and that nothing is transcoded', async () => {
    const { pipeline, endpoints } = await pipelineWith({ sends: ['video'] }, { receives: ['video'] });
    const [a, b] = endpoints;
    const through = await client.create('PassThrough', { mediaPipeline: pipeline });
    const told = ['MediaFlowInStateChanged', 'MediaFlowOutStateChanged', 'MediaTranscodingStateChanged'];
    for (const object of [through, b.id]) for (const type of told) await client.subscribe(object, type);
    await a.connect(new TestEndpoint(client, through, a.peer), 'VIDEO');
    await client.invoke(through, 'connect', { sink: b.id });
    const at = (object: string) =>
      client.events.flatMap(({ value }) => {
        if (value.object !== object) return [];
        const { state, mediaType, padName, binName } = value.data;
        assert.equal(padName ?? binName, 'default');
        return [`${value.type} ${mediaType} ${state}`];
      });
    const inward = (state: string) => `${told[0]} VIDEO ${state}`;
    const outward = (state: string) => `${told[1]} VIDEO ${state}`;
    const plain = `${told[2]} VIDEO NOT_TRANSCODING`;
    await until('it flows', () => at(through).length === 3 && at(b.id).length === 2);
    assert.deepEqual(at(through), [inward('FLOWING'), plain, outward('FLOWING')]);
    assert.deepEqual(at(b.id), [inward('FLOWING'), plain]);
    for (const operation of ['isMediaFlowingIn', 'isMediaFlowingOut'])
      assert.equal(await client.invoke(through, operation, { mediaType: 'VIDEO' }), true);
    a.peer.transmits = false;
    await until('it does not', () => at(through).length === 5);
    assert.deepEqual(at(through).slice(3), [inward('NOT_FLOWING'), outward('NOT_FLOWING')]);
    assert.equal(await client.invoke(through, 'isMediaFlowingIn', { mediaType: 'VIDEO' }), false);
    await release(pipeline, endpoints);
  });

  it('check 22: statistics of both directions, under the ids they have', async () => {
    const { pipeline, endpoints } = await pipelineWith(sender, receiver);
    const [a, b] = endpoints;
    await a.connect(b);
    await Promise.all(both.map((kind) => b.receives(kind)));
    for (const [endpoint, type, counter] of [
      [a, 'inboundrtp', 'packetsReceived'],
      [b, 'outboundrtp', 'packetsSent'],
    ] as const) {
      const stats = await endpoint.invoke('getStats');
      for (const [id, record] of Object.entries(stats)) assert.equal((record as { id: string }).id, id);
      assert.equal(stats[endpoint.id].type, 'endpoint');
      const streams = (Object.values(stats) as Record<string, unknown>[]).filter(
        (each) => each.type === type,
      );
      assert.equal(streams.length, 2);
      for (const stream of streams) assert.ok(Number(stream[counter]) > 5, `${type} ${counter}`);
    }
    await release(pipeline, endpoints);
  });
});

describe('bandwidths', () => {
  it('check 19: defaults, and what was set', async () => {
    const { pipeline, endpoints } = await pipelineWith(receiver);
    const [a] = endpoints;
    const names = ['MinVideoRecv', 'MinVideoSend', 'MaxVideoSend', 'MaxVideoRecv', 'MaxAudioRecv'];
    const all = () => Promise.all(names.map((name) => a.invoke(`get${name}Bandwidth`)));
    assert.deepEqual(await all(), [0, 100, 500, 0, 0]);
    for (const [index, name] of names.entries())
      await a.invoke(`set${name}Bandwidth`, {
        [`${name[0].toLowerCase()}${name.slice(1)}Bandwidth`]: 300 + index,
      });
    assert.deepEqual(await all(), [300, 301, 302, 303, 304]);
    await release(pipeline, endpoints);
  });

  it('they bound what is sent and asked for, also that of a source for its sinks', async () => {
    const { pipeline, endpoints } = await pipelineWith(
      {
        sends: ['video'],
        prepare: (id) => client.invoke(id, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 900 }),
      },
      receiver,
    );
    const [a, b] = endpoints;
    assert.match(a.answer, /^m=video.*\r\nc=.*\r\nb=AS:900\r$/m);
    const participant = (id: string) => server.manifold.rooms.rooms.get(pipeline)?.participants.get(id);
    assert.equal(participant(a.id)?.incomingBitrate.max, 900_000);
    await a.connect(b);
    await b.receives('video');
    await b.invoke('setMaxVideoSendBandwidth', { maxVideoSendBandwidth: 400 });
    assert.equal(participant(b.id)?.outgoingBitrate.max, 400_000);
    assert.equal(participant(a.id)?.incomingBitrate.max, 400_000);
    await a.disconnect(b);
    assert.equal(participant(a.id)?.incomingBitrate.max, 900_000);
    await a.invoke('setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 0 });
    assert.equal(participant(a.id)?.incomingBitrate.max, Number.POSITIVE_INFINITY);
    await release(pipeline, endpoints);
  });
});

describe('rooms shared with other dialects', () => {
  it('an endpoint of a tagged pipeline is heard in the room, and hears it unless something is connected', async () => {
    const members = new RoomMembers(server.manifold.rooms, network);
    const roomId = members.newRoomId();
    const [other, another] = [members.join(roomId, 'other', both), members.join(roomId, 'another', both)];
    for (const { peer } of [other, another]) peer.audioLevel = -90;
    const pipeline = await client.create('MediaPipeline');
    await client.invoke(pipeline, 'addTag', { key: 'manifold.room', value: roomId });
    const a = await TestEndpoint.negotiated(network, client, pipeline, { sends: both, receives: both });
    await Promise.all(both.map((kind) => a.receives(kind)));
    const heard = () =>
      [...other.participant.subscriptions.values()].map(({ publication }) => publication.participant.id);
    await until('the others receive it', () => heard().filter((id) => id === a.id).length === 2);
    const sources = () => {
      const participant = server.manifold.rooms.rooms.get(roomId)?.participants.get(a.id);
      return new Set(
        [...(participant?.subscriptions.keys() ?? [])].map((publication) => publication.participant.id),
      );
    };
    another.peer.audioLevel = -25;
    await until('it receives who has the word', () => sources().has('another') && sources().size === 1);
    await a.invoke('addTag', { key: 'manifold.source', value: 'other' });
    await until('it receives whom it wants', () => sources().has('other') && sources().size === 1);
    await a.receives('video');
    const b = await TestEndpoint.negotiated(network, client, pipeline, sender);
    await b.connect(a);
    await until('what is connected goes first', () => sources().has(b.id) && sources().size === 1);
    await b.disconnect(a);
    await until('and then the room again', () => sources().has('other'));
    await release(pipeline, [a, b]);
    leaveAll(other, another);
  });
});
