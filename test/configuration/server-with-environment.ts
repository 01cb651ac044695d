/** The command `manifold`, run with environment variables, as an operator does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RoomSnapshot } from '../../src/rooms/snapshot.ts';
import { type MetricSamples, parseMetrics } from '../browser/harness/metric-samples.ts';

/** As users run it: `npm test` has built it. */
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
/** This machine only, and on no port that another test may want. */
const flags = [
  '--http-host=127.0.0.1',
  '--media-addresses=127.0.0.1',
  '--kraken-port=0',
  '--logging-format=json',
];

export interface StartOptions {
  readonly args?: readonly string[];
  /** Default: that of the repository. */
  readonly directory?: string;
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
}

interface Serving extends LogLine {
  readonly http: readonly { readonly protocol: string; readonly port: number }[];
  readonly mediaPort: number;
}

const running = new Set<ChildProcess>();

function start(environment: Record<string, string>, { args = [], directory }: StartOptions): ChildProcess {
  const child = spawn(process.execPath, [cli, ...flags, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** For the end of a test file: ends what a failed test has left. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs a server that is to refuse. */
export async function refusal(environment: Record<string, string>, options: StartOptions = {}) {
  const child = start(environment, options);
  let stderr = '';
  let stdout = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  child.stdout?.on('data', (data) => {
    stdout += data;
    // It serves, which is what must not be.
    if (stdout.includes('"serving"')) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr, stdout };
}

export class ServerWithEnvironment {
  readonly log: readonly LogLine[];
  readonly #child: ChildProcess;
  readonly #serving: Serving;

  private constructor(child: ChildProcess, log: readonly LogLine[], serving: Serving) {
    this.#child = child;
    this.log = log;
    this.#serving = serving;
  }

  /** Starts one and waits until it serves. HTTP and media take free ports unless the environment or the flags say which. */
  static async start(environment: Record<string, string> = {}, options: StartOptions = {}) {
    const fixesPort = ['ICE_SINGLE_PORT', 'ICE_PORT_RANGE'].some((name) => (environment[name] ?? '') !== '');
    const args = [...(fixesPort ? [] : ['--media-port=0']), ...(options.args ?? [])];
    const child = start({ HTTP_PORT: '0', ...environment }, { ...options, args });
    let stderr = '';
    child.stderr?.on('data', (data) => {
      stderr += data;
    });
    const log: LogLine[] = [];
    for await (const text of createInterface(child.stdout!)) {
      const line = JSON.parse(text) as LogLine;
      log.push(line);
      if (line.msg === 'serving') return new ServerWithEnvironment(child, log, line as Serving);
    }
    throw new Error(`the server ended before it served: ${stderr}`);
  }

  /** What was warned of some variable at the start. */
  get warnings(): readonly string[] {
    return this.log
      .filter(({ level, msg }) => level === 'warn' && /^[A-Z0-9_]+: /.test(msg))
      .map(({ msg }) => msg);
  }

  portOf(protocol: 'http' | 'https'): number | null {
    return this.#serving.http.find((address) => address.protocol === protocol)?.port ?? null;
  }

  get mediaPort(): number {
    return this.#serving.mediaPort;
  }

  get url(): string {
    return `http://127.0.0.1:${this.portOf('http')}`;
  }

  /** Posts an offer to /whip/… or /whep/…; returns the answer. */
  async answer(path: string, offer: string): Promise<string> {
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await fetch(this.url + path, { method: 'POST', body: offer, headers });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  async rooms(): Promise<readonly RoomSnapshot[]> {
    const body = (await (await fetch(`${this.url}/admin/api/rooms`)).json()) as { rooms: RoomSnapshot[] };
    return body.rooms;
  }

  async metrics(): Promise<MetricSamples> {
    return parseMetrics(await (await fetch(`${this.url}/metrics`)).text());
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Ports that were free a moment ago. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** So many adjacent UDP ports that were free a moment ago; returns the first. */
export async function freeUdpPorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const sockets = await Promise.all(
      Array.from({ length: count }, (_, index) => holdUdpPort(first + index)),
    );
    await Promise.all(sockets.map((socket) => socket?.release()));
    if (sockets.every((socket) => socket !== null)) return first;
  }
}

/** Occupies a UDP port; null where somebody has it already. */
export async function holdUdpPort(port: number): Promise<{ release(): Promise<void> } | null> {
  const socket = createSocket('udp4');
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  if (!bound) return null;
  return { release: () => new Promise((resolve) => socket.close(() => resolve())) };
}
