/**
 * Reads a task from stdin, polls for many Kraken clients and prints how long each poll took, in ms. It is a process
 * apart from their media: five hundred of them in one wait for its garbage collector, as clients on machines of their
 * own do not.
 */
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../test/signaling/kraken-caller.ts';

export interface PollerTask {
  readonly url: string;
  /** The parameters of each client's poll. */
  readonly clients: readonly (readonly [rid: string, uid: string, cid: string])[];
  /** From one poll of a client to its next. */
  readonly pollMs: number;
  readonly seconds: number;
}

export interface PollerReport {
  readonly pollsMs: readonly number[];
  /** What was answered instead of "nothing new". */
  readonly unexpected: readonly string[];
}

const { url, clients, pollMs, seconds } = (await json(process.stdin)) as PollerTask;
const pollsMs: number[] = [];
const unexpected: string[] = [];
const startedAt = performance.now();
await Promise.all(clients.map(keepPolling));
process.stdout.write(`${JSON.stringify({ pollsMs, unexpected } satisfies PollerReport)}\n`);

/**
 * Each client has moments of its own. If it slept after an answer, one late answer would have it meet others, and those
 * who met never part: on one machine, they would end as a herd.
 */
async function keepPolling(parameters: PollerTask['clients'][number], index: number): Promise<void> {
  for (let atMs = (pollMs * index) / clients.length; atMs < seconds * 1000; atMs += pollMs) {
    await sleep(startedAt + atMs - performance.now());
    const sentAt = performance.now();
    const { data, error } = await call(url, 'subscribe', [...parameters]);
    pollsMs.push(performance.now() - sentAt);
    if (error !== undefined || data.type === 'offer') unexpected.push(JSON.stringify(error ?? data.type));
  }
}
