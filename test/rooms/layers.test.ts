/** Simulcast through the real engine: what subscriptions ask for, what publishers are told of it, what is shown of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Publication } from '../../src/index.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;

before(async () => {
  server = await startManifold();
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

test('what subscriptions have use for is sent, shown with its reason, and told to the publisher', async () => {
  const joining = new RoomMembers(server.manifold.rooms, network);
  const publisher = joining.join('layers', 'publisher', ['video'], { encodings: 3 });
  const demands: boolean[][] = [];
  publisher.participant.on('encodingdemandchanged', (publication: Publication) =>
    demands.push(publication.encodings.map(({ used }) => used)),
  );
  const viewer = joining.join('layers', 'viewer', [], {});
  await until('the viewer subscribes', () => viewer.participant.subscriptions.size === 1);
  const [subscription] = viewer.participant.subscriptions.values();
  const shown = () => {
    const [room] = server.manifold.rooms.snapshot();
    const of = (name: string) => room.participants.find(({ id }) => id === name)!;
    return { publication: of('publisher').publications[0], subscription: of('viewer').subscriptions[0] };
  };
  const layers = () => shown().subscription.layers;
  await until('the largest encoding is sent', () => layers()?.reason === 'highest-layer');
  assert.deepEqual(layers()!.current, { spatial: 2, temporal: 0 });
  assert.deepEqual(
    shown().publication.layers.map(({ spatial, height, active }) => [spatial, height, active]),
    [
      [0, 16, true],
      [1, 32, true],
      [2, 64, true],
    ],
  );
  assert.equal(shown().publication.encodings.length, 3);

  const { switches } = layers()!;
  subscription.setPreference({ width: 30, height: 30, priority: 3 });
  assert.equal(subscription.forwarder!.priority, 3);
  await until('a smaller one is sent', () => layers()!.reason === 'as-asked');
  assert.deepEqual(layers()!.current, { spatial: 1, temporal: 0 });
  assert.equal(layers()!.switches, switches + 1);
  assert.deepEqual(demands, []);
  await until('the publisher is told', () => demands.length === 1);
  assert.deepEqual(demands[0], [true, true, false]);
  publisher.peer.stoppedEncodings.add(2);
  await until('it stops', () =>
    shown().publication.layers.every(({ spatial, active }) => active === spatial < 2),
  );

  subscription.setPreference({});
  assert.deepEqual(demands[1], [true, true, true]);
  publisher.peer.stoppedEncodings.clear();
  await until('it is sent again', () => layers()!.current.spatial === 2);

  subscription.pause('hidden');
  assert.equal(subscription.state, 'live');
  assert.equal(subscription.reason, 'paused');
  assert.equal(shown().subscription.pauseReason, 'hidden');
  assert.equal(layers()!.reason, 'hidden');
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert.match(metrics, /^manifold_subscriptions_by_layer_reason\{reason="hidden"\} 1$/m);
  assert.match(metrics, /^manifold_subscriptions_by_layer\{spatial="none"\} 1$/m);
  await until('nobody has use for any', () => demands.length === 3);
  assert.deepEqual(demands[2], [false, false, false]);

  subscription.resume();
  assert.deepEqual(demands[3], [true, true, true]);
  await until('it goes on', () => subscription.reason === 'forwarding');
  assert.equal(shown().subscription.pauseReason, null);
  leaveAll(publisher, viewer);
});

test('what was asked for before there is a line holds once there is one, and ends with the subscription', async () => {
  const joining = new RoomMembers(server.manifold.rooms, network);
  const publisher = joining.join('early', 'publisher', ['video'], { encodings: 3 });
  await until('it publishes', () => publisher.participant.publications.size === 1);
  const viewer = server.manifold.rooms.join({
    roomId: 'early',
    participantId: 'viewer',
    dialect: 'test',
    renegotiates: true,
  });
  viewer.on('subscriptionchanged', (subscription) => {
    if (subscription.reason !== 'negotiating' || subscription.pauseReason !== null) return;
    subscription.setPreference({ maxSpatial: 0 });
    subscription.pause('not-visible');
  });
  const peer = network.createPeer();
  peer.addReceiver('video');
  peer.acceptAnswer(viewer.answerOffer(peer.createOffer()));
  const [subscription] = viewer.subscriptions.values();
  await until('it is paused from the start', () => subscription.reason === 'paused');
  subscription.resume();
  await until('it gets the smallest', () => subscription.forwarder!.stats().layers!.current.spatial === 0);
  const { forwarder } = subscription;
  publisher.participant.leave('left');
  assert.equal(subscription.state, 'ended');
  assert.deepEqual(forwarder!.preference, {});
  viewer.leave('left');
  peer.close();
  publisher.peer.close();
});
