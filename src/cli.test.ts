import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const cli = fileURLToPath(new URL('cli.ts', import.meta.url));
const running = new Set<ChildProcess>();
/** Any free ports, this machine only. */
const quiet = [
  '--http-host=127.0.0.1',
  '--http-port=0',
  '--media-port=0',
  '--media-addresses=127.0.0.1',
  '--kraken-port=0',
];

after(() => {
  for (const child of running) child.kill('SIGKILL');
});

function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = start(args, environment);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** Starts a server and waits until it serves. */
async function serve(args: readonly string[] = []): Promise<{ child: ChildProcess; port: number }> {
  const child = start([...quiet, ...args]);
  for await (const line of createInterface(child.stdout!)) {
    const entry = JSON.parse(line) as { msg: string; http: { port: number }[] };
    if (entry.msg === 'serving') return { child, port: entry.http[0].port };
  }
  return assert.fail('the server ended before it served');
}

test('who stops reading is no error: a help cut short, a server whose log has no reader any more', async () => {
  const help = start(['--help']);
  help.stdout!.destroy();
  let complaints = '';
  help.stderr!.on('data', (data) => {
    complaints += data;
  });
  const [code] = (await once(help, 'close')) as [number];
  assert.deepEqual([code, complaints], [0, '']);

  const { child, port } = await serve(['--logging-level=debug']);
  child.stdout!.destroy();
  for (let request = 0; request < 3; request++) {
    const answer = await fetch(`http://127.0.0.1:${port}/whip/room`, { method: 'POST', body: 'no SDP' });
    assert.equal(answer.status, 415);
  }
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

describe('manifold', () => {
  test('--version and --help', async () => {
    const version = await run(['--version']);
    assert.match(version.stdout, /^manifold \d+\.\d+\.\d+\n$/);
    const help = await run(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--http-port <port>/);
    assert.match(help.stdout, /--config <file>/);
  });

  test('--print-config shows what is in effect, from every source', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'manifold-cli-'));
    const file = join(directory, 'my.toml');
    writeFileSync(file, '[http]\nport = 1\ntls-port = 2\n[limits]\nrooms = 3\n');
    const { stdout } = await run(['serve', '-c', file, '--print-config', '--http-port', '5'], {
      MANIFOLD_HTTP_TLS_PORT: '4',
      MANIFOLD_ADMIN_TOKEN: 'confidential',
    });
    rmSync(directory, { recursive: true });
    assert.match(stdout, /^port = 5$/m);
    assert.match(stdout, /^tls-port = 4$/m);
    assert.match(stdout, /^rooms = 3$/m);
    assert.doesNotMatch(stdout, /confidential/);
  });

  test('-c and -s are taken as Kraken has them, the file in the home directory included', async () => {
    const home = mkdtempSync(join(tmpdir(), 'manifold-home-'));
    mkdirSync(join(home, '.kraken'));
    const engine = '[engine]\ninterface = "lo"\nlog-level = 10\nport-min = 31000\n[rpc]\nport = 7001\n';
    writeFileSync(join(home, '.kraken/engine.toml'), engine);
    for (const args of [
      ['-c', '~/.kraken/engine.toml', '-s', 'engine'],
      ['-s', 'engine'],
    ]) {
      const { stdout } = await run([...args, '--print-config'], { HOME: home });
      assert.match(stdout, /^port = 7001$/m);
      assert.match(stdout, /^port = 31000$/m);
      assert.match(stdout, /^addresses = \[ "127\.0\.0\.1" \]$/m);
    }
    writeFileSync(join(home, 'engine.toml'), '[engine]\nbind = "eth0"\n');
    const wrong = await run(['-c', join(home, 'engine.toml')]);
    rmSync(home, { recursive: true });
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.stderr,
      /^manifold: engine\.bind .*there is no such key in a Kraken engine’s file\.\n$/,
    );
  });

  test('-s monitor is a shell without methods', async () => {
    const child = start([...quiet, '-s', 'monitor']);
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const url = `http://127.0.0.1:${(JSON.parse(line) as { http: { port: number }[] }).http[0].port}/`;
    const post = (body: string) =>
      fetch(url, { method: 'POST', body, headers: { Origin: 'https://a.example' } });
    const answer = await post('{"id":"7","method":"list"}');
    assert.deepEqual([answer.status, await answer.json()], [200, { error: 'invalid method list', id: '7' }]);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.equal((await post('{')).status, 400);
    assert.deepEqual(await (await fetch(url)).json(), { error: 'not found' });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  });

  for (const [what, args, environment, expected] of [
    [
      'a bad flag',
      ['--http-port', 'high'],
      {},
      'manifold: http.port (from --http-port): must be a whole number from 0 to 65535, not "high".\n',
    ],
    [
      'a bad variable',
      [],
      { MANIFOLD_LOGGING_LEVEL: 'loud' },
      'manifold: logging.level (from MANIFOLD_LOGGING_LEVEL): must be one of debug, info, warn, error, silent, not "loud".\n',
    ],
    [
      'an unknown flag',
      ['--http-prot=1'],
      {},
      'manifold: --http-prot: there is no such flag. Did you mean --http-port?\n',
    ],
    [
      'a missing file',
      ['--config', '/none.toml'],
      {},
      /^manifold: \/none\.toml: the configuration file cannot be read .*\n$/,
    ],
    [
      'a certificate that is not there',
      [...quiet, '--http-tls-cert=/none', '--http-tls-key=/none'],
      {},
      /^manifold: http\.tls-cert: \/none cannot be read .*\n$/,
    ],
    ['an unknown command', ['sevre'], {}, /^manifold: there is no command sevre\.\n/],
  ] as const) {
    test(`${what}: one line, exit code 2`, async () => {
      const { code, stdout, stderr } = await run(args, environment);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      if (typeof expected === 'string') assert.equal(stderr, expected);
      else assert.match(stderr, expected);
    });
  }

  test('a TCP port in use: says which', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const { code, stderr } = await run([...quiet, `--http-port=${port}`]);
    blocker.close();
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `manifold: TCP port ${port} on 127.0.0.1 is in use by another program. Choose another with --http-port.\n`,
    );
  });

  test('a UDP port in use: says which', async () => {
    const blocker = createSocket('udp4');
    blocker.bind(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address();
    const { code, stderr } = await run([...quiet, `--media-port=${port}`]);
    blocker.close();
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^manifold: UDP port ${port} for media is in use by another program .*\\n$`),
    );
    assert.match(stderr, /Choose another with --media-port\./);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends calls in order: clients are told, exit code 0`, async () => {
      const { child, port } = await serve();
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      await once(ws, 'open');
      ws.send(JSON.stringify({ event: 'joinRoom', data: { room_id: 'r', self_id: 'me' } }));
      let participants = 0;
      while (participants === 0) {
        const health = await fetch(`http://127.0.0.1:${port}/health`);
        participants = ((await health.json()) as { participants: number }).participants;
      }
      const closed = once(ws, 'close');
      const exited = once(child, 'exit');
      child.kill(signal);
      assert.equal((await closed)[0], 1001);
      assert.deepEqual(await exited, [0, null]);
    });
  }

  test('a second signal exits at once', async () => {
    const { child, port } = await serve(['--timeouts-shutdown-ms=60000']);
    // It holds up the end by not answering the close frame.
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await once(ws, 'open');
    ws.pause();
    const exited = once(child, 'exit');
    const ending = once(createInterface(child.stdout!), 'line');
    child.kill('SIGTERM');
    await ending;
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [1, null]);
    ws.terminate();
  });
});
