import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type ClientEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A client of another WebRTC stack in a process of its own, speaking one JSON object per line. */
export class PythonClient {
  readonly events: ClientEvent[] = [];
  readonly #errors: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  #waiting: (() => void)[] = [];
  #exited = false;

  /** Debian packages aiortc and GStreamer's bindings for its own interpreter only, hence the full path. */
  constructor(script: string, args: readonly string[]) {
    const file = fileURLToPath(new URL(`python/${script}`, import.meta.url));
    this.#process = spawn('/usr/bin/python3', [file, ...args], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' },
    });
    createInterface(this.#process.stdout).on('line', (line) => {
      try {
        this.events.push(JSON.parse(line) as ClientEvent);
      } catch {
        this.#errors.push(line);
      }
      this.#wake();
    });
    createInterface(this.#process.stderr).on('line', (line) => this.#errors.push(line));
    this.#process.once('error', (error) => this.#errors.push(String(error)));
    this.#process.once('close', () => {
      this.#exited = true;
      this.#wake();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Waits for an event, past or to come, that the predicate accepts. */
  async event(
    what: string,
    accepts: (event: ClientEvent) => boolean,
    timeoutMs = 20_000,
  ): Promise<ClientEvent> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = this.events.find(accepts);
      if (found !== undefined) return found;
      const rest = end - performance.now();
      if (this.#exited || rest <= 0) {
        const why = this.#exited ? 'the client ended' : `not within ${timeoutMs} ms`;
        const said = this.events.slice(-5).map((event) => JSON.stringify(event));
        throw new Error(`${what}: ${why}; it said:\n${[...said, ...this.#errors.slice(-20)].join('\n')}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, rest);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Lets the client end its session; ends the process by its handle if it does not. */
  async close(): Promise<void> {
    if (this.#exited) return;
    const closed = once(this.#process, 'close');
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 8000);
    await closed;
    clearTimeout(timer);
  }
}
