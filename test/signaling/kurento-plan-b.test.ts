/** WebRtcEndpoints and clients of Plan B, and those of Unified Plan where the server speaks Plan B: with real media. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SdpSemantics } from '../../src/webrtc/sdp/sdp-semantics.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { type EndpointMedia, TestEndpoint } from './kurento-endpoint.ts';
import { failsWith, type Json, KurentoTestClient } from './kurento-test-client.ts';
import { browserOffer, type RunningManifold, sdpLines, startManifold } from './running-manifold.ts';

/** The pictures of either track; all others' are of another size. */
const cameraSide = 96;
const screenSide = 160;

const twoVideos = browserOffer('plan-b-chromium-two-videos');

let network: HeadlessNetwork;

before(() => {
  network = new HeadlessNetwork();
});

after(() => network.close());

class Scene {
  readonly server: RunningManifold;
  readonly client: KurentoTestClient;
  readonly pipeline: string;
  readonly #endpoints: TestEndpoint[] = [];

  private constructor(server: RunningManifold, client: KurentoTestClient, pipeline: string) {
    this.server = server;
    this.client = client;
    this.pipeline = pipeline;
  }

  static async open(sdpSemantics: SdpSemantics): Promise<Scene> {
    const server = await startManifold({ kurento: { sdpSemantics } });
    const client = await KurentoTestClient.open(`${server.webSocket}/kurento`);
    return new Scene(server, client, await client.create('MediaPipeline'));
  }

  async create(media: EndpointMedia): Promise<TestEndpoint> {
    const endpoint = await TestEndpoint.create(network, this.client, this.pipeline, media);
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  async negotiated(media: EndpointMedia): Promise<TestEndpoint> {
    const endpoint = await this.create(media);
    await endpoint.negotiate();
    return endpoint;
  }

  /** A client of Plan B with a microphone, a camera and a screen, the videos in one m-line. */
  async threeTracks(): Promise<TestEndpoint> {
    const endpoint = await this.create({ sends: ['audio'], semantics: 'plan-b' });
    for (const [trackId, side] of [
      ['camera', cameraSide],
      ['screen', screenSide],
    ] as const) {
      endpoint.peer.addTrack('video', trackId, trackId, 'sendonly');
      endpoint.peer.sides.set(trackId, side);
    }
    return endpoint;
  }

  async close(): Promise<void> {
    for (const { peer } of this.#endpoints) peer.close();
    this.client.socket.terminate();
    await this.server.close();
    assert.deepEqual(this.server.errors, []);
  }
}

/** The sizes of all pictures that a peer gets from now on. */
function sidesSeen({ peer }: TestEndpoint): Map<number, number> {
  const sides = new Map<number, number>();
  peer.onPacket = (packet) => {
    // Pictures are key frames of VP8 (RFC 6386 §9.1), whose width and height are the last here.
    const [a, b, c, side] = packet.subarray(-7);
    if (a !== 0x9d || b !== 0x01 || c !== 0x2a) return;
    sides.set(side, (sides.get(side) ?? 0) + 1);
  };
  return sides;
}

/** Packets received of each SSRC of video, as the endpoint's statistics say. */
async function videoPackets(endpoint: TestEndpoint): Promise<Map<number, number>> {
  const records = Object.values<Json>(await endpoint.invoke('getStats', { mediaType: 'VIDEO' }));
  return new Map(
    records
      .filter(({ type }) => type === 'inboundrtp')
      .map(({ ssrc, packetsReceived }) => [Number(ssrc), packetsReceived]),
  );
}

const ssrcsOf = ({ peer }: TestEndpoint) =>
  peer.negotiator.transceivers.filter(({ kind }) => kind === 'video').map(({ ssrc }) => ssrc);

for (const semantics of ['unified-plan-with-fallback', 'plan-b'] as const) {
  describe(`a client of Plan B with two videos (${semantics})`, () => {
    let scene: Scene;
    before(async () => {
      scene = await Scene.open(semantics);
    });
    after(() => scene.close());

    it('is answered in Plan B; both videos are told apart by their SSRCs, and the first is the endpoint’s', async () => {
      const publisher = await scene.threeTracks();
      const viewer = await scene.negotiated({ receives: ['audio', 'video'], semantics: 'plan-b' });
      const seen = sidesSeen(viewer);
      await publisher.connect(viewer);
      // The second is there before the first, which makes no difference.
      publisher.peer.stoppedTracks.add('camera');
      await publisher.negotiate();
      assert.deepEqual(sdpLines(publisher.answer, 'a=mid:'), ['audio', 'video']);
      const [camera, screen] = ssrcsOf(publisher);
      await viewer.receives('audio');
      await until('the screen has come', () => publisher.peer.connected);
      for (let packets = new Map<number, number>(); (packets.get(screen) ?? 0) < 10; ) {
        await viewer.receives('audio');
        packets = await videoPackets(publisher);
        assert.equal(packets.has(camera), false);
      }
      assert.equal(await publisher.invoke('isMediaFlowingOut', { mediaType: 'VIDEO' }), false);
      assert.equal(seen.size, 0);
      publisher.peer.stoppedTracks.delete('camera');
      await viewer.receives('video');
      await until('the camera is seen', () => (seen.get(cameraSide) ?? 0) > 25);
      assert.deepEqual([...seen.keys()], [cameraSide]);
      assert.equal(await publisher.invoke('isMediaFlowingOut', { mediaType: 'VIDEO' }), true);
      const packets = await videoPackets(publisher);
      assert.deepEqual([...packets.keys()].sort(), [camera, screen].sort());
      for (const [ssrc, count] of packets) assert.ok(count > 20, `${ssrc}: ${count}`);
      await publisher.release();
      await viewer.release();
    });

    it('publishes the first video to a shared room, and not the other', async () => {
      const pipeline = await scene.client.create('MediaPipeline');
      await scene.client.invoke(pipeline, 'addTag', { key: 'manifold.room', value: 'lobby' });
      const publisher = await TestEndpoint.create(network, scene.client, pipeline, { semantics: 'plan-b' });
      for (const trackId of ['camera', 'screen'])
        publisher.peer.addTrack('video', trackId, trackId, 'sendonly');
      await publisher.negotiate();
      const participant = () =>
        scene.server.manifold.rooms.rooms.get('lobby')?.participants.get(publisher.id);
      await until('both have come', () => participant()?.publications.size === 2);
      assert.deepEqual(
        [...scene.server.manifold.rooms.rooms.get('lobby')!.publications()].map(({ trackId }) => trackId),
        ['camera'],
      );
      publisher.peer.close();
      await publisher.release();
    });

    it('may send and receive on the same line', async () => {
      const publisher = await scene.create({ sends: ['video'], receives: ['video'], semantics: 'plan-b' });
      publisher.peer.sides.set('video', cameraSide);
      publisher.peer.addTrack('video', 'screen', 'screen', 'sendonly');
      const seen = sidesSeen(publisher);
      await publisher.connect(publisher);
      await publisher.negotiate();
      await publisher.receives('video');
      assert.deepEqual([...seen.keys()], [cameraSide]);
      assert.equal(sdpLines(publisher.answer, 'm=').length, 1);
      const labels = sdpLines(publisher.answer, 'a=ssrc:').filter((line) => line.includes(' mslabel:'));
      assert.equal(labels.length, 2, 'the track and its repairs');
      await publisher.release();
    });

    it('gets clear errors for what has no bounds', async () => {
      const refused = async (offer: string, text: RegExp) => {
        const endpoint = await scene.client.create('WebRtcEndpoint', { mediaPipeline: scene.pipeline });
        const call = scene.client.invoke(endpoint, 'processOffer', { offer });
        await assert.rejects(call, (error: Error) => failsWith(40205)(error) && text.test(error.message));
        await scene.client.call('release', { object: endpoint });
      };
      const sources = (first: number, count: number) =>
        Array.from(
          { length: count },
          (_, index) => `a=ssrc:${first + index} msid:s t${first + index}\r\n`,
        ).join('');
      await refused(twoVideos + sources(1, 5000), /More than 64 SSRCs in an m-line/);
      const videoLine = twoVideos.slice(twoVideos.indexOf('m=video'));
      const mids = ['a', 'b', 'c', 'd', 'e'];
      const lines = mids.map((mid, index) => {
        const line = videoLine.replace('a=mid:video', `a=mid:${mid}`).replace(/a=ssrc[\s\S]*$/, '');
        return line + sources(1 + index * 100, 60);
      });
      const head = twoVideos.slice(0, twoVideos.indexOf('m=audio')).replace('audio video', mids.join(' '));
      await refused(head + lines.join(''), /more than 256 m-lines and tracks/);
    });
  });
}

describe('clients of Unified Plan where the server speaks Plan B', () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open('plan-b');
  });
  after(() => scene.close());

