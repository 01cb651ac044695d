/** Bandwidth as rooms have it: who is shown before others where not everything fits, bounds, figures. Over the real engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, type Member, RoomMembers, subscriptionsOf } from './room-members.ts';

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

const videoOf = ({ participant }: Member) =>
  [...participant.publications.values()].find(({ kind }) => kind === 'video')!;
/** The priorities of what a member gets, as `participant kind`. */
const prioritiesAt = (member: Member) =>
  Object.fromEntries(
    subscriptionsOf(member).map(({ publication, forwarder }) => [
      `${publication.participant.id} ${publication.kind}`,
      forwarder?.priority,
    ]),
  );

test('the video of who has the word goes first, and a screen does, for those who come later, too', async () => {
  const joining = new RoomMembers(server.manifold.rooms, network);
  const members = ['a', 'b', 'c'].map((id) => joining.join('prominence', id, ['audio', 'video']));
  const [a, b, c] = members;
  for (const { peer } of members) peer.audioLevel = -90;
  await until('all receive each other', () =>
    members.every(
      (member) =>
        subscriptionsOf(member).length === 4 &&
        subscriptionsOf(member).every(({ state }) => state === 'live'),
    ),
  );
  assert.deepEqual(prioritiesAt(c), { 'a audio': 0, 'a video': 0, 'b audio': 0, 'b video': 0 });
  a.peer.audioLevel = -25;
  await until('a has the word', () => a.participant.room.speakers.dominant !== null);
  assert.deepEqual(prioritiesAt(c), { 'a audio': 0, 'a video': 1, 'b audio': 0, 'b video': 0 });
  assert.equal(videoOf(b).content, 'camera');
  videoOf(b).stateContent('screen');
  assert.deepEqual(prioritiesAt(c), { 'a audio': 0, 'a video': 1, 'b audio': 0, 'b video': 1 });
  const d = joining.join('prominence', 'd', ['audio']);
  await until(
    'd receives all',
    () => subscriptionsOf(d).filter(({ state }) => state === 'live').length === 6,
  );
  const late = prioritiesAt(d);
  assert.deepEqual([late['a video'], late['b video'], late['c video']], [1, 1, 0]);
  // What a receiver asks for itself comes before.
  subscriptionsOf(c)
    .find(({ publication }) => publication === videoOf(a))!
    .forwarder!.setPreference({ priority: 5 });
  assert.equal(prioritiesAt(c)['a video'], 5);
  videoOf(b).stateContent(null);
  assert.equal(prioritiesAt(d)['b video'], 0);
  a.participant.leave('left');
  assert.equal(prioritiesAt(d)['b video'], 0);
  leaveAll(...members, d);
});

test('bounds of a connection, and what is known of it, are in the snapshot and in the metrics', async () => {
  const joining = new RoomMembers(server.manifold.rooms, network);
  const { a, b } = await joining.connectedPair(['audio', 'video']);
  const bandwidthOf = (id: string) => {
    const rooms = server.manifold.rooms.snapshot();
    return rooms.flatMap(({ participants }) => participants).find((participant) => participant.id === id)!
      .bandwidth;
  };
  a.participant.setOutgoingBitrate({ min: 200_000, max: 1_000_000 });
  a.participant.setIncomingBitrate({ max: 500_000 });
  assert.equal(bandwidthOf('a').max, 1_000_000);
  assert.equal(bandwidthOf('a').min, 200_000);
  assert.equal(bandwidthOf('a').maxIncoming, 500_000);
  assert.ok(bandwidthOf('a').estimate! <= 1_000_000);
  assert.equal(bandwidthOf('b').max, null);
  assert.equal(bandwidthOf('b').maxIncoming, null);
  a.participant.setOutgoingBitrate({ min: null, max: null });
  assert.deepEqual(a.participant.outgoingBitrate, { min: 50_000, max: Number.POSITIVE_INFINITY });
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  for (const name of [
    'manifold_connections_by_estimate_reason{reason="',
    'manifold_connection_estimate_bits_per_second{le="+Inf"}',
    'manifold_outgoing_bits_per_second{what="target"}',
    'manifold_paced_packets_waiting 0',
    'manifold_padding_bytes_total',
    'manifold_bandwidth_probes_total',
    'manifold_paced_packets_total{event="expired"} 0',
  ])
    assert.ok(metrics.includes(`\n${name}`), name);
  leaveAll(a, b);
});
