import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fetchSnapshot, removeParticipant } from './admin-client.ts';

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

function answer(handler: (path: string, init: RequestInit) => Response | Error) {
  const requests: string[] = [];
  globalThis.fetch = (async (path: string, init: RequestInit) => {
    requests.push(`${init.method} ${path}`);
    const result = handler(path, init);
    if (result instanceof Error) throw result;
    return result;
  }) as typeof fetch;
  return requests;
}

test('a snapshot that tells about the server is taken as it is', async () => {
  const requests = answer(() => Response.json({ server: { uptimeSeconds: 1 }, rooms: [] }));
  const outcome = await fetchSnapshot(null);
  assert.equal(outcome.kind === 'ok' && outcome.value.server.uptimeSeconds, 1);
  assert.deepEqual(requests, ['GET /admin/api/rooms']);
});

test('otherwise the health page tells, and its absence is no error', async () => {
  answer((path) => Response.json(path === '/health' ? { uptimeSeconds: 7 } : { rooms: [] }));
  const outcome = await fetchSnapshot(null);
  assert.equal(outcome.kind === 'ok' && outcome.value.server.uptimeSeconds, 7);
  answer((path) => (path === '/health' ? new Error('gone') : Response.json({ rooms: [] })));
  assert.equal((await fetchSnapshot(null)).kind, 'ok');
});

test('the token goes along, and its absence or rejection is told apart from other refusals', async () => {
  answer((_path, init) => {
    const { Authorization } = init.headers as Record<string, string>;
    return Authorization === 'Bearer good'
      ? Response.json({ rooms: [] })
      : new Response(null, { status: 401 });
  });
  assert.equal((await fetchSnapshot(null)).kind, 'unauthorized');
  assert.equal((await fetchSnapshot('bad')).kind, 'unauthorized');
  assert.equal((await fetchSnapshot('good')).kind, 'ok');
});

test('refusals carry the server’s words, or its status', async () => {
  answer(() => Response.json({ error: { message: 'Only from here.' } }, { status: 403 }));
  assert.deepEqual(await fetchSnapshot(null), { kind: 'refused', message: 'Only from here.' });
  answer(() => new Response('<html>', { status: 502 }));
  assert.deepEqual(await fetchSnapshot(null), {
    kind: 'refused',
    message: 'The server answered with status 502.',
  });
  answer(() => new Response('<html>'));
  assert.equal((await fetchSnapshot(null)).kind, 'refused');
  answer(() => new TypeError('fetch failed'));
  assert.deepEqual(await fetchSnapshot(null), { kind: 'unreachable' });
});

test('a participant is removed by its escaped ids', async () => {
  const requests = answer(() => new Response(null, { status: 204 }));
  assert.equal((await removeParticipant(null, 'a/b', 'c d')).kind, 'ok');
  assert.deepEqual(requests, ['DELETE /admin/api/rooms/a%2Fb/participants/c%20d']);
});