  it('are answered, with one audio and one video each', async () => {
    const [a, b] = [
      await scene.negotiated({ sends: ['audio', 'video'], receives: ['audio', 'video'] }),
      await scene.negotiated({ sends: ['audio', 'video'], receives: ['audio', 'video'] }),
    ];
    await a.connect(b);
    await b.connect(a);
    for (const endpoint of [a, b])
      for (const kind of ['audio', 'video'] as const) await endpoint.receives(kind);
    assert.equal(sdpLines(a.answer, 'a=msid:').length, 2);
  });

  it('have a second m-line of video refused', async () => {
    const endpoint = await scene.create({ sends: ['video'] });
    endpoint.peer.addTrack('video', 'screen', 'screen', 'sendonly');
    await endpoint.negotiate();
    assert.deepEqual(
      sdpLines(endpoint.answer, 'm=').map((line) => line.split(' ')[1]),
      ['9', '0'],
    );
  });

  for (const semantics of ['unified-plan', 'plan-b'] as const) {
    it(`take its offers, as clients of Plan B do (${semantics})`, async () => {
      const publisher = await scene.create({ semantics });
      const viewer = await scene.negotiated({ receives: ['audio', 'video'] });
      for (const kind of ['audio', 'video'] as const) {
        // They wait for a line of the server's.
        publisher.peer.addTrack(kind, 'stream', kind);
      }
      publisher.peer.createOffer();
      const offer = await publisher.invoke('generateOffer');
      assert.deepEqual(sdpLines(offer, 'a=mid:'), ['audio', 'video']);
      assert.deepEqual(sdpLines(offer, 'a=group:'), ['BUNDLE audio video']);
      assert.equal(offer.includes('extmap-allow-mixed'), false);
      assert.equal(sdpLines(offer, 'a=ssrc:').filter((line) => line.includes(' label:')).length, 3);
      await publisher.invoke('processAnswer', { answer: publisher.peer.answerOffer(offer) });
      await publisher.connect(viewer);
      await viewer.receives('audio');
      await viewer.receives('video');
    });
  }
});
