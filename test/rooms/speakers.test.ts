/** Who speaks, from levels on the wire to events of the room, and what a large room forwards. Over the real engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Publication } from '../../src/index.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, type Member, RoomMembers } from './room-members.ts';

let server: RunningManifold;
let network: HeadlessNetwork;

before(async () => {
  server = await startManifold({ speakers: { lastN: 2 } });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const audioOf = ({ participant }: Member): Publication => [...participant.publications.values()][0];

test('levels become events, a dominant speaker, fields of the snapshot, and a choice of who is forwarded', async () => {
  const joining = new RoomMembers(server.manifold.rooms, network);
  const members = ['a', 'b', 'c'].map((id) => joining.join('speakers', id, ['audio']));
  for (const { peer } of members) peer.audioLevel = -90;
  const [a, b, c] = members;
  const { room } = a.participant;
  await until('all receive each other', () =>
    members.every(
      ({ participant: { subscriptions } }) =>
        subscriptions.size === 2 && [...subscriptions.values()].every(({ state }) => state === 'live'),
    ),
  );
  const events: string[] = [];
  room.on('voicestarted', ({ participant }) => events.push(`started ${participant.id}`));
  room.on('voicestopped', ({ participant }) => events.push(`stopped ${participant.id}`));
  room.on('dominantspeaker', (publication) => events.push(`dominant ${publication?.participant.id ?? '-'}`));
  room.on('activespeakers', (all) =>
    events.push(`active ${all.map(({ participant }) => participant.id).join(' ')}`),
  );

  // One of the three is left out, whoever published last.
  const publications = members.map(audioOf);
  const left = publications.findIndex((publication) => !room.speakers.isForwarded(publication));
  assert.equal(publications.filter((publication) => room.speakers.isForwarded(publication)).length, 2);
  const speaker = members[left];
  const listener = members[(left + 1) % 3];
  const subscription = listener.participant.subscriptions.get(audioOf(speaker))!;
  assert.equal(subscription.reason, 'not-among-last-speakers');
  assert.equal(subscription.state, 'live');

  speaker.peer.audioLevel = -25;
  await until('the voice is heard', () => events.includes(`dominant ${speaker.participant.id}`));
  const who = speaker.participant.id;
  assert.deepEqual(events, [`started ${who}`, `active ${who}`, `dominant ${who}`]);
  assert.equal(subscription.reason, 'forwarding');
  const paused = [
    ...listener.participant.subscriptions.values(),
    ...speaker.participant.subscriptions.values(),
  ];
  assert.ok(paused.some(({ reason }) => reason === 'not-among-last-speakers'));

  const inSnapshot = () =>
    server.manifold.rooms.snapshot()[0].participants.find(({ id }) => id === who)!.publications[0];
  await until('the level is that of the voice', () => inSnapshot().audioLevel === -25);
  const published = inSnapshot();
  assert.equal(published.speaking, true);
  assert.equal(published.dominant, true);
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  for (const line of [
    'manifold_publications{kind="audio"} 3',
    'manifold_subscriptions{kind="audio"} 6',
    'manifold_subscriptions_by_reason{reason="not-among-last-speakers"} 2',
    'manifold_speaking 1',
    'manifold_publication_jitter_seconds{le="+Inf"} 3',
  ])
    assert.ok(metrics.includes(`\n${line}\n`), line);

  speaker.peer.audioLevel = -90;
  await until('the voice has stopped', () => events.includes(`stopped ${who}`));
  assert.equal(room.speakers.dominant, audioOf(speaker));
  assert.deepEqual(room.speakers.active, []);
  speaker.participant.leave('left');
  assert.equal(events.at(-1), 'dominant -');
  // There is a place for everybody now.
  for (const member of [a, b, c]) {
    if (member === speaker) continue;
    assert.ok(room.speakers.isForwarded(audioOf(member)));
    for (const { reason } of member.participant.subscriptions.values()) assert.equal(reason, 'forwarding');
  }
  leaveAll(...members);
});
