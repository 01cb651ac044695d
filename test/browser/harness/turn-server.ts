/** coturn on free ports of this machine, with a secret of its own: clients come by credentials made from it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TurnProcess {
  /** For the configuration of the server under test. */
  readonly turn: { readonly host: string; readonly secret: string };
  /** Everything it wrote. */
  readonly log: string[];
  close(): Promise<void>;
}

const startTimeoutMs = 10_000;
/** A port that is free for UDP may be taken for TCP. */
const attempts = 5;

export async function startTurnServer(): Promise<TurnProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePort();
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

async function startOnFreePort(): Promise<TurnProcess> {
  const port = await freePort();
  const secret = randomBytes(16).toString('hex');
  const folder = mkdtempSync(join(tmpdir(), 'manifold-turn-'));
  const child = spawn(
    'turnserver',
    [
      ...['-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`],
      ...['--realm=kraken', '--use-auth-secret', `--static-auth-secret=${secret}`],
      // The server under test is on this machine as well.
      ...['--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls', '--no-rfc5780'],
      ...[
        '--log-file=stdout',
        '--simple-log',
        `--pidfile=${join(folder, 'pid')}`,
        `--userdb=${join(folder, 'db')}`,
      ],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log: string[] = [];
  createInterface(child.stdout).on('line', (line) => log.push(line));
  createInterface(child.stderr).on('line', (line) => log.push(line));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const isHopeful = (): boolean =>
    child.exitCode === null && !log.some((line) => line.includes('Address already in use'));
  if (!(await answersStun(port, isHopeful)) || !isHopeful()) {
    await close();
    throw new Error(`coturn does not answer:\n${log.slice(-20).join('\n')}`);
  }
  return { turn: { host: `turn:127.0.0.1:${port}`, secret }, log, close };
}

/** Whether a STUN Binding request (RFC 8489) is answered in time. */
async function answersStun(port: number, isHopeful: () => boolean): Promise<boolean> {
  const socket = createSocket('udp4');
  const request = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  let answered = false;
  socket.on('message', () => {
    answered = true;
  });
  const end = performance.now() + startTimeoutMs;
  while (!answered && isHopeful() && performance.now() < end) {
    socket.send(request, port, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.close();
  return answered;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
