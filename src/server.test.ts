import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { ConfigError, createManifold, type ManifoldOptions, silentLogger } from './index.ts';

const here: ManifoldOptions = {
  log: silentLogger,
  http: { host: '127.0.0.1', port: 0 },
  kraken: { listen: false },
  media: { port: 0, addresses: ['127.0.0.1'], slots: 1024 },
};

describe('createManifold', () => {
  test('serves on ports of its own, and leaves nothing behind', async () => {
    const manifold = await createManifold(here);
    assert.equal(manifold.httpPort, 0);
    assert.notEqual(manifold.mediaPort, 0);
    await manifold.listen();
    const base = `http://127.0.0.1:${manifold.httpPort}`;
    const health = (await (await fetch(`${base}/health`)).json()) as object;
    assert.deepEqual(
      { ...health, version: '', uptimeSeconds: 0 },
      {
        status: 'ok',
        version: '',
        uptimeSeconds: 0,
        rooms: 0,
        participants: 0,
        sessions: 0,
        pipelines: 0,
        endpoints: 0,
      },
    );
    const metrics = await (await fetch(`${base}/metrics`)).text();
    for (const name of [
      'manifold_rooms 0',
      'manifold_participants 0',
      'manifold_packets_total{direction="in"} 0',
      'manifold_bytes_total{direction="out"} 0',
      'manifold_drops_total{reason="replay"} 0',
      'manifold_nack_total{direction="in"} 0',
      'manifold_pli_total{direction="out"} 0',
      'manifold_receive_batches_total 0',
      'manifold_publications{kind="audio"} 0',
      'manifold_participants_by_quality{score="5"} 0',
      'manifold_subscription_loss_ratio{le="+Inf"} 0',
      'manifold_speaking 0',
      'manifold_freezes_total{direction="out"} 0',
      'manifold_red_recovered_total 0',
      'manifold_drops_total{reason="malformed-red"} 0',
    ]) {
      assert.ok(metrics.includes(`\n${name}\n`), name);
    }
    assert.match(metrics, /^manifold_event_loop_lag_seconds\{quantile="0\.99"\} /m);
    await manifold.close();
    await assert.rejects(fetch(`${base}/health`));
  });

  test('the admin API shows who is there, and removes them', async () => {
    const manifold = await createManifold(here);
    await manifold.listen();
    const api = `http://127.0.0.1:${manifold.httpPort}/admin/api/rooms`;
    const ws = new WebSocket(`ws://127.0.0.1:${manifold.httpPort}/`);
    await once(ws, 'open');
    const joined = once(manifold.rooms, 'participantjoined');
    ws.send(JSON.stringify({ event: 'joinRoom', data: { room_id: 'a/b', self_id: 'me' } }));
    await joined;
    const { rooms } = (await (await fetch(api)).json()) as {
      rooms: { id: string; participants: { id: string; dialect: string }[] }[];
    };
    assert.equal(rooms[0].id, 'a/b');
    assert.equal(rooms[0].participants[0].id, 'me');
    assert.equal(rooms[0].participants[0].dialect, 'pion');
    const left = once(manifold.rooms, 'participantleft');
    const removal = await fetch(`${api}/a%2Fb/participants/me`, { method: 'DELETE' });
    assert.equal(removal.status, 204);
    assert.equal((await left)[1], 'kicked');
    assert.equal(manifold.rooms.rooms.size, 0);
    await manifold.close();
  });

  test('the bearer token guards WHIP and WHEP', async () => {
    const manifold = await createManifold({ ...here, auth: { bearerToken: 'secret' } });
    await manifold.listen();
    const post = (path: string, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${manifold.httpPort}${path}`, { method: 'POST', headers, body: 'v=0' });
    for (const path of ['/whip/r', '/whep/r']) {
      assert.equal((await post(path, { 'Content-Type': 'application/sdp' })).status, 401);
      const allowed = await post(path, { 'Content-Type': 'application/sdp', Authorization: 'Bearer secret' });
      assert.notEqual(allowed.status, 401);
    }
    await manifold.close();
  });

  test('serves on a server of someone else and gives it back', async () => {
    const server = createServer((_request, response) => response.end('theirs'));
    const manifold = await createManifold({ ...here, server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await manifold.listen();
    assert.deepEqual(manifold.addresses, []);
    assert.equal((await fetch(`${base}/health`)).status, 200);
    assert.equal(await (await fetch(base)).text(), 'theirs');
    await manifold.close();
    assert.equal(await (await fetch(`${base}/health`)).text(), 'theirs');
    server.closeAllConnections();
    server.close();
  });

  test('refuses options that are wrong', async () => {
    await assert.rejects(createManifold({ media: { port: 70_000 } }), ConfigError);
    await assert.rejects(
      createManifold({ media: { prot: 1 } } as ManifoldOptions),
      /media\.prot: there is no such key\. Did you mean media\.port\?/,
    );
  });

  test('a media port that is taken is an error with a code, and nothing stays open', async () => {
    const first = await createManifold(here);
    await assert.rejects(
      createManifold({ ...here, media: { ...here.media, port: first.mediaPort } }),
      (error) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE',
    );
    await first.close();
  });
});

test('a server that could not be made leaves no socket open', async () => {
  const probe = await createManifold({ pages: false, media: { addresses: ['127.0.0.1'], port: 0 } });
  const { mediaPort } = probe;
  await probe.close();
  const media = { addresses: ['127.0.0.1'], port: mediaPort };
  const http = { tlsCert: '/nonexistent/cert.pem', tlsKey: '/nonexistent/key.pem' };
  await assert.rejects(createManifold({ pages: false, media, http }), /tls-cert/);
  const after = await createManifold({ pages: false, media });
  assert.equal(after.mediaPort, mediaPort);
  await after.close();
});
