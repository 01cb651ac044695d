import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bodyLimit } from 'hono/body-limit';
import { WebSocket } from 'ws';
import { UserError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import { jsonError } from './error-response.ts';
import { HttpServer, type HttpServerOptions } from './http-server.ts';
import { ListenError } from './listen-error.ts';
import type { WebSocketDialect } from './web-socket-dialect.ts';

function options(changes: Partial<HttpServerOptions> = {}): HttpServerOptions {
  return {
    log: silentLogger,
    trustProxy: false,
    maxMessageBytes: 10_000,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    ...changes,
  };
}

async function started(
  changes: Partial<HttpServerOptions> = {},
): Promise<{ http: HttpServer; port: number }> {
  const http = new HttpServer(options(changes));
  const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
  return { http, port };
}

/** Sends back what it is told, with its name in front. */
function echo(name: string, more: Partial<WebSocketDialect>): WebSocketDialect {
  return {
    name,
    paths: [],
    accept(socket) {
      socket.onmessage = (text) => socket.send(`${name}:${text}`);
    },
    ...more,
  };
}

async function answer(url: string, message: string): Promise<string> {
  const ws = new WebSocket(url);
  const received = once(ws, 'message').then(([data]) => String(data));
  const closed = once(ws, 'close').then(([code]) => `closed ${code}`);
  await once(ws, 'open');
  ws.send(message);
  const result = await Promise.race([received, closed]);
  ws.terminate();
  return result;
}

/** The HTTP status of a refused upgrade. */
async function refusal(url: string, headers: Record<string, string> = {}): Promise<number> {
  const ws = new WebSocket(url, { headers });
  ws.on('error', () => {});
  const [, response] = await once(ws, 'unexpected-response');
  return (response as { statusCode: number }).statusCode;
}

describe('WebSocket connections', () => {
  let http: HttpServer;
  let base: string;
  before(async () => {
    const server = await started();
    http = server.http;
    base = `ws://127.0.0.1:${server.port}`;
    http.webSocket(echo('talksy', { paths: ['/ws', '/wss'], query: 'room_id' }));
    http.webSocket(
      echo('kurento', { paths: ['/ws', '/kurento'], recognises: (frame) => frame.includes('"jsonrpc"') }),
    );
    http.webSocket(
      echo('pion', { paths: ['/', '/ws', '*'], recognises: (frame) => frame.includes('"event"') }),
    );
    http.webSocket(echo('tribe', { paths: ['/api'] }));
  });
  after(() => http.close(1000));

  for (const [path, message, dialect] of [
    ['/ws?&room_id=r', 'anything', 'talksy'],
    ['/wss?debug=1&room_id=r', 'anything', 'talksy'],
    ['/ws', '{"jsonrpc":"2.0"}', 'kurento'],
    ['/ws?access_token=t', '{"jsonrpc":"2.0"}', 'kurento'],
    ['/kurento', 'not JSON-RPC at all', 'kurento'],
    ['/ws', '{"event":"joinRoom"}', 'pion'],
    ['/', 'anything', 'pion'],
    ['/some/other/path', 'anything', 'pion'],
    ['/wss', 'anything', 'pion'],
    ['/api', '{"event":"x"}', 'tribe'],
  ] as const) {
    test(`${path} beginning with ${message} is for ${dialect}`, async () => {
      assert.equal(await answer(base + path, message), `${dialect}:${message}`);
    });
  }

  test('a first frame that nobody knows closes the connection with 1002', async () => {
    assert.equal(await answer(`${base}/ws`, 'hello?'), 'closed 1002');
  });

  test('frames behind the first keep their order', async () => {
    const ws = new WebSocket(`${base}/ws`);
    await once(ws, 'open');
    const received: string[] = [];
    ws.on('message', (data) => received.push(String(data)));
    for (const n of [1, 2, 3]) ws.send(`{"event":${n}}`);
    while (received.length < 3) await once(ws, 'message');
    assert.deepEqual(received, ['pion:{"event":1}', 'pion:{"event":2}', 'pion:{"event":3}']);
    ws.terminate();
  });

  test('binary frames are taken as text', async () => {
    const ws = new WebSocket(`${base}/api`);
    await once(ws, 'open');
    ws.send(Buffer.from('bytes'));
    const [data] = await once(ws, 'message');
    assert.equal(String(data), 'tribe:bytes');
    ws.terminate();
  });

  test('a message that is too long closes the connection with 1009', async () => {
    assert.equal(await answer(`${base}/api`, 'x'.repeat(10_001)), 'closed 1009');
  });
});

test('a connection that says nothing on a shared path is closed', async () => {
  const { http, port } = await started();
  const quick = new HttpServer(options({ firstFrameTimeoutMs: 20 }));
  const quickPort = (await quick.listen({ host: '127.0.0.1', port: 0 })).port;
  for (const server of [http, quick]) {
    server.webSocket(echo('a', { paths: ['/ws'], recognises: () => true }));
    server.webSocket(echo('b', { paths: ['/ws'], recognises: () => true }));
  }
  const patient = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const [code] = await once(new WebSocket(`ws://127.0.0.1:${quickPort}/ws`), 'close');
  assert.equal(code, 1008);
  assert.equal(patient.readyState, WebSocket.OPEN);
  await Promise.all([http.close(1000), quick.close(1000)]);
});

test('a client that does not answer pings is dropped', async () => {
  const http = new HttpServer(options({ pingIntervalMs: 20 }));
  const { port } = await http.listen({ host: '127.0.0.1', port: 0 });
  http.webSocket(echo('a', { paths: ['/'] }));
  const deaf = new WebSocket(`ws://127.0.0.1:${port}/`, { autoPong: false });
  const hearing = new WebSocket(`ws://127.0.0.1:${port}/`);
  const [code] = await once(deaf, 'close');
  assert.equal(code, 1006);
  assert.equal(hearing.readyState, WebSocket.OPEN);
  await http.close(1000);
});

test('nobody waits for a client that does not read', async () => {
  const { http, port } = await started({ maxMessageBytes: 1024 });
  const closed = new Promise<number>((resolve) => {
    http.webSocket({
      name: 'flood',
      paths: ['/'],
      accept(socket) {
        socket.onclose = resolve;
        const text = 'x'.repeat(1024);
        while (socket.open) socket.send(text);
      },
    });
  });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`);
  const [code] = await once(ws, 'close');
  assert.equal(code, 1008);
  assert.equal(await closed, 1008);
  await http.close(1000);
});

test('what a client sent before it closed is delivered, and then that it has', async () => {
  const { http, port } = await started();
  const count = 5000;
  const heard: string[] = [];
  const closed = new Promise<void>((resolve) => {
    http.webSocket({
      name: 'note',
      paths: ['/'],
      accept(socket) {
        socket.onmessage = (text) => heard.push(text);
        socket.onclose = () => resolve();
      },
    });
  });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(ws, 'open');
  for (let index = 0; index < count; index++) ws.send(String(index));
  ws.close();
  await closed;
  assert.deepEqual(
    heard,
    Array.from({ length: count }, (_, index) => String(index)),
  );
  await http.close(1000);
});

test('a client that is not to be read from is not, until it is again', async () => {
  const { http, port } = await started();
  const count = 2000;
  let heard = 0;
  let resume = (): void => {};
  const all = new Promise<void>((resolve) => {
    http.webSocket({
      name: 'pause',
      paths: ['/'],
      accept(socket) {
        socket.onmessage = () => {
          if (++heard === 1) socket.pauseReading();
          if (heard === count) resolve();
        };
        resume = () => socket.resumeReading();
      },
    });
  });
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(ws, 'open');
  for (let index = 0; index < count; index++) ws.send('x'.repeat(9000));
  await new Promise((resolve) => setTimeout(resolve, 300));
  // What had been read already is delivered.
  assert.ok(heard > 0 && heard < count / 10, `${heard}`);
  resume();
  await all;
  ws.terminate();
  await http.close(1000);
});

test('one address may hold only so many connections, and gets them back', async () => {
  const { http, port } = await started({ maxConnectionsPerAddress: 2 });
  http.webSocket(echo('a', { paths: ['/'] }));
  const url = `ws://127.0.0.1:${port}/`;
  const first = new WebSocket(url);
  const second = new WebSocket(url);
  await Promise.all([once(first, 'open'), once(second, 'open')]);
  assert.equal(await refusal(url), 429);
  assert.equal(http.webSockets.refused['connection-limit'], 1);
  first.terminate();
  await once(first, 'close');
  while (http.webSockets.size > 1) await new Promise(setImmediate);
  assert.equal(await answer(url, 'again'), 'a:again');
  await http.close(1000);
});

test('behind a trusted proxy the limit counts the clients, not the proxy', async () => {
  const { http, port } = await started({ maxConnectionsPerAddress: 1, trustProxy: true });
  let seen = '';
  http.webSocket({
    name: 'a',
    paths: ['/'],
    accept(socket) {
      seen = `${socket.request.remoteAddress} ${socket.request.secure}`;
    },
  });
  const from = (address: string) => ({
    headers: { 'x-forwarded-for': `6.6.6.6, ${address}`, 'x-forwarded-proto': 'https' },
  });
  const url = `ws://127.0.0.1:${port}/`;
  await once(new WebSocket(url, from('192.0.2.1')), 'open');
  await once(new WebSocket(url, from('192.0.2.2')), 'open');
  assert.equal(seen, '192.0.2.2 true');
  assert.equal(await refusal(url, from('192.0.2.1').headers), 429);
  await http.close(1000);
});

test('a path of no dialect is refused with 404', async () => {
  const { http, port } = await started();
  http.webSocket(echo('a', { paths: ['/api'] }));
  assert.equal(await refusal(`ws://127.0.0.1:${port}/other`), 404);
  await http.close(1000);
});

test('a bug in a handler ends that connection only, and is logged', async () => {
  const errors: object[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => errors.push(fields) };
  const { http, port } = await started({ log });
  http.webSocket({
    name: 'a',
    paths: ['/'],
    accept(socket) {
      socket.onmessage = (text) => {
        if (text === 'bug') throw new TypeError('undefined is not a function');
        socket.send(text);
      };
    },
  });
  const url = `ws://127.0.0.1:${port}/`;
  assert.equal(await answer(url, 'bug'), 'closed 1011');
  assert.equal(await answer(url, 'fine'), 'fine');
  assert.equal(errors.length, 1);
  await http.close(1000);
});

/** A body of known length, or in chunks without one. */
function postOf(text: string, stream: boolean): RequestInit {
  if (!stream) return { method: 'POST', body: text };
  return { method: 'POST', body: new Blob([text]).stream(), duplex: 'half' } as RequestInit;
}

describe('HTTP', () => {
  test('answers errors with their code, and hides bugs', async () => {
    const { http, port } = await started();
    http.hono.get('/full', () => {
      throw new UserError('limit-rooms', 'There are too many rooms.');
    });
    http.hono.get('/bug', () => {
      throw new TypeError('secret detail');
    });
    http.hono.post(
      '/echo',
      bodyLimit({ maxSize: 10, onError: () => jsonError(413, 'limit-message-size', 'Too long.') }),
      async (context) => context.text(await context.req.text()),
    );
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
      return { status: response.status, text: await response.text() };
    };
    const full = await get('/full');
    assert.equal(full.status, 503);
    assert.deepEqual(JSON.parse(full.text), {
      error: { code: 'limit-rooms', message: 'There are too many rooms.' },
    });
    const bug = await get('/bug');
    assert.equal(bug.status, 500);
    assert.doesNotMatch(bug.text, /secret/);
    assert.equal((await get('/nothing')).status, 404);
    for (const stream of [false, true]) {
      const post = (text: string) => get('/echo', postOf(text, stream));
      assert.equal((await post('longer than ten')).status, 413);
      assert.equal((await post('short')).text, 'short');
    }
    await http.close(1000);
  });

  test('a request target that is no path does not get far', async () => {
    const { http, port } = await started();
    http.webSocket(echo('a', { paths: ['*'] }));
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET http://[broken HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 404 /);
    socket.destroy();
    await http.close(1000);
  });

  test('a port in use says which', async () => {
    const { http, port } = await started();
    const other = new HttpServer(options());
    await assert.rejects(
      other.listen({ host: '127.0.0.1', port }),
      (error) =>
        error instanceof ListenError &&
        error.code === 'EADDRINUSE' &&
        error.message === `TCP port ${port} on 127.0.0.1 is in use by another program.`,
    );
    await Promise.all([http.close(1000), other.close(1000)]);
  });
});

