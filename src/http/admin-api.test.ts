import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { silentLogger } from '../log.ts';
import { type AdminSource, serveAdminApi } from './admin-api.ts';
import { HttpServer } from './http-server.ts';

const removed: string[] = [];
const source: AdminSource = {
  rooms: () => [{ id: 'r', participants: [] }],
  server: () => ({ version: '1' }),
  removeParticipant(room, participant) {
    removed.push(`${room}/${participant}`);
    return participant !== 'nobody';
  },
};

async function serving(
  token: string | null,
  trustProxy: boolean,
  use: (ask: Ask) => Promise<void>,
): Promise<void> {
  const http = new HttpServer({
    log: silentLogger,
    trustProxy,
    maxMessageBytes: 1024,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
  });
  serveAdminApi(http, source, token);
  const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
  try {
    await use((path, headers = {}, method = 'GET') => ask(port, path, headers, method));
  } finally {
    await http.close(0);
  }
}

type Ask = (
  path: string,
  headers?: Record<string, string>,
  method?: string,
) => Promise<{ status: number; body: string }>;

/** Unlike fetch, this may set the Host header. */
function ask(port: number, path: string, headers: Record<string, string>, method: string): ReturnType<Ask> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, method, agent: false };
    request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

const rooms = '/admin/api/rooms';

test('without a token, clients on this machine see rooms and remove participants', async () => {
  await serving(null, false, async (ask) => {
    const { status, body } = await ask(rooms);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), { server: { version: '1' }, rooms: [{ id: 'r', participants: [] }] });
    assert.equal((await ask(`${rooms}/a%20b/participants/c%2Fd`, {}, 'DELETE')).status, 204);
    assert.deepEqual(removed, ['a b/c/d']);
    assert.equal((await ask(`${rooms}/r/participants/nobody`, {}, 'DELETE')).status, 404);
  });
});

test('without a token, nobody comes in through a proxy or under another name of this machine', async () => {
  await serving(null, false, async (ask) => {
    for (const headers of [
      { 'X-Forwarded-For': '192.0.2.1' },
      { Forwarded: 'for=192.0.2.1' },
      { Host: 'rebound.example' },
    ] as Record<string, string>[]) {
      assert.equal((await ask(rooms, headers)).status, 403, JSON.stringify(headers));
    }
    assert.equal((await ask(rooms, { Host: 'localhost:8080' })).status, 200);
    assert.equal((await ask(rooms, { Host: '[::1]:8080' })).status, 200);
  });
});

test('without a token, a trusted proxy says who is on this machine', async () => {
  await serving(null, true, async (ask) => {
    assert.equal((await ask(rooms, { 'X-Forwarded-For': '127.0.0.1, 192.0.2.1' })).status, 403);
    assert.equal((await ask(rooms, { 'X-Forwarded-For': '127.0.0.1' })).status, 200);
  });
});

test('with a token, whoever has it comes in, and nobody else', async () => {
  await serving('s3cret', false, async (ask) => {
    assert.equal((await ask(rooms)).status, 401);
    assert.equal((await ask(rooms, { Authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await ask(rooms, { Authorization: 'Basic s3cret' })).status, 401);
    assert.equal((await ask(rooms, { Authorization: 'bearer s3cret' })).status, 200);
    assert.equal((await ask(`${rooms}/r/participants/p`, {}, 'DELETE')).status, 401);
  });
});
