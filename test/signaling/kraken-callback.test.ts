/** Check 12 of the Kraken protocol: the webhook that may veto a publication. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, globalAgent, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes as code } from '../../src/signaling/kraken/kraken-error.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { errorCodeOf, KrakenCaller, uidOf } from './kraken-caller.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

const callbackMs = 1000;

interface Hook {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

let server: RunningManifold;
let network: HeadlessNetwork;
let hookServer: Server;
let hookUrl: string;
const hooks: Hook[] = [];
/** By the path of the hook: a status, or null for no answer. */
const statuses: Record<string, number | null> = {
  '/yes': 200,
  '/empty': 204,
  '/broken': 500,
  '/never': null,
  '/elsewhere': 307,
};

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-hook-'));
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  const options = ['-newkey', 'rsa:2048', '-nodes', '-keyout', files.key, '-out', files.cert, '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  assert.equal(
    spawnSync('openssl', ['req', '-x509', ...options, ...names]).status,
    0,
    'openssl makes a certificate',
  );
  const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)];
  rmSync(folder, { recursive: true });
  globalAgent.options.ca = cert;
  hookServer = createServer({ key, cert }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const { method, url: path, headers } = request;
      hooks.push({ method, path, type: headers['content-type'], body: JSON.parse(text) });
      const status = statuses[path ?? ''] ?? null;
      if (status !== null) response.writeHead(status, { location: '/yes' }).end();
    });
  });
  hookServer.listen(0, '127.0.0.1');
  await once(hookServer, 'listening');
  hookUrl = `https://localhost:${(hookServer.address() as AddressInfo).port}`;
  server = await startManifold({ kraken: { callbackHosts: ['localhost'], callbackMs } });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  hookServer.closeAllConnections();
  hookServer.close();
  delete globalAgent.options.ca;
  assert.deepEqual(server.errors, []);
});

const joinAs = (rid: string, uid: string, more: unknown[] = []) =>
  KrakenCaller.join(network, server.http, rid, uid, { more });

describe('the callback', () => {
  it('check 12: is posted once, with the first packet; answered 200, the others hear it', async () => {
    const uid = uidOf('Alice');
    const a = new KrakenCaller(network, server.http, 'r%2F1', uid);
    const b = await joinAs('r%2F1', 'b');
    a.peer.transmits = false;
    await a.publish([0, `${hookUrl}/yes`]);
    await until('it is connected', () => a.peer.connected);
    await sleep(200);
    assert.equal(hooks.length, 0, 'not before a packet came');
    a.peer.transmits = true;
    await b.hears(a);
    const body = { rid: 'r%2F1', uid, cid: a.cid, action: 'ontrack' };
    assert.deepEqual(hooks, [{ method: 'POST', path: '/yes', type: 'application/json', body }]);
    await a.hears(b);
    await a.end();
    await b.end();
    assert.equal(hooks.length, 1, 'and never again');
  });

  for (const path of ['/empty', '/broken', '/never', '/elsewhere']) {
    it(`check 12: answered ${statuses[path] ?? 'nothing'}, the peer is closed and nobody hears of it`, async () => {
      const rid = `refused${path.slice(1)}`;
      const b = await joinAs(rid, 'b');
      const a = await joinAs(rid, 'a', ['0', hookUrl + path]);
      let closed: number | undefined;
      const end = performance.now() + 10_000;
      while (closed === undefined && performance.now() < end) {
        closed = await errorCodeOf(a.rpc('subscribe'));
        assert.equal((await b.subscribe()).type, 'unknown');
        await sleep(20);
      }
      assert.equal(closed, code.peerClosed);
      assert.equal(hooks.filter((hook) => hook.path === path).length, 1);
      await b.end();
    });
  }

  it('ends with a peer that ends before it is answered', async () => {
    const a = await joinAs('gone', 'a', [0, `${hookUrl}/never`]);
    await until('it is asked', () => hooks.some(({ body }) => (body as { rid: string }).rid === 'gone'));
    await a.end();
    assert.equal(await errorCodeOf(a.rpc('subscribe')), code.peerClosed);
  });

  it('goes to no other host than those configured', async () => {
    const a = new KrakenCaller(network, server.http, 'r', 'a');
    const jsep = JSON.stringify({ type: 'offer', sdp: a.peer.createOffer() });
    for (const host of ['127.0.0.1', 'hooks.example', 'localhost.example'])
      assert.equal(
        await errorCodeOf(
          fetch(server.http, {
            method: 'POST',
            body: JSON.stringify({ method: 'publish', params: ['r', 'a', jsep, 0, `https://${host}/`] }),
          }).then((response) => response.json() as Promise<{ error: { code: number } }>),
        ),
        code.invalidParameters,
      );
  });
});
