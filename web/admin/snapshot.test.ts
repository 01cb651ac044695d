import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSnapshot } from './snapshot.ts';

test('a full answer is read', () => {
  const snapshot = readSnapshot({
    server: { version: '0.1.0', uptimeSeconds: 12, packetsIn: 5, packetsOut: 9, eventLoopLagMs: 1.5 },
    rooms: [
      {
        id: 'r',
        createdAt: '2026-01-01T00:00:00.000Z',
        participants: [
          {
            id: 'a',
            name: 'Ada',
            dialect: 'whip',
            connectionState: 'connected',
            joinedAt: 1000,
            quality: 4.5,
            bandwidth: {
              estimate: 2_000_000,
              reason: 'near-capacity',
              target: 1_500_000,
              rttMs: 20,
              max: null,
            },
            publications: [
              {
                id: 'p1',
                kind: 'video',
                codec: 'VP8',
                bitrate: 100,
                packets: 1,
                lost: 0,
                jitterMs: 2,
                muted: true,
                subscribers: 3,
                speaking: true,
                dominant: true,
                audioLevel: -30,
                layers: [
                  { spatial: 0, temporal: 0, bitrate: 50, height: 180, frameRate: 15, active: true },
                  { spatial: 0, temporal: 1, bitrate: 90, height: 180, frameRate: 30, active: true },
                  { spatial: 1, temporal: 0, bitrate: 0, height: 0, frameRate: 0, active: false },
                ],
                freezes: 2,
                quality: 4,
              },
            ],
            subscriptions: [
              {
                id: 's1',
                publicationId: 'p2',
                participantId: 'b',
                kind: 'audio',
                state: 'live',
                reason: 'forwarding',
                bitrate: 7,
                packets: 8,
                fractionLost: 0.1,
                pauseReason: 'hidden',
                layers: {
                  current: { spatial: 0, temporal: 1 },
                  reason: 'bandwidth',
                  switches: 3,
                  available: [
                    { spatial: 0, temporal: 1 },
                    { spatial: 1, temporal: 0 },
                  ],
                },
                rttMs: 30,
                freezes: 1,
                quality: 3,
              },
            ],
          },
        ],
      },
    ],
  });
  const room = snapshot!.rooms[0]!;
  assert.equal(room.createdAtMs, Date.UTC(2026, 0, 1));
  assert.equal(room.participants[0]!.joinedAtMs, 1000);
  assert.equal(room.participants[0]!.publications[0]!.subscribers, 3);
  assert.equal(room.participants[0]!.subscriptions[0]!.reason, 'forwarding');
  assert.equal(snapshot!.server.eventLoopLagMs, 1.5);
  const [participant] = room.participants;
  assert.equal(participant!.quality, 4.5);
  const { estimate, reason, target, max, packetsWaiting } = participant!.bandwidth!;
  assert.deepEqual(
    [estimate, reason, target, max, packetsWaiting],
    [2_000_000, 'near-capacity', 1_500_000, null, null],
  );
  const { speaking, dominant, audioLevel, freezes, quality } = participant!.publications[0]!;
  assert.deepEqual([speaking, dominant, audioLevel, freezes, quality], [true, true, -30, 2, 4]);
  assert.deepEqual(participant!.publications[0]!.layers, [
    { spatial: 0, bitrate: 90, height: 180, frameRate: 30, active: true },
    { spatial: 1, bitrate: 0, height: null, frameRate: null, active: false },
  ]);
  const subscription = participant!.subscriptions[0]!;
  assert.equal(subscription.pauseReason, 'hidden');
  assert.deepEqual(subscription.layers, {
    spatial: 0,
    temporal: 1,
    highestSpatial: 1,
    highestTemporal: 0,
    reason: 'bandwidth',
    switches: 3,
  });
  const { fractionLost, rttMs } = subscription;
  assert.deepEqual([fractionLost, rttMs, subscription.freezes, subscription.quality], [0.1, 30, 1, 3]);
});

test('what is missing is null, and entries without an id are left out', () => {
  const snapshot = readSnapshot({ rooms: [{ id: 'r', participants: [{ id: 'a' }, { name: 'x' }, 3] }, {}] });
  assert.equal(snapshot!.rooms.length, 1);
  assert.equal(snapshot!.server.uptimeSeconds, null);
  const [participant, ...rest] = snapshot!.rooms[0]!.participants;
  assert.deepEqual(rest, []);
  assert.equal(participant!.name, 'a');
  assert.deepEqual(participant!.publications, []);
});

test('anything else is no snapshot, and nothing makes it throw', () => {
  for (const data of [null, 1, 'x', [], {}, { rooms: 3 }]) assert.equal(readSnapshot(data), null);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      readSnapshot({
        server: value,
        rooms: [value, { id: 'x', participants: [{ id: 'y', publications: value }] }],
      });
    }),
  );
});
