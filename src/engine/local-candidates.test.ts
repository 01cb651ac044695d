import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCandidate } from '../webrtc/ice/candidate.ts';
import { localCandidates } from './local-candidates.ts';

const bound = [
  { socket: 1, address: '10.0.0.1', port: 50_000 },
  { socket: 2, address: '10.0.0.2', port: 50_000 },
  { socket: 3, address: '2001:db8::1', port: 50_000 },
];

const shown = (...args: Parameters<typeof localCandidates>) =>
  localCandidates(...args).map(({ candidate }) => {
    const { type, address, port, relatedAddress } = parseCandidate(candidate);
    assert.equal(port, 50_000);
    return relatedAddress === null ? `${type} ${address}` : `${type} ${address} of ${relatedAddress}`;
  });

test('without announced addresses, the local ones', () => {
  assert.deepEqual(shown(bound, [], 'host'), ['host 10.0.0.1', 'host 10.0.0.2', 'host 2001:db8::1']);
  assert.deepEqual(shown(bound, [], 'srflx'), ['host 10.0.0.1', 'host 10.0.0.2', 'host 2001:db8::1']);
});

test('as host: an address stands for all local ones of its family', () => {
  assert.deepEqual(shown(bound, ['192.0.2.1'], 'host'), [
    'host 192.0.2.1',
    'host 192.0.2.1',
    'host 2001:db8::1',
  ]);
  assert.deepEqual(shown(bound.slice(0, 1), ['192.0.2.1', '192.0.2.2'], 'host'), [
    'host 192.0.2.1',
    'host 192.0.2.2',
  ]);
});

test('a pair stands for its local address only', () => {
  assert.deepEqual(shown(bound, ['192.0.2.1/10.0.0.1'], 'host'), [
    'host 192.0.2.1',
    'host 10.0.0.2',
    'host 2001:db8::1',
  ]);
  assert.deepEqual(shown(bound, ['192.0.2.1/10.0.0.1', '192.0.2.2/10.0.0.2'], 'host').slice(0, 2), [
    'host 192.0.2.1',
    'host 192.0.2.2',
  ]);
});

test('as server-reflexive: beside the local ones, and after them', () => {
  assert.deepEqual(shown(bound.slice(0, 1), ['192.0.2.1'], 'srflx'), [
    'host 10.0.0.1',
    'srflx 192.0.2.1 of 10.0.0.1',
  ]);
  const [host, reflexive] = localCandidates(bound.slice(0, 1), ['192.0.2.1'], 'srflx').map(({ candidate }) =>
    parseCandidate(candidate),
  );
  assert.ok(host.priority > reflexive.priority);
  assert.notEqual(host.foundation, reflexive.foundation);
  assert.equal(reflexive.relatedPort, 50_000);
});

test('no two have the same priority', () => {
  const priorities = localCandidates(bound, ['192.0.2.1/10.0.0.1', '192.0.2.2/10.0.0.2'], 'srflx').map(
    ({ candidate }) => parseCandidate(candidate).priority,
  );
  assert.equal(new Set(priorities).size, priorities.length);
});

test('each says which socket it leads to, and comes once', () => {
  const candidates = localCandidates(bound, ['192.0.2.1/10.0.0.2'], 'srflx');
  assert.deepEqual(
    candidates.map(({ socket }) => socket),
    [1, 2, 2, 3],
  );
  // The fifth of one local address has the priority of the first of the next.
  const announced = [1, 2, 3, 4, 1].map((last) => `192.0.2.${last}`);
  assert.equal(localCandidates(bound.slice(0, 2), announced, 'host').length, 2 * announced.length - 1);
});
