/** Checks 21 and 22 of the Kraken protocol: silence, with shorter times than an operator would choose. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { completeConfig } from '../../src/config/read-config.ts';
import { errorCodes as code } from '../../src/signaling/kraken/kraken-error.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { directionOf, errorCodeOf, KrakenCaller, sections } from './kraken-caller.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

const silenceMs = 1200;

let server: RunningManifold;
let network: HeadlessNetwork;

before(async () => {
  server = await startManifold({ kraken: { silenceMs } });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

async function closedAfter(caller: KrakenCaller): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const error = await errorCodeOf(caller.rpc('subscribe'));
    if (error === code.peerClosed) return performance.now() - startedAt;
    assert.equal(error, undefined);
    if (performance.now() - startedAt > silenceMs * 5) throw new Error(`${caller.uid} is not closed`);
    await sleep(50);
  }
}

describe('silence', () => {
  it('is a minute where nothing else is configured', () => {
    assert.equal(completeConfig({}).kraken.silenceMs, 60_000);
  });

  it('check 21: who never sends is closed after that time and not before, connected or not', async () => {
    const connected = new KrakenCaller(network, server.http, 'silent', 'connected');
    connected.peer.transmits = false;
    await connected.publish();
    await until('it is connected', () => connected.peer.connected);
    const absent = new KrakenCaller(network, server.http, 'silent', 'absent');
    absent.peer.handshakes = false;
    await absent.publish();
    for (const ms of await Promise.all([closedAfter(connected), closedAfter(absent)]))
      assert.ok(ms > silenceMs * 0.7 && ms < silenceMs * 3, `${ms} ms`);
    assert.equal(server.manifold.rooms.rooms.has('silent'), false);
  });

  it('check 21: a muted microphone, which sends silence, keeps its peer', async () => {
    const caller = await KrakenCaller.join(network, server.http, 'muted', 'a');
    await sleep(silenceMs * 2);
    assert.equal((await caller.subscribe()).type, 'unknown');
    await caller.end();
  });

  it('check 22: who is killed is closed, and the others’ next offer stops its track', async () => {
    const a = await KrakenCaller.join(network, server.http, 'killed', 'a');
    const b = await KrakenCaller.join(network, server.http, 'killed', 'b');
    await a.hears(b);
    b.peer.close();
    assert.ok((await closedAfter(b)) < silenceMs * 3);
    const [section] = sections(await a.nextOffer('the other has gone'));
    assert.equal(directionOf(section), 'recvonly');
    assert.doesNotMatch(section, /^a=(msid|ssrc):/m);
    await a.end();
  });
});
