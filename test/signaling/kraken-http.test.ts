/** Section 1 of the Kraken protocol, checks 1 to 6: the envelope, on the dialect's own port and on the common one. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { errorCodes } from '../../src/signaling/kraken/kraken-error.ts';
import { call } from './kraken-caller.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

const turn = { host: 'turn:turn.example:443', secret: 'a secret of two' };
const origin = 'https://kraken.example';

let server: RunningManifold;
let own: string;
let common: string;

before(async () => {
  server = await startManifold({ turn, kraken: { listen: true, port: 0 } });
  own = `http://127.0.0.1:${server.manifold.krakenAddress?.port}`;
  common = server.http;
});

after(async () => {
  await server.close();
  assert.deepEqual(server.errors, []);
});

function post(
  url: string,
  body: string | undefined,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
}

function assertOpenTo(response: Response, expected: string): void {
  const { headers } = response;
  assert.equal(headers.get('access-control-allow-origin'), expected);
  assert.equal(
    headers.get('access-control-allow-headers'),
    'Content-Type,Authorization,Mixin-Conversation-ID',
  );
  assert.equal(headers.get('access-control-allow-methods'), 'OPTIONS,GET,POST,DELETE');
  assert.equal(headers.get('access-control-max-age'), '600');
  assert.equal(headers.get('access-control-allow-credentials'), null);
  assert.equal(headers.get('content-type'), 'application/json; charset=UTF-8');
}

const urls = { 'its own port': () => own, 'the common port': () => common };

for (const [name, url] of Object.entries(urls)) {
  describe(`Kraken over HTTP on ${name}`, () => {
    it('check 1: answers a preflight with the origin and the headers that a call needs', async () => {
      const response = await fetch(url(), {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type',
        },
      });
      assert.equal(response.status, 200);
      assert.equal(await response.text(), '{}');
      assertOpenTo(response, origin);
    });

    it('answers without an Origin without CORS headers; OPTIONS is then a 404', async () => {
      const response = await post(url(), '{"method":"info"}');
      assert.equal(response.headers.get('access-control-allow-origin'), null);
      const options = await fetch(url(), { method: 'OPTIONS' });
      assert.deepEqual([options.status, await options.json()], [404, { error: 'not found' }]);
    });

    it('check 2: answers what is no call with 400, a text for an error, and CORS headers', async () => {
      const deep = `{"params":${'['.repeat(40)}${']'.repeat(40)}}`;
      for (const body of [
        '{',
        '',
        'x',
        '[]',
        '1',
        '"x"',
        '{"id":7}',
        '{"method":{}}',
        '{"params":{}}',
        deep,
      ]) {
        const response = await post(url(), body, { Origin: origin });
        assert.equal(response.status, 400, body);
        assertOpenTo(response, origin);
        const answer = (await response.json()) as { error: unknown };
        assert.equal(typeof answer.error, 'string', body);
        assert.deepEqual(Object.keys(answer), ['error']);
      }
    });

    it('checks 4, 5: echoes the id; success has no error, an error has no data', async () => {
      const unknown = await call(url(), 'nonsense', [], '7');
      assert.deepEqual(Object.keys(unknown).sort(), ['error', 'id']);
      assert.equal(unknown.id, '7');
      assert.equal(unknown.error.code, errorCodes.invalidParameters);
      const known = await call(url(), 'info', [], '7');
      assert.deepEqual(Object.keys(known).sort(), ['data', 'id']);
      assert.equal(known.id, '7');
      for (const id of [undefined, ''])
        assert.deepEqual(Object.keys(await call(url(), 'info', [], id)), ['data']);
    });

    it('reads a body as the original does', async () => {
      for (const body of [
        '{"ID":"1","Method":"list","PARAMS":["r"],"more":1}',
        '{"id":"1","method":"list","params":["r"]} and more {',
        ' \n{"id":"1","method":"list","params":["r"]}',
      ]) {
        assert.deepEqual(await (await post(url(), body)).json(), { data: { peers: [] }, id: '1' }, body);
      }
      const empty = (await (await post(url(), 'null')).json()) as { error: { code: number } };
      assert.equal(empty.error.code, errorCodes.invalidParameters);
      assert.equal((await post(url(), '{"method":"info","params":null,"id":null}')).status, 200);
      assert.equal((await post(`${url()}/?query=1`, '{"method":"info"}')).status, 200);
      // What every object has is no method.
      const answer = await call(url(), 'constructor');
      assert.equal(answer.error.code, errorCodes.invalidParameters);
    });

    it('check 6: turn gives two entries with an HMAC of a name that is good for an hour', async () => {
      const { data } = await call(url(), 'turn', ['u']);
      assert.deepEqual(
        data.map(({ urls }: { urls: string }) => urls),
        ['turn:turn.example:443?transport=udp', 'turn:turn.example:443?transport=tcp'],
      );
      for (const { username, credential } of data) {
        const [expiry, uid] = username.split(':');
        assert.equal(uid, 'u');
        assert.ok(Math.abs(Number(expiry) - Date.now() / 1000 - 3600) < 5, username);
        assert.equal(credential, createHmac('sha1', turn.secret).update(username).digest('base64'));
      }
      assert.equal((await call(url(), 'turn', [])).error.code, errorCodes.invalidParameters);
      assert.equal((await call(url(), 'turn', [1])).error.code, errorCodes.invalidParameters);
    });

    it('info has the five fields', async () => {
      const { data } = await call(url(), 'info');
      assert.match(data.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      const { updated_at: _, ...counts } = data;
      assert.deepEqual(counts, { active_peers: 0, closed_peers: 0, active_rooms: 0, closed_rooms: 0 });
      assert.equal((await call(url(), 'info', ['x'])).error.code, errorCodes.invalidParameters);
    });

    it('refuses a body of ten megabytes, announced or not', async () => {
      const megabyte = 'x'.repeat(2 ** 20);
      const announced = await post(url(), megabyte.repeat(10), { Origin: origin });
      assert.equal(announced.status, 413);
      assertOpenTo(announced, origin);
      assert.equal(typeof ((await announced.json()) as { error: unknown }).error, 'string');
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ === 10) controller.close();
          else controller.enqueue(new TextEncoder().encode(megabyte));
        },
      });
      const streamed = await fetch(url(), { method: 'POST', body, duplex: 'half' } as RequestInit).then(
        ({ status }) => status,
        () => 'cut',
      );
      assert.ok(streamed === 413 || streamed === 'cut', `${streamed}`);
    });
  });
}

describe('the ports', () => {
  it('check 3: whatever is not POST / is 404 on the dialect’s own, with CORS headers', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['HEAD', '/'],
      ['PUT', '/'],
      ['DELETE', '/'],
      ['POST', '/x'],
      ['GET', '/health'],
      ['POST', '/whip/room'],
      ['GET', '/admin/api/rooms'],
    ]) {
      const response = await fetch(own + path, { method, headers: { Origin: origin } });
      assert.equal(response.status, 404, `${method} ${path}`);
      assertOpenTo(response, origin);
      if (method !== 'HEAD') assert.deepEqual(await response.json(), { error: 'not found' });
    }
    const preflight = await fetch(`${own}/any/path`, { method: 'OPTIONS', headers: { Origin: origin } });
    assert.deepEqual([preflight.status, await preflight.text()], [200, '{}']);
  });

  it('the common one keeps its other routes', async () => {
    assert.equal((await fetch(`${common}/health`)).status, 200);
    const elsewhere = await post(`${common}/x`, '{}', { Origin: origin });
    assert.equal(elsewhere.status, 404);
    assert.equal((await post(`${common}/whip/room`, 'x')).status, 415);
  });

  it('without a TURN server, turn answers the configured ICE servers, one URL in each entry', async () => {
    const urls = ['turn:a.example?transport=udp', 'turn:a.example?transport=tcp'];
    const other = await startManifold({
      ice: { servers: [{ urls, username: 'u', credential: 'c' }, 'stun:b.example'] },
      kraken: { listen: false },
    });
    const { data } = await call(other.http, 'turn', ['u']);
    assert.deepEqual(data, [
      ...urls.map((url) => ({ urls: url, username: 'u', credential: 'c' })),
      { urls: 'stun:b.example' },
    ]);
    assert.equal(other.manifold.krakenAddress, null);
    await other.close();
  });

  it('a port that is in use is done without', async () => {
    const port = server.manifold.krakenAddress?.port ?? 0;
    const other = await startManifold({ kraken: { listen: true, port } });
    assert.equal(other.manifold.krakenAddress, null);
    assert.equal((await call(other.http, 'list', ['r'])).data.peers.length, 0);
    assert.deepEqual((await call(other.http, 'turn', ['u'])).data, [], 'nobody is told of a server');
    await other.close();
  });

  it('who calls too often is told so, and others are not hindered by it', async () => {
    const busy = await startManifold({
      kraken: { callsPerSecond: 2 },
      http: { trustProxy: true },
    });
    const from = (address: string) =>
      post(busy.http, '{"method":"info"}', { 'X-Forwarded-For': address, Origin: origin });
    const statuses: number[] = [];
    for (let count = 0; count < 15; count++) statuses.push((await from('192.0.2.1')).status);
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(200));
    assert.ok(statuses.includes(429), statuses.join());
    const refused = await from('192.0.2.1');
    assertOpenTo(refused, origin);
    assert.equal((await from('192.0.2.2')).status, 200);
    await busy.close();
  });
});
