import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../harness/media-assertions.ts';
import type { AppReport, AppRequest, AppTask, ObjectName, SeenEvent } from '../app-server/test-messages.ts';

const startTimeoutMs = 60_000;

/** What the server refused, as the client reports it. */
export class RefusedError extends Error {
  readonly code: unknown;
  readonly data: unknown;

  constructor(message: string, code: unknown, data: unknown) {
    super(`${message} (${String(code)})`);
    this.code = code;
    this.data = data;
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** An argument that stands for an object of the app server. */
export const object = (label: string): ObjectName => ({ object: label });

/** The app server: stock kurento-client in a process of its own. */
export class AppServer {
  readonly port: number;
  readonly log: string[];
  /** Of objects that are watched, in the order they came; a test starts with none. */
  events: SeenEvent[] = [];
  /** Of what was made through `create`, by label. */
  readonly ids = new Map<string, string>();
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #closing = false;

  constructor(child: ChildProcess, log: string[], port: number) {
    this.#child = child;
    this.log = log;
    this.port = port;
    child.on('message', (message: AppReport) => this.#take(message));
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(this.#ended());
      this.#waiting.clear();
    });
  }

  /** Where a page finds a demo. */
  url(demo: string, page: string): string {
    return `ws://127.0.0.1:${this.port}/${demo}?name=${encodeURIComponent(page)}`;
  }

  /** Throws when the process has ended: the client has thrown where nobody could catch it. */
  assertAlive(): void {
    if (!this.#closing && (this.#child.exitCode !== null || this.#child.signalCode !== null))
      throw this.#ended();
  }

  open(client: string, url: string): Promise<unknown> {
    return this.#do({ kind: 'open', client, url });
  }

  closeClient(client: string): Promise<unknown> {
    return this.#do({ kind: 'close', client });
  }

  /** @returns the id of the new object */
  async create(
    parent: string,
    label: string,
    type: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const id = (await this.#do({ kind: 'create', parent, label, type, params })) as string;
    this.ids.set(label, id);
    return id;
  }

  find(client: string, label: string, objectId: string): Promise<unknown> {
    return this.#do({ kind: 'find', client, label, objectId });
  }

  /** Calls are made in the order of these calls, also when nobody waits for the results in between. */
  async call<T = unknown>(label: string, operation: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.#do({ kind: 'call', label, operation, args })) as T;
  }

  watch(label: string, ...events: readonly string[]): Promise<unknown> {
    return this.#do({ kind: 'watch', label, events });
  }

  unwatch(label: string, event: string): Promise<unknown> {
    return this.#do({ kind: 'unwatch', label, event });
  }

  attach(page: string, label: string): Promise<unknown> {
    return this.#do({ kind: 'attach', page, label });
  }

  /** Of the events of an object, those of a type. */
  seen(label: string, type: string): SeenEvent[] {
    return this.events.filter((event) => event.label === label && event.type === type);
  }

  /** Waits for an event that has come, or comes, after the first `skip` of its type. */
  async sees(
    label: string,
    type: string,
    what: (data: SeenEvent['data']) => boolean = () => true,
    { timeoutMs = 10_000, skip = 0 } = {},
  ): Promise<SeenEvent['data']> {
    return await eventually(`${label} tells of ${type}`, timeoutMs, () => {
      this.assertAlive();
      const found = this.seen(label, type)
        .slice(skip)
        .find(({ data }) => what(data));
      return found === undefined
        ? { pending: this.seen(label, type).map(({ data }) => data) }
        : { value: found.data };
    });
  }

  async reset(): Promise<void> {
    await this.#do({ kind: 'reset' });
    this.events = [];
    this.ids.clear();
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #do(task: AppTask): Promise<unknown> {
    this.assertAlive();
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, task } satisfies AppRequest);
    });
  }

  #take(message: AppReport): void {
    if (message.kind === 'event') this.events.push(message.event);
    if (message.kind !== 'done' && message.kind !== 'failed') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.value);
    else waiting?.reject(new RefusedError(message.message, message.code, message.data));
  }

  #ended(): Error {
    return new Error(`the app server ended:\n${this.log.slice(-30).join('\n')}`);
  }
}

/** @param url of the server under test */
export async function startAppServer(url: string): Promise<AppServer> {
  const entry = fileURLToPath(new URL('../app-server/app-server-process.ts', import.meta.url));
  const child = fork(entry, [url], {
    execArgv: ['--import', 'tsx', '--no-deprecation'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log: string[] = [];
  createInterface(child.stdout!).on('line', (line) => log.push(line));
  createInterface(child.stderr!).on('line', (line) => log.push(line));
  return await new Promise<AppServer>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`the app server ${why}:\n${log.slice(-40).join('\n')}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${startTimeoutMs} ms`), startTimeoutMs);
    const exited = (code: number | null) => {
      clearTimeout(timer);
      setTimeout(() => fail(`ended with ${code} before it listened`), 100);
    };
    child.once('exit', exited);
    child.on('message', (message: AppReport) => {
      if (message.kind !== 'listening') return;
      clearTimeout(timer);
      child.off('exit', exited);
      resolve(new AppServer(child, log, message.port));
    });
  });
}
