/** A small slice of `npm run bench:kraken`: a crowd that polls ends up hearing each other, with nobody's poll failing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { KrakenCrowd } from './kraken-crowd.ts';
import { startManifold } from './running-manifold.ts';

test('12 clients in 3 rooms poll until everybody hears everybody', async () => {
  const server = await startManifold({ limits: { joinsPerSecond: 0 } });
  const network = new HeadlessNetwork();
  const options = { rooms: 3, clientsPerRoom: 4, pollMs: 200, joinMs: 500, ticksPerPacket: 5 };
  const crowd = new KrakenCrowd(network, server.http, options);
  await crowd.join();
  await until('everybody hears everybody', () => crowd.complete === 12, 30_000);
  assert.deepEqual(crowd.failures, []);
  assert.ok(crowd.pollsMs.length > 12);
  crowd.stop();
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});