test('serves HTTPS and WSS with a certificate', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'manifold-tls-'));
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
    ].concat(['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile]),
    { stdio: 'ignore' },
  );
  const tls = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  rmSync(directory, { recursive: true });
  const http = new HttpServer(options());
  const { port, protocol } = await http.listen({ host: '127.0.0.1', port: 0, tls });
  assert.equal(protocol, 'https');
  let secure = false;
  http.webSocket({
    name: 'a',
    paths: ['/'],
    accept(socket) {
      secure = socket.request.secure;
      socket.send('hello');
    },
  });
  const ws = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: tls.cert });
  const [data] = await once(ws, 'message');
  assert.equal(String(data), 'hello');
  assert.equal(secure, true);
  await http.close(1000);
});

describe('closing', () => {
  test('WebSockets are told 1001, requests under way end, new ones are refused', async () => {
    const { http, port } = await started();
    http.webSocket(echo('a', { paths: ['/'] }));
    let finish = (): void => {};
    const underWay = new Promise<void>((tellUnderWay) => {
      http.hono.get('/slow', async (context) => {
        await new Promise<void>((resolve) => {
          finish = resolve;
          tellUnderWay();
        });
        return context.text('done');
      });
    });
    const ws = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(ws, 'open');
    const slow = fetch(`http://127.0.0.1:${port}/slow`);
    await underWay;
    const wsClosed = once(ws, 'close');
    const closed = http.close(5000);
    assert.equal((await wsClosed)[0], 1001);
    finish();
    assert.equal(await (await slow).text(), 'done');
    await closed;
    await assert.rejects(fetch(`http://127.0.0.1:${port}/slow`));
  });

  test('what does not end in time is cut', async () => {
    const { http, port } = await started();
    const underWay = new Promise<void>((tellUnderWay) => {
      http.hono.get('/never', () => {
        tellUnderWay();
        return new Promise<Response>(() => {});
      });
    });
    const never = fetch(`http://127.0.0.1:${port}/never`);
    never.catch(() => {});
    await underWay;
    await http.close(10);
    await assert.rejects(never);
  });
});

