/** Offer, answer and candidates of the Kurento dialect, over real WebSockets. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadlessNetwork, until } from './headless-peer.ts';
import { TestEndpoint } from './kurento-endpoint.ts';
import { KurentoScene } from './kurento-scene.ts';
import { failsWith, type Json, KurentoTestClient } from './kurento-test-client.ts';
import { browserOffer, sdpLines, startManifold } from './running-manifold.ts';

const quietMs = 300;
const hostCandidate = 'candidate:1 1 udp 2122260223 127.0.0.1 40000 typ host';

let scene: KurentoScene;
let network: HeadlessNetwork;
let client: KurentoTestClient;
let pipeline: string;

before(async () => {
  scene = await KurentoScene.open();
  ({ network, client } = scene);
  pipeline = await client.create('MediaPipeline');
});

after(() => scene.close());

function endpoint(params: Json = {}): Promise<string> {
  return client.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...params });
}

const refused = (code: number, call: Promise<unknown>) => assert.rejects(call, failsWith(code));

const eventsOf = (object: string, type: string) =>
  client.events.flatMap(({ value }) => (value.object === object && value.type === type ? [value.data] : []));

describe('answers', () => {
  for (const name of ['chromium-audio-video', 'firefox-audio-video', 'chromium-simulcast'] as const) {
    it(`check 10: to ${name}, line by line`, async () => {
      const id = await endpoint();
      const offer = browserOffer(name);
      const answer = await client.invoke(id, 'processOffer', { offer });
      const kinds = (sdp: string) => sdpLines(sdp, 'm=').map((line) => line.split(' ')[0]);
      assert.deepEqual(kinds(answer), kinds(offer));
      assert.deepEqual(sdpLines(answer, 'a=mid:'), sdpLines(offer, 'a=mid:'));
      assert.deepEqual(
        sdpLines(answer, 'a=setup:').filter((setup) => setup !== 'passive'),
        [],
      );
      assert.equal(answer.includes('a=ice-options:ice2 trickle'), true);
      const msids = sdpLines(answer, 'a=msid:').map((msid) => msid.split(' ')[0]);
      assert.equal(
        new Set(msids).size,
        name === 'chromium-simulcast' ? 0 : 1,
        'one stream, where any is received',
      );
      assert.equal(await client.invoke(id, 'getLocalSessionDescriptor'), answer);
      assert.equal(await client.invoke(id, 'getRemoteSessionDescriptor'), offer);
      await client.call('release', { object: id });
    });
  }

  it('check 11: to a viewer, with senders announced before anything is connected', async () => {
    const id = await endpoint();
    const answer = await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-recvonly') });
    const directions = answer.match(/^a=(?:sendonly|recvonly|sendrecv|inactive)\r$/gm) ?? [];
    assert.ok(directions.length > 0);
    assert.deepEqual(new Set(directions), new Set(['a=sendonly\r']));
    const streams = sdpLines(answer, 'a=msid:').map((msid) => msid.split(' ')[0]);
    assert.equal(streams.length, directions.length);
    assert.deepEqual(new Set(streams), new Set([/([^/_]+)_kurento\.WebRtcEndpoint$/.exec(id)?.[1]]));
    assert.ok(sdpLines(answer, 'a=ssrc:').length >= directions.length);
  });

  it('codecs come in one order, whatever that of the offer', async () => {
    const codecs = (sdp: string) => {
      const names = sdpLines(sdp, 'a=rtpmap:').map((line) => line.split(/[ /]/)[1]);
      return names.filter((name, index) => name !== 'rtx' && names.indexOf(name) === index);
    };
    const offer = browserOffer('chromium-audio-video');
    const video = /^(m=video \d+ \S+) (.*)\r$/m.exec(offer)!;
    const reversed = offer.replace(video[0], `${video[1]} ${video[2].split(' ').reverse().join(' ')}\r`);
    const answers: string[] = [];
    for (const each of [offer, reversed])
      answers.push(await client.invoke(await endpoint(), 'processOffer', { offer: each }));
    assert.deepEqual(codecs(answers[0]), codecs(answers[1]));
    assert.deepEqual(
      codecs(answers[0]).filter((name) => ['opus', 'VP8', 'H264', 'VP9', 'AV1'].includes(name)),
      ['opus', 'VP8', 'H264', 'VP9', 'AV1'],
    );
  });

  it('data channels are refused unless the endpoint has them', async () => {
    for (const useDataChannels of [false, true]) {
      const peer = network.createPeer();
      peer.addReceiver('audio');
      peer.openDataChannel('chat');
      const id = await endpoint({ useDataChannels });
      const answer = await client.invoke(id, 'processOffer', { offer: peer.createOffer() });
      assert.match(answer, useDataChannels ? /^m=application 9 /m : /^m=application 0 /m);
      if (!useDataChannels) await refused(40111, client.invoke(id, 'createDataChannel'));
      else {
        await refused(
          40107,
          client.invoke(id, 'createDataChannel', { maxRetransmits: 1, maxPacketLifeTime: 1 }),
        );
        await refused(40107, client.invoke(id, 'closeDataChannel', { channelId: 7 }));
      }
      peer.close();
    }
    await refused(40111, client.invoke(await endpoint({ useDataChannels: true }), 'createDataChannel'));
  });
});

describe('errors of negotiation', () => {
  it('check 15: each mistake has its number, and leaves the endpoint usable', async () => {
    const offer = browserOffer('chromium-audio-video');
    const id = await endpoint();
    await refused(40202, client.invoke(id, 'getLocalSessionDescriptor'));
    await refused(40203, client.invoke(id, 'getRemoteSessionDescriptor'));
    for (const garbage of ['', 'garbage', 'v=0\r\no=x']) {
      await refused(40201, client.invoke(id, 'processOffer', { offer: garbage }));
      await refused(40201, client.invoke(id, 'processAnswer', { answer: garbage }));
    }
    await refused(40001, client.invoke(id, 'processOffer', { offer: 7 }));
    await refused(40209, client.invoke(id, 'processAnswer', { answer: offer }));
    // Nobody would check.
    const lite = offer.replace('t=0 0\r\n', 't=0 0\r\na=ice-lite\r\n');
    await refused(40205, client.invoke(id, 'processOffer', { offer: lite }));
    await refused(
      40204,
      client.invoke(id, 'generateOffer', {
        options: { offerToReceiveAudio: false, offerToReceiveVideo: false },
      }),
    );
    const long = `${offer}${'a=x-padding:0123456789012345678901234567890123456789\r\n'.repeat(3000)}`;
    await refused(40009, client.invoke(id, 'processOffer', { offer: long }));
    await client.invoke(id, 'processOffer', { offer });
    await refused(40201, client.invoke(id, 'processOffer', { offer: 'garbage' }));
    await refused(40208, client.invoke(id, 'processOffer', { offer }));
    await refused(40208, client.invoke(id, 'generateOffer'));
    await refused(40209, client.invoke(id, 'processAnswer', { answer: offer }));
  });

  it('a generated offer is answered once', async () => {
    const id = await endpoint();
    const peer = network.createPeer();
    const offer = await client.invoke(id, 'generateOffer');
    await refused(40208, client.invoke(id, 'processOffer', { offer: browserOffer('chromium-audio-video') }));
    const answer = peer.answerOffer(offer);
    // One m-line less than was offered.
    const short = answer.replace(/m=video[\s\S]*$/, '').replace(/^(a=group:BUNDLE 0).*\r$/m, '$1\r');
    await refused(40201, client.invoke(id, 'processAnswer', { answer: short }));
    const refusing = answer.replaceAll('a=rtcp-mux\r\n', '');
    await refused(40206, client.invoke(id, 'processAnswer', { answer: refusing }));
    await client.invoke(id, 'processAnswer', { answer });
    await refused(40210, client.invoke(id, 'processAnswer', { answer }));
    peer.close();
  });
});

describe('limits', () => {
  it('connections are limited, and those of a shared room; those of a pipeline are not', async () => {
    const small = await startManifold({ limits: { participantsPerRoom: 2, peerConnections: 5 } });
    const caller = await KurentoTestClient.open(`${small.webSocket}/kurento`);
    const offer = browserOffer('chromium-recvonly');
    const negotiate = async (mediaPipeline: string) => {
      const id = await caller.create('WebRtcEndpoint', { mediaPipeline });
      await caller.invoke(id, 'setName', { name: 'x'.repeat(500) });
      await caller.invoke(id, 'processOffer', { offer });
      return id;
    };
    const shared = await caller.create('MediaPipeline');
    await caller.invoke(shared, 'addTag', { key: 'manifold.room', value: 'lobby' });
    await negotiate(shared);
    const last = await negotiate(shared);
    await refused(40009, negotiate(shared));
    await caller.call('release', { object: last });
    const own = await caller.create('MediaPipeline');
    for (let count = 0; count < 4; count++) await negotiate(own);
    await refused(40009, negotiate(own));
    assert.equal(small.manifold.rooms.participantCount, 5);
    await caller.call('release', { object: own });
    assert.equal(small.manifold.rooms.participantCount, 1);
    caller.socket.terminate();
    await small.close();
    assert.deepEqual(small.errors, []);
  });
});

describe('candidates', () => {
  it('checks 12 and 13: are told of when asked for, once, and then that it was all', async () => {
    const id = await endpoint();
    for (const type of ['IceCandidateFound', 'IceGatheringDone', 'IceComponentStateChanged'])
      await client.subscribe(id, type);
    const answer = await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-audio-video') });
    await sleep(quietMs);
    assert.deepEqual(eventsOf(id, 'IceCandidateFound'), []);
    await client.invoke(id, 'gatherCandidates');
    await client.invoke(id, 'gatherCandidates');
    await until('it is over', () => eventsOf(id, 'IceGatheringDone').length > 0);
    await sleep(quietMs);
    assert.equal(eventsOf(id, 'IceGatheringDone').length, 1);
    const [{ candidate, tags, timestampMillis }, ...others] = eventsOf(id, 'IceCandidateFound');
    assert.deepEqual([others, tags], [[], []]);
    assert.match(timestampMillis, /^\d{13}$/);
    assert.deepEqual(candidate, {
      __module__: 'kurento',
      __type__: 'IceCandidate',
      candidate: sdpLines(answer, 'a=candidate:').map((line) => `candidate:${line}`)[0],
      sdpMid: sdpLines(answer, 'a=mid:')[0],
      sdpMLineIndex: 0,
    });
    assert.deepEqual(
      eventsOf(id, 'IceComponentStateChanged').map(({ state }: Json) => state),
      ['GATHERING', 'CONNECTING'],
    );
  });

  it('a wish to gather that comes before the offer is kept', async () => {
    const id = await endpoint();
    await client.subscribe(id, 'IceGatheringDone');
    await client.invoke(id, 'gatherCandidates');
    await sleep(quietMs);
    assert.deepEqual(eventsOf(id, 'IceGatheringDone'), []);
    await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-recvonly') });
    await until('it is over', () => eventsOf(id, 'IceGatheringDone').length === 1);
  });

  it('check 32: who listens under the old name gets them without asking', async () => {
    const [old, modern] = [await endpoint(), await endpoint()];
    await client.subscribe(old, 'OnIceCandidate');
    await client.subscribe(modern, 'IceCandidateFound');
    for (const id of [old, modern])
      await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-recvonly') });
    await until('candidates come', () => eventsOf(old, 'OnIceCandidate').length > 0);
    await sleep(quietMs);
    assert.deepEqual(eventsOf(modern, 'IceCandidateFound'), []);
  });

  it('check 14: the client’s, in every form, before the offer and after', async () => {
    const id = await endpoint();
    const forms: Json[] = [
      { candidate: { candidate: hostCandidate, sdpMid: '0', sdpMLineIndex: 0 } },
      {
        candidate: {
          __module__: 'kurento',
          __type__: 'IceCandidate',
          candidate: hostCandidate,
          sdpMid: '0',
          sdpMLineIndex: 0,
          usernameFragment: 'x',
        },
      },
      { candidate: { candidate: '', sdpMid: '0', sdpMLineIndex: 0 } },
      {
        candidate: {
          candidate: hostCandidate.replace('127.0.0.1', 'a.local'),
          sdpMid: '0',
          sdpMLineIndex: 0,
        },
      },
      {
        candidate: hostCandidate.replace('udp', 'tcp').replace(/$/, ' tcptype active'),
        sdpMid: '0',
        sdpMLineIndex: 0,
      },
      { candidate: hostCandidate, sdpMid: '0', sdpMLineIndex: 0 },
    ];
    const addAll = async () => {
      for (const form of forms) assert.equal(await client.invoke(id, 'addIceCandidate', form), null);
      await refused(
        40401,
        client.invoke(id, 'addIceCandidate', { candidate: { candidate: 'candidate:1 1 udp' } }),
      );
      await refused(40001, client.invoke(id, 'addIceCandidate', {}));
      await refused(40001, client.invoke(id, 'addIceCandidate', { candidate: 7 }));
    };
    await addAll();
    await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-audio-video') });
    await addAll();
  });

  it('the pair in use, and the states of ICE and DTLS, can be asked for', async () => {
    const a = await TestEndpoint.create(network, client, pipeline, { receives: ['audio'] });
    await a.subscribe('ConnectionStateChanged');
    assert.deepEqual(await a.invoke('getICECandidatePairs'), []);
    await a.negotiate();
    await until('it is connected', () => a.peer.connected);
    await until('the server is', () => eventsOf(a.id, 'ConnectionStateChanged').length === 1);
    const [pair] = await a.invoke('getICECandidatePairs');
    assert.equal(pair.localCandidate, `candidate:${sdpLines(a.answer, 'a=candidate:')[0]}`);
    assert.match(pair.remoteCandidate, /^candidate:prflx 1 udp \d+ 127\.0\.0\.1 \d+ typ prflx$/);
    const [ice] = await a.invoke('getIceConnectionState');
    assert.deepEqual([ice.streamId, ice.componentId, ice.state], ['1', 1, 'READY']);
    const [dtls] = await a.invoke('getDtlsConnectionState');
    assert.deepEqual([dtls.streamId, dtls.componentId, dtls.connectionId], ['1', '1', 'default']);
    const port = /127\.0\.0\.1 (\d+) typ/.exec(pair.remoteCandidate)![1];
    const own = `candidate:7 1 udp 1 127.0.0.1 ${port} typ host`;
    await a.invoke('addIceCandidate', { candidate: own, sdpMid: '0', sdpMLineIndex: 0 });
    assert.equal((await a.invoke('getICECandidatePairs'))[0].remoteCandidate, own);
    await a.release();
    a.peer.close();
  });
});

describe('settings', () => {
  it('are given back as they were set, and checked', async () => {
    const id = await endpoint({ certificateKeyType: 'ECDSA', qosDscp: 'NO_DSCP' });
    const defaults = {
      StunServerAddress: '',
      StunServerPort: 3478,
      TurnUrl: '',
      ExternalIPv4: '',
      ExternalIPv6: '',
      NetworkInterfaces: '',
      IceTcp: true,
      Mtu: 1200,
    };
    const values = {
      ...{
        StunServerAddress: '192.0.2.1',
        StunServerPort: 3479,
        TurnUrl: 'user:pass@192.0.2.1:3478?transport=udp',
      },
      ...{
        ExternalIPv4: '192.0.2.9',
        ExternalIPv6: '2001:db8::9',
        NetworkInterfaces: 'eth0',
        IceTcp: false,
        Mtu: 1300,
      },
    };
    const read = async () =>
      Object.fromEntries(
        await Promise.all(
          Object.keys(defaults).map(async (name) => [name, await client.invoke(id, `get${name}`)]),
        ),
      );
    assert.deepEqual(await read(), defaults);
    const parameter = (name: string) => name[0].toLowerCase() + name.slice(1);
    for (const [name, value] of Object.entries(values))
      await client.invoke(id, `set${name}`, { [parameter(name)]: value });
    assert.deepEqual(await read(), values);
    for (const [name, value] of Object.entries({
      StunServerPort: 0,
      TurnUrl: 'turn',
      ExternalIPv4: '2001:db8::9',
      ExternalIPv6: '192.0.2.9',
    }))
      await refused(40107, client.invoke(id, `set${name}`, { [parameter(name)]: value }));
    await client.invoke(id, 'setRembParams', { rembParams: { upLosses: 9 } });
    assert.equal((await client.invoke(id, 'getRembParams')).upLosses, 9);
    const answer = await client.invoke(id, 'processOffer', { offer: browserOffer('chromium-audio-video') });
    assert.match(answer, /^a=candidate:\S+ 1 udp \d+ 192\.0\.2\.9 \d+ typ host\r$/m);
    assert.equal(answer.includes('127.0.0.1 '), false);
    await refused(40001, endpoint({ certificateKeyType: 'DSA' }));
  });

  it('a key frame can be asked for where there is a source', async () => {
    const [a, b] = [await endpoint(), await endpoint()];
    await refused(40111, client.invoke(b, 'requestKeyframe'));
    await client.invoke(a, 'connect', { sink: b });
    assert.equal(await client.invoke(b, 'requestKeyframe'), null);
  });

  it('a sink that lacks the codec of its source is told so', async () => {
    const a = await TestEndpoint.negotiated(network, client, pipeline, { sends: ['video'] });
    const id = await endpoint();
    await client.subscribe(id, 'Error');
    const offer = browserOffer('chromium-recvonly').replace(/VP8\/90000/g, 'VX8/90000');
    await client.invoke(id, 'processOffer', { offer });
    await until('it is connected', () => a.peer.connected);
    await a.invoke('connect', { sink: id });
    await until('that is told', () => eventsOf(id, 'Error').length === 1);
    const [{ type, errorCode, description }] = eventsOf(id, 'Error');
    assert.deepEqual([type, errorCode], ['UNSUPPORTED_MEDIA_TYPE', 40005]);
    assert.match(description, /video source sends VP8/);
    await a.release();
    a.peer.close();
  });
});
