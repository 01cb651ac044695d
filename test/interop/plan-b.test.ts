/** Plan B against libwebrtc: several videos in one m-line, in both directions. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { JoinOptions } from '../../src/index.ts';
import { eventually } from '../browser/harness/media-assertions.ts';
import { type Json, KurentoTestClient } from '../signaling/kurento-test-client.ts';
import { type RunningManifold, sdpLines, startManifold } from '../signaling/running-manifold.ts';
import { PlanBPeer } from './plan-b-peer.ts';

const camera = 60;
const screen = 200;
const semantics = ['unified-plan-with-fallback', 'plan-b'] as const;

const peers: PlanBPeer[] = [];

async function createPeer(...videos: readonly number[]): Promise<PlanBPeer> {
  const peer = await PlanBPeer.start(...videos);
  peers.push(peer);
  return peer;
}

after(() => {
  for (const peer of peers) peer.close();
});

for (const sdpSemantics of semantics) {
  test(`Kurento’s endpoint takes the first of two videos (${sdpSemantics})`, async (context) => {
    const server = await startManifold({ kurento: { sdpSemantics } });
    context.after(() => server.close());
    const client = await KurentoTestClient.open(`${server.webSocket}/kurento`);
    context.after(() => client.socket.terminate());
    const mediaPipeline = await client.create('MediaPipeline');
    const endpoint = async (peer: PlanBPeer, options?: RTCOfferOptions): Promise<string> => {
      const id = await client.create('WebRtcEndpoint', { mediaPipeline });
      const offer = await peer.offer(options);
      assert.equal(sdpLines(offer, 'm=video').length, 1);
      await peer.accept(await client.invoke(id, 'processOffer', { offer }));
      return id;
    };
    const viewer = await createPeer();
    const publishing = await endpoint(await createPeer(camera, screen));
    const viewing = await endpoint(viewer, { offerToReceiveVideo: true });
    await client.invoke(publishing, 'connect', { sink: viewing });
    await viewer.shows(camera);
    await eventually('both are received, each by its SSRC', 5000, async () => {
      const records = Object.values<Json>(
        await client.invoke(publishing, 'getStats', { mediaType: 'VIDEO' }),
      );
      const packets = records.flatMap(({ type, packetsReceived }) =>
        type === 'inboundrtp' ? [packetsReceived] : [],
      );
      const both = packets.length === 2 && packets.every((count) => count > 20);
      return both ? { value: packets } : { pending: packets };
    });
    await viewer.shows(camera);
    assert.deepEqual(server.errors, []);
  });
}

test('Kurento’s offers in Plan B are answered', async (context) => {
  const server = await startManifold({ kurento: { sdpSemantics: 'plan-b' } });
  context.after(() => server.close());
  const client = await KurentoTestClient.open(`${server.webSocket}/kurento`);
  context.after(() => client.socket.terminate());
  const mediaPipeline = await client.create('MediaPipeline');
  const id = await client.create('WebRtcEndpoint', { mediaPipeline });
  const peer = await createPeer(camera, screen);
  const answer = await peer.answer(await client.invoke(id, 'generateOffer'));
  assert.equal(sdpLines(answer, 'a=ssrc-group:FID').length, 2);
  await client.invoke(id, 'processAnswer', { answer });
  await client.invoke(id, 'connect', { sink: id });
  await peer.shows(camera);
  assert.deepEqual(server.errors, []);
});

/** A participant of a room, whose client answers what it is offered. */
async function join(
  { manifold: { rooms } }: RunningManifold,
  options: Pick<JoinOptions, 'participantId' | 'sdpSemantics'>,
  peer: PlanBPeer,
  offerOptions?: RTCOfferOptions,
): Promise<void> {
  const participant = rooms.join({ ...options, roomId: 'room', dialect: 'test', renegotiates: true });
  let turn = Promise.resolve();
  participant.on('negotiationneeded', () => {
    turn = turn.then(async () => {
      if (!participant.negotiationNeeded || participant.offerPending) return;
      const answer = await peer.answer(participant.createOffer());
      // Meanwhile the test may have ended, and with it the server.
      if (participant.connectionState !== 'closed') participant.acceptAnswer(answer);
    });
  });
  await peer.accept(participant.answerOffer(await peer.offer(offerOptions)));
}

for (const sdpSemantics of semantics) {
  test(`a room’s videos come in one m-line, whoever they are of (${sdpSemantics})`, async (context) => {
    const server = await startManifold();
    context.after(() => server.close());
    const viewer = await createPeer();
    await join(server, { participantId: 'publisher', sdpSemantics }, await createPeer(camera, screen));
    await join(server, { participantId: 'viewer', sdpSemantics: 'plan-b' }, viewer, {
      offerToReceiveVideo: true,
    });
    await viewer.shows(camera, screen);
    const third = await createPeer(130);
    await join(server, { participantId: 'third', sdpSemantics: 'plan-b' }, third, {
      offerToReceiveVideo: true,
    });
    await viewer.shows(camera, 130, screen);
    await third.shows(camera, screen);
    server.manifold.rooms.rooms.get('room')?.participants.get('publisher')?.leave('left');
    await viewer.shows(130);
    assert.deepEqual(server.errors, []);
  });
}
