import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import type { HttpEnvironment } from './http-app.ts';
import { Metrics } from './metrics.ts';
import { serveHealth, serveMetrics } from './operations.ts';

test('values are read when asked, with and without a label', async () => {
  const metrics = new Metrics();
  const values = { rooms: 1, drops: { replay: 2, oversize: 0 } };
  metrics.gauge({ name: 'rooms', help: 'Rooms.', read: () => values.rooms });
  metrics.counter({ name: 'drops_total', help: 'Drops.', label: 'reason', read: () => values.drops });
  assert.match(await metrics.expose(), /^rooms 1$/m);
  values.rooms = 3;
  values.drops.replay = 5;
  const text = await metrics.expose();
  assert.match(text, /^rooms 3$/m);
  assert.match(text, /^# TYPE drops_total counter$/m);
  assert.match(text, /^drops_total\{reason="replay"\} 5$/m);
  assert.match(text, /^drops_total\{reason="oversize"\} 0$/m);
  metrics.close();
});

test('rows with several labels come and go', async () => {
  const metrics = new Metrics();
  const rows = new Map([['a "quoted" room', 2]]);
  const read = () => [...rows].map(([room, value]) => ({ labels: { room, kind: 'audio' }, value }));
  metrics.table('gauge', { name: 'tracks', help: 'Tracks.', labels: ['room', 'kind'], read });
  metrics.table('counter', { name: 'packets_total', help: 'Packets.', labels: ['room', 'kind'], read });
  const text = await metrics.expose();
  assert.match(text, /^# TYPE tracks gauge$/m);
  assert.match(text, /^tracks\{room="a \\"quoted\\" room",kind="audio"\} 2$/m);
  assert.match(text, /^packets_total\{room="a \\"quoted\\" room",kind="audio"\} 2$/m);
  rows.clear();
  assert.doesNotMatch(await metrics.expose(), /room=/);
  metrics.close();
});

test('a blocked event loop shows', async () => {
  const metrics = new Metrics();
  const lag = async (): Promise<number> =>
    Number(/^manifold_event_loop_lag_seconds\{quantile="1"\} (\S+)$/m.exec(await metrics.expose())?.[1]);
  // The sampler has to have begun before the loop is held up.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const until = performance.now() + 200;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok((await lag()) >= 0.1);
  metrics.close();
});

test('/metrics and /health', async () => {
  const hono = new Hono<HttpEnvironment>();
  const app = { hono, webSocket() {} };
  const metrics = new Metrics();
  let status: 'ok' | 'stopping' = 'ok';
  serveHealth(app, () => ({ status, rooms: 2 }));
  serveMetrics(app, metrics);
  const exposition = await hono.request('/metrics');
  assert.equal(exposition.status, 200);
  assert.match(exposition.headers.get('Content-Type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await exposition.text(), /^process_resident_memory_bytes \d+$/m);
  const healthy = await hono.request('/health');
  assert.equal(healthy.status, 200);
  assert.deepEqual(await healthy.json(), { status: 'ok', rooms: 2 });
  status = 'stopping';
  assert.equal((await hono.request('/health')).status, 503);
  metrics.close();
});
