import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addPair, type CandidatePair, isSamePath, maxPairs } from './candidate-pair.ts';

function pair(port: number, lastCheckAt = port, socket = 0): CandidatePair {
  return { socket, remote: { family: 4, address: '192.0.2.1', port }, priority: 0, lastCheckAt };
}

it('isSamePath compares socket, address and port', () => {
  const { remote } = pair(1);
  assert.ok(isSamePath(pair(1), 0, { ...remote }));
  assert.ok(!isSamePath(pair(1), 1, remote));
  assert.ok(!isSamePath(pair(2), 0, remote));
  assert.ok(!isSamePath(pair(1), 0, { ...remote, address: '192.0.2.2' }));
});

it('addPair lets the pair longest without a check make room, but not the one to keep', () => {
  const pairs: CandidatePair[] = [];
  for (let port = 1; port <= maxPairs; port++) addPair(pairs, pair(port), null);
  addPair(pairs, pair(100), pairs[0]);
  assert.equal(pairs.length, maxPairs);
  assert.deepEqual(
    pairs.map((known) => known.remote.port),
    [1, 3, 4, 5, 6, 7, 8, 100],
  );
});
