/** Child processes of the benchmark, each on a core of its own where the machine has taskset. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const canPin = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Those that a server is started with wherever this package starts one: see src/cli.ts. */
const serverFlags = ['--max-semi-space-size=2'] as const;

export const serverCore = 0;
export const loadCore = 1;

/**
 * Starts bench-server.mjs on the core for it.
 * @param args its own
 * @param flags more of Node.js
 */
export function startServer(
  args: readonly [mode: 'manifold' | 'floor', subscribers: number],
  { env, flags = [] }: { env?: NodeJS.ProcessEnv; flags?: readonly string[] } = {},
): ChildProcess {
  const all = [...flags, ...serverFlags, 'bench/bench-server.mjs', ...args.map(String)];
  return startNode(serverCore, all, env === undefined ? {} : { env });
}

/** Where and as which process a server of startServer() serves, once it does. */
export async function whereItServes(server: ChildProcess): Promise<{ port: number; pid: number }> {
  return JSON.parse(await firstLine(server)) as { port: number; pid: number };
}

/** Starts `node` with these arguments in the project's folder; stderr goes to ours. Its stdin is empty or what is given. */
export function startNode(
  core: number,
  args: readonly string[],
  { env = {}, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): ChildProcess {
  const [command, prefix] = canPin
    ? ['taskset', ['-c', String(core), process.execPath]]
    : [process.execPath, []];
  const child = spawn(command, [...prefix, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  // A child that ends without reading says so itself.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return child;
}

/** Keeps this process to a core, where the machine has taskset: load that it makes itself is none of the server's. */
export function keepToCore(core: number): void {
  if (canPin) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)]);
}

/** The first line a child prints. @throws Error if it ends before */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end < 0) return;
      child.stdout?.off('data', onData);
      child.stdout?.resume();
      resolve(text.slice(0, end));
    };
    child.stdout?.on('data', onData);
    child.once('exit', (code) => reject(new Error(`a child process ended with ${code} before it was ready`)));
  });
}

/** Ends a child we started, and waits until it is gone. */
export function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
