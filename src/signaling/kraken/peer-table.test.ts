import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes, KrakenError } from './kraken-error.ts';
import { PeerTable, type TablePeer } from './peer-table.ts';

const peer = (uid: string, cid: string, roomId = 'r'): TablePeer => ({ roomId, uid, cid });

function setUp(limits = { max: 3, ageMs: 1000 }) {
  const clock = { nowMs: 0 };
  const table = new PeerTable(() => clock.nowMs, limits);
  const codeOf = (uid: string, cid: string, roomId = 'r'): number | null => {
    try {
      table.lookup(roomId, uid, cid);
      return null;
    } catch (error) {
      assert.ok(error instanceof KrakenError);
      return error.code;
    }
  };
  return { clock, table, codeOf };
}

describe('PeerTable', () => {
  it('tells nobody, closed, and another publication apart', () => {
    const { table, codeOf } = setUp();
    const first = peer('u', '1');
    table.add(first);
    assert.equal(table.lookup('r', 'u', '1'), first);
    assert.equal(codeOf('u', '2'), errorCodes.trackNotFound);
    assert.equal(codeOf('v', '1'), errorCodes.peerNotFound);
    assert.equal(codeOf('u', '1', 'elsewhere'), errorCodes.peerNotFound);
    table.close(first);
    assert.equal(codeOf('u', '1'), errorCodes.peerClosed);
    assert.equal(codeOf('u', '2'), errorCodes.peerClosed);
  });

  it('a publication that takes the place of another leaves it no tombstone', () => {
    const { table, codeOf } = setUp();
    const [first, second] = [peer('u', '1'), peer('u', '2')];
    table.add(first);
    table.add(second);
    table.close(first);
    assert.equal(codeOf('u', '1'), errorCodes.trackNotFound);
    assert.deepEqual([table.open.size, table.closedCount], [1, 0]);
    table.close(second);
    table.close(second);
    assert.deepEqual([table.open.size, table.closedCount, table.closedRoomCount], [0, 1, 1]);
    table.add(peer('u', '3'));
    assert.deepEqual([table.closedCount, table.closedRoomCount], [0, 0]);
  });

  it('forgets the oldest tombstones, by their number and by their age', () => {
    const { clock, table, codeOf } = setUp();
    for (let number = 0; number < 5; number++) {
      const one = peer(`u${number}`, '1', `room ${number}`);
      table.add(one);
      clock.nowMs += 100;
      table.close(one);
    }
    assert.equal(table.closedCount, 3);
    assert.equal(codeOf('u1', '1', 'room 1'), errorCodes.peerNotFound);
    assert.equal(codeOf('u2', '1', 'room 2'), errorCodes.peerClosed);
    clock.nowMs += 850;
    assert.equal(codeOf('u2', '1', 'room 2'), errorCodes.peerNotFound);
    assert.equal(codeOf('u4', '1', 'room 4'), errorCodes.peerClosed);
    clock.nowMs += 1000;
    assert.deepEqual([table.closedCount, table.closedRoomCount], [0, 0]);
  });
});
