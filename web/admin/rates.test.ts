import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeRates, countRoom, filterRooms, sumBitrates } from './rates.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

function snapshot(server: object, packets: number, lost: number): Snapshot {
  return readSnapshot({
    server,
    rooms: [
      {
        id: 'Stand-up',
        participants: [
          {
            id: 'a',
            name: 'Ada',
            dialect: 'whip',
            publications: [{ id: 'p', packets, lost, bitrate: 10 }, { id: 'q' }],
            subscriptions: [
              { id: 's', state: 'failed' },
              { id: 't', state: 'live' },
            ],
          },
          { id: 'b', name: 'Bob', dialect: 'pion' },
        ],
      },
    ],
  })!;
}

test('rates come from two polls', () => {
  const before = snapshot({ packetsIn: 100, bytesOut: 1000 }, 1000, 10);
  const now = snapshot({ packetsIn: 300, bytesOut: 2000 }, 1098, 12);
  const rates = computeRates(before, now, 2);
  assert.equal(rates.packetsInPerSecond, 100);
  assert.equal(rates.packetsOutPerSecond, null);
  assert.equal(rates.bitrateOut, 4000);
  assert.equal(rates.lossByPublication.get('p'), 0.02);
  assert.equal(rates.lossByPublication.has('q'), false);
});

test('the first poll has no rates but a loss since the beginning; a restart has no rates', () => {
  const first = computeRates(null, snapshot({ packetsIn: 100 }, 90, 10), 2);
  assert.equal(first.packetsInPerSecond, null);
  assert.equal(first.lossByPublication.get('p'), 0.1);
  const restarted = computeRates(snapshot({ packetsIn: 100 }, 90, 0), snapshot({ packetsIn: 3 }, 4, 0), 2);
  assert.equal(restarted.packetsInPerSecond, null);
  assert.equal(restarted.lossByPublication.size, 0);
});

test('a room is counted', () => {
  assert.deepEqual(countRoom(snapshot({}, 0, 0).rooms[0]!), {
    participants: 2,
    publications: 2,
    subscriptions: 2,
    failed: 1,
  });
});

test('bitrates are summed as far as they are known', () => {
  assert.equal(sumBitrates([{ bitrate: 1 }, { bitrate: null }, { bitrate: 2 }]), 3);
  assert.equal(sumBitrates([{ bitrate: null }]), null);
});

test('the filter finds rooms whole, or the participants that match', () => {
  const { rooms } = snapshot({}, 0, 0);
  assert.equal(filterRooms(rooms, '')[0]!.participants.length, 2);
  assert.equal(filterRooms(rooms, ' stand ')[0]!.participants.length, 2);
  assert.deepEqual(
    filterRooms(rooms, 'WHIP')[0]!.participants.map((participant) => participant.id),
    ['a'],
  );
  assert.deepEqual(filterRooms(rooms, 'nobody'), []);
});