describe('on a server of someone else', () => {
  test('serves what is claimed, leaves the rest, and goes away again', async () => {
    const server = createServer((_request, response) => response.end('theirs'));
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 418 Teapot\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const http = new HttpServer(options());
    http.hono.get('/ours', (context) => context.text('ours'));
    http.webSocket(echo('a', { paths: ['/api'] }));
    http.webSocket(echo('b', { paths: ['*'] }));
    http.attach(server);
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    assert.equal(await get('/ours'), 'ours');
    assert.equal(await get('/'), 'theirs');
    assert.equal(await answer(`ws://127.0.0.1:${port}/api`, 'x'), 'a:x');
    assert.equal(await refusal(`ws://127.0.0.1:${port}/`), 418);
    await http.close(1000);
    assert.equal(await get('/ours'), 'theirs');
    assert.equal(await refusal(`ws://127.0.0.1:${port}/api`), 418);
    server.closeAllConnections();
    server.close();
  });

  test('bodies reach the handler they are for', async () => {
    const server = createServer((incoming, response) => void incoming.pipe(response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const http = new HttpServer(options());
    http.attach(server);
    for (const stream of [false, true]) {
      const response = await fetch(`http://127.0.0.1:${port}/theirs`, postOf('a body', stream));
      assert.equal(await response.text(), 'a body');
    }
    await http.close(1000);
    server.closeAllConnections();
    server.close();
  });
});

test('a listener that cannot accept a connection goes on with those it has', async () => {
  const warnings: string[] = [];
  const { http, port } = await started({
    log: { ...silentLogger, warn: (_fields, message) => warnings.push(message) },
  });
  let server: Server | undefined;
  const onRequest = (message: unknown): void => {
    server = (message as { server: Server }).server;
  };
  subscribe('http.server.request.start', onRequest);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  unsubscribe('http.server.request.start', onRequest);
  server?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  assert.deepEqual(warnings, ['a connection was not accepted']);
  await http.close(0);
});
