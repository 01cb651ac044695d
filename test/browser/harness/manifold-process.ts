import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type MetricSamples, parseMetrics } from './metric-samples.ts';

export type ServerOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type ServerRequest =
  | { readonly kind: 'start'; readonly configuration: ServerOptions }
  | { readonly kind: 'memory'; readonly id: number }
  | { readonly kind: 'close' };

export interface MemoryReport {
  readonly kind: 'memory';
  readonly id: number;
  /** Bytes, after a full garbage collection. */
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

export type ServerReport =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'listening'; readonly httpPort: number; readonly mediaPort: number }
  | MemoryReport;

const startTimeoutMs = 60_000;
const closeTimeoutMs = 10_000;

/** The server under test, in a process of its own. */
export class ManifoldProcess {
  readonly httpPort: number;
  readonly mediaPort: number;
  /** Everything it wrote, line by line. */
  readonly log: string[];
  readonly #child: ChildProcess;
  #requests = 0;
  #closing = false;

  constructor(child: ChildProcess, log: string[], httpPort: number, mediaPort: number) {
    this.#child = child;
    this.log = log;
    this.httpPort = httpPort;
    this.mediaPort = mediaPort;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  whip(room: string): string {
    return `${this.origin}/whip/${room}`;
  }

  whep(room: string): string {
    return `${this.origin}/whep/${room}`;
  }

  /** Process id, for readers of processor time. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Throws when the process has ended on its own. */
  assertAlive(): void {
    if (this.#closing || (this.#child.exitCode === null && this.#child.signalCode === null)) return;
    throw new Error(
      `the server ended (${this.#child.exitCode ?? this.#child.signalCode}):\n${this.log.slice(-30).join('\n')}`,
    );
  }

  /** Memory after a full garbage collection. */
  async memory(): Promise<MemoryReport> {
    this.assertAlive();
    const id = ++this.#requests;
    const answer = new Promise<MemoryReport>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('the server process did not report its memory')),
        10_000,
      );
      const listen = (message: ServerReport) => {
        if (message.kind !== 'memory' || message.id !== id) return;
        clearTimeout(timer);
        this.#child.off('message', listen);
        resolve(message);
      };
      this.#child.on('message', listen);
    });
    this.#child.send({ kind: 'memory', id } satisfies ServerRequest);
    return await answer;
  }

  /** What /metrics shows now. */
  async metrics(): Promise<MetricSamples> {
    return parseMetrics(await this.#text('/metrics'));
  }

  /** What the admin API shows of the rooms now. */
  async rooms(): Promise<unknown> {
    return JSON.parse(await this.#text('/admin/api/rooms')) as unknown;
  }

  /** Counters and rooms as text, for the dump of a failed test. */
  async describe(): Promise<string> {
    const parts = await Promise.allSettled([this.#text('/metrics'), this.#text('/admin/api/rooms')]);
    return parts.map((part) => (part.status === 'fulfilled' ? part.value : String(part.reason))).join('\n\n');
  }

  async #text(path: string): Promise<string> {
    const response = await fetch(this.origin + path, { signal: AbortSignal.timeout(5000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}: ${body}`);
    return body;
  }

  /** Asks the server to end, as an embedding program would, and insists by its handle when it does not. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.assertAlive();
    this.#closing = true;
    const exited = once(this.#child, 'exit');
    this.#child.send({ kind: 'close' } satisfies ServerRequest);
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.#child.kill('SIGKILL');
    }, closeTimeoutMs);
    await exited;
    clearTimeout(timer);
    if (killed)
      throw new Error(
        `the server did not close within ${closeTimeoutMs} ms:\n${this.log.slice(-30).join('\n')}`,
      );
  }
}

/**
 * Starts a server on free ports of 127.0.0.1.
 *
 * @param options configuration by section, over the defaults of a test
 */
export async function startManifold(options: ServerOptions = {}): Promise<ManifoldProcess> {
  const loaded = await loadManifold();
  return await loaded.start(options);
}

/** A process that has everything loaded and waits for its configuration: from then on it starts within a moment. */
export interface LoadedManifold {
  start(options?: ServerOptions): Promise<ManifoldProcess>;
  /** Ends it, if it was not started. */
  discard(): void;
}

export async function loadManifold(): Promise<LoadedManifold> {
  const entry = fileURLToPath(new URL('server-process.ts', import.meta.url));
  const child = fork(entry, {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log: string[] = [];
  createInterface(child.stdout!).on('line', (line) => log.push(line));
  createInterface(child.stderr!).on('line', (line) => log.push(line));
  await reported(child, log, 'loaded');
  let started = false;
  return {
    async start(options = {}) {
      started = true;
      const configuration = {
        ...options,
        http: { host: '127.0.0.1', port: 0, ...options.http },
        kraken: { listen: false, ...options.kraken },
        media: { addresses: ['127.0.0.1'], port: 0, ...options.media },
      };
      child.send({ kind: 'start', configuration } satisfies ServerRequest);
      const { httpPort, mediaPort } = await reported(child, log, 'listening');
      return new ManifoldProcess(child, log, httpPort, mediaPort);
    },
    discard() {
      if (!started) child.kill('SIGKILL');
    },
  };
}

/** Waits for a report of a process that is to start; ends the process when it does not come. */
function reported<Kind extends 'loaded' | 'listening'>(
  child: ChildProcess,
  log: readonly string[],
  kind: Kind,
): Promise<Extract<ServerReport, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      child.off('exit', exited);
      child.off('message', listen);
    };
    const fail = (why: string) => {
      end();
      child.kill('SIGKILL');
      reject(new Error(`the server ${why}:\n${log.slice(-40).join('\n')}`));
    };
    const timer = setTimeout(() => fail(`was not ${kind} within ${startTimeoutMs} ms`), startTimeoutMs);
    const exited = (code: number | null) => {
      // The last lines of its output may still be on their way.
      setTimeout(() => fail(`ended with ${code} before it was ${kind}`), 100);
    };
    const listen = (message: ServerReport) => {
      if (message.kind !== kind) return;
      end();
      resolve(message as Extract<ServerReport, { kind: Kind }>);
    };
    child.once('exit', exited);
    child.on('message', listen);
  });
}
