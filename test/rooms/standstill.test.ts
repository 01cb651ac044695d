/** A process that stood still (stopped, starved, moved to another machine) does not take its clients for silent. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { startManifold } from '../signaling/running-manifold.ts';
import { RoomMembers } from './room-members.ts';

test('calls go on after a standstill longer than the time after which a silent client is removed', async (t) => {
  const server = await startManifold({ timeouts: { connectMs: 3000, disconnectedMs: 3000, failedMs: 3500 } });
  const network = new HeadlessNetwork();
  t.after(async () => {
    network.close();
    await server.close();
  });
  const members = new RoomMembers(server.manifold.rooms, network);
  const { a, b } = await members.connectedPair();
  // A little after a check, of which there is one every 2.5 s.
  await sleep(1000);
  // In a callback of the event loop's poll phase, behind which timers come before sockets.
  await new Promise<void>((resolve) => {
    readFile(new URL(import.meta.url), () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
      resolve();
    });
  });
  await sleep(500);
  await until(
    'both are connected',
    () => a.participant.connectionState === 'connected' && b.participant.connectionState === 'connected',
  );
  assert.deepEqual([...a.closed, ...b.closed], []);
  // Who is silent indeed is removed as ever.
  b.peer.close();
  await until('b is removed', () => b.closed.length > 0);
  assert.deepEqual(b.closed, ['connection-failed']);
  assert.equal(b.participant.connectionFailure, 'ice-failed');
  assert.deepEqual(server.errors, []);
});
