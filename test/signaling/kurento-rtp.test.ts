/** RtpEndpoint: negotiation, keys, events, ports; and two servers' worth of pipelines joined by plain RTP. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { parsePlainDescription } from '../../src/webrtc/plain/plain-description.ts';
import { type HeadlessNetwork, until } from './headless-peer.ts';
import { TestEndpoint } from './kurento-endpoint.ts';
import { KurentoScene } from './kurento-scene.ts';
import type { Json, KurentoTestClient } from './kurento-test-client.ts';
import { sdpLines } from './running-manifold.ts';

let scene: KurentoScene;
let network: HeadlessNetwork;
let client: KurentoTestClient;

before(async () => {
  scene = await KurentoScene.open({
    media: { addresses: ['127.0.0.1', '::1'], plainFirstPort: 43_300, plainLastPort: 43_315 },
  });
  ({ network, client } = scene);
});

after(() => scene.close());

const offer = [
  'v=0',
  'o=- 0 0 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 7000 RTP/AVP 0',
  'm=video 7002 RTP/AVP 96',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');

async function createEndpoint(params: Json = {}): Promise<{ pipeline: string; endpoint: string }> {
  const pipeline = await client.create('MediaPipeline');
  const endpoint = await client.create('RtpEndpoint', { mediaPipeline: pipeline, ...params });
  return { pipeline, endpoint };
}

const release = (object: string): Promise<Json> => client.call('release', { object });

describe('RtpEndpoint', () => {
  it('is what Kurento says it is', async () => {
    const { pipeline, endpoint } = await createEndpoint();
    assert.match(endpoint, /_kurento\.RtpEndpoint$/);
    const described = await client.call('describe', { object: endpoint });
    assert.equal(described.qualifiedType, 'kurento.RtpEndpoint');
    assert.deepEqual(
      described.hierarchy,
      ['BaseRtpEndpoint', 'SdpEndpoint', 'SessionEndpoint', 'Endpoint', 'MediaElement', 'MediaObject'].map(
        (name) => `kurento.${name}`,
      ),
    );
    const { modules } = await client.invoke('manager_ServerManager', 'getInfo');
    const elements = modules.find(({ name }: { name: string }) => name === 'elements');
    assert.ok(elements.factories.includes('RtpEndpoint'));
    for (const type of [
      'OnKeySoftLimit',
      'MediaSessionStarted',
      'ConnectionStateChanged',
      'MediaStateChanged',
    ])
      await client.subscribe(endpoint, type);
    await assert.rejects(client.subscribe(endpoint, 'IceCandidateFound'), { code: 40106 });
    await assert.rejects(client.invoke(endpoint, 'gatherCandidates'), { code: 40008 });
    await release(pipeline);
  });

  it('answers once, and says that it has', async () => {
    const { pipeline, endpoint } = await createEndpoint();
    for (const type of ['MediaSessionStarted', 'ConnectionStateChanged'])
      await client.subscribe(endpoint, type);
    await client.invoke(endpoint, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 900 });
    await assert.rejects(client.invoke(endpoint, 'processOffer', { offer: '' }), { code: 40201 });
    await assert.rejects(client.invoke(endpoint, 'processOffer', { offer: 'v=0\r\nx' }), { code: 40201 });
    await assert.rejects(client.invoke(endpoint, 'processAnswer', { answer: offer }), { code: 40209 });
    const answer: string = await client.invoke(endpoint, 'processOffer', { offer });
    assert.deepEqual(
      parsePlainDescription(answer).map(({ media }) => [media.kind, media.direction, media.formats.join()]),
      [
        ['audio', 'sendrecv', '0'],
        ['video', 'sendrecv', '96'],
      ],
    );
    assert.deepEqual(sdpLines(answer, 'b='), ['AS:900']);
    assert.equal(await client.invoke(endpoint, 'getLocalSessionDescriptor'), answer);
    assert.equal(await client.invoke(endpoint, 'getRemoteSessionDescriptor'), offer);
    await assert.rejects(client.invoke(endpoint, 'processOffer', { offer }), { code: 40208 });
    await assert.rejects(client.invoke(endpoint, 'generateOffer'), { code: 40208 });
    assert.equal(await client.invoke(endpoint, 'getConnectionState'), 'CONNECTED');
    await client.settled();
    const types = client.events
      .filter(({ value }) => value.object === endpoint)
      .map(({ value }) => value.type);
    assert.deepEqual(types.sort(), ['ConnectionStateChanged', 'MediaSessionStarted']);
    await release(pipeline);
  });

  it('keys: suites by the names of Kurento, and keys of the right length only', async () => {
    const pipeline = await client.create('MediaPipeline');
    const make = (crypto: Json) => client.create('RtpEndpoint', { mediaPipeline: pipeline, crypto });
    await assert.rejects(make({ keyASCII: 'short', crypto: 'AES_128_CM_HMAC_SHA1_80' }), { code: 40107 });
    await assert.rejects(make({ crypto: 'ROT13' }), { code: 40001 });
    const keyASCII = '4321ZYXWVUTSRQPONMLKJIHGFEDCBA';
    const endpoint = await make({ keyASCII, crypto: 'AES_128_CM_HMAC_SHA1_32' });
    const generated: string = await client.invoke(endpoint, 'generateOffer');
    assert.deepEqual(
      [...new Set(sdpLines(generated, 'a=crypto:'))],
      [`1 AES_CM_128_HMAC_SHA1_32 inline:${Buffer.from(keyASCII).toString('base64')}`],
    );
    assert.ok(sdpLines(generated, 'm=').every((line) => line.includes(' RTP/SAVPF ')));
    // What is not protected is refused.
    const other = await make({ crypto: 'AES_256_CM_HMAC_SHA1_80' });
    const answer: string = await client.invoke(other, 'processOffer', { offer });
    assert.deepEqual(sdpLines(answer, 'm='), ['audio 0 RTP/AVP 0', 'video 0 RTP/AVP 96']);
    await release(pipeline);
  });

  it('ports that are used up are NOT_ENOUGH_RESOURCES, and come back', async () => {
    const pipeline = await client.create('MediaPipeline');
    const endpoints: string[] = [];
    for (let i = 0; i < 5; i++)
      endpoints.push(await client.create('RtpEndpoint', { mediaPipeline: pipeline }));
    for (const endpoint of endpoints.slice(0, 4)) await client.invoke(endpoint, 'processOffer', { offer });
    const last = endpoints[4];
    await assert.rejects(client.invoke(last, 'processOffer', { offer }), { code: 40009 });
    await release(endpoints[0]);
    assert.match(await client.invoke(last, 'processOffer', { offer }), /^v=0/);
    await release(pipeline);
  });

  for (const { suite, keyBytes = 0, useIpv6 = false } of [
    { suite: null },
    { suite: null, useIpv6: true },
    { suite: 'AES_256_CM_HMAC_SHA1_80', keyBytes: 46 },
    { suite: 'AEAD_AES_128_GCM', keyBytes: 28, useIpv6: true },
    { suite: 'AEAD_AES_256_GCM', keyBytes: 44 },
  ]) {
    const over = `${suite ?? 'RTP'}${useIpv6 ? ' over IPv6' : ''}`;
    it(`joins two pipelines by ${over}: offer, answer, and media both ways`, async () => {
      const secured = suite !== null;
      const crypto = { keyBase64: randomBytes(keyBytes).toString('base64'), crypto: suite };
      const [near, far] = [
        await createEndpoint({ useIpv6, ...(secured ? { crypto } : {}) }),
        await createEndpoint({ useIpv6, ...(secured ? { crypto: { crypto: suite } } : {}) }),
      ];
      const publisher = await TestEndpoint.negotiated(network, client, near.pipeline, {
        sends: ['audio', 'video'],
        receives: ['audio', 'video'],
      });
      const viewer = await TestEndpoint.negotiated(network, client, far.pipeline, {
        sends: ['audio', 'video'],
        receives: ['audio', 'video'],
      });
      for (const [web, rtp] of [
        [publisher, near],
        [viewer, far],
      ] as const) {
        await web.invoke('connect', { sink: rtp.endpoint });
        await client.invoke(rtp.endpoint, 'connect', { sink: web.id });
        await client.subscribe(rtp.endpoint, 'MediaStateChanged');
      }
      const generated: string = await client.invoke(near.endpoint, 'generateOffer');
      const answer: string = await client.invoke(far.endpoint, 'processOffer', { offer: generated });
      assert.ok(sdpLines(answer, 'm=').every((line) => line.includes(secured ? 'RTP/SAVPF' : 'RTP/AVPF')));
      const loopback = useIpv6 ? 'IN IP6 ::1' : 'IN IP4 127.0.0.1';
      for (const sdp of [generated, answer]) assert.deepEqual([...new Set(sdpLines(sdp, 'c='))], [loopback]);
      if (secured)
        assert.ok(
          sdpLines(answer, 'a=crypto:').every((line) => line.includes(` ${suite} `)),
          answer,
        );
      assert.equal(await client.invoke(near.endpoint, 'processAnswer', { answer }), generated);
      await assert.rejects(client.invoke(near.endpoint, 'processAnswer', { answer }), { code: 40210 });
      for (const kind of ['audio', 'video'] as const) {
        await viewer.receives(kind);
        await publisher.receives(kind);
      }
      for (const { endpoint } of [near, far]) {
        const isConnected = () =>
          client.events.some(({ value }) => value.object === endpoint && value.data.newState === 'CONNECTED');
        await until('media is heard', isConnected);
        const stats = Object.values(await client.invoke(endpoint, 'getStats')) as { type: string }[];
        assert.deepEqual(stats.map(({ type }) => type).sort(), [
          'endpoint',
          ...['inboundrtp', 'inboundrtp', 'outboundrtp', 'outboundrtp'],
        ]);
      }
      // Its goodbye tells at once what silence would after 5 s.
      await release(near.endpoint);
      const isTold = () =>
        client.events.some(
          ({ value }) => value.object === far.endpoint && value.data.newState === 'DISCONNECTED',
        );
      await until('the goodbye is told', isTold, 2500);
      await release(near.pipeline);
      await release(far.pipeline);
      publisher.peer.close();
      viewer.peer.close();
    });
  }
});
