/**
 * `npm run bench:kraken`: 500 Kraken clients in 50 rooms, connected and sending, who poll every three seconds, as the
 * web clients do. How late is the server's event loop, and how long does a poll take?
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readProcessUsage } from '../src/load/process-usage.ts';
import { HeadlessNetwork } from '../test/signaling/headless-peer.ts';
import { KrakenCrowd } from '../test/signaling/kraken-crowd.ts';
import {
  endChild,
  firstLine,
  keepToCore,
  loadCore,
  serverCore,
  startNode,
  startServer,
  whereItServes,
} from './child-process.ts';
import type { PollerReport, PollerTask } from './kraken-poller.ts';

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: '50' },
    clients: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '30' },
  },
});
const pollMs = 3000;
/** Half a minute is a slow start for so many, and quick enough to be done with. */
const joinMs = 30_000;
/** A packet a second keeps a client in its room; the media has a benchmark of its own. */
const ticksPerPacket = 50;
const settleMs = 10_000;
const goalLagMs = 20;
const goalPollMs = 50;
/** USER_HZ, in which Linux counts. */
const ticksPerSecond = 100;

keepToCore(loadCore);
const rooms = Number(values.rooms);
const clientsPerRoom = Number(values.clients);
const server = startServer(['manifold', 0]);
try {
  const { port } = await whereItServes(server);
  const url = `http://127.0.0.1:${port}`;
  const network = new HeadlessNetwork({ maxPeers: rooms * clientsPerRoom });
  const crowd = new KrakenCrowd(network, url, { rooms, clientsPerRoom, pollMs, joinMs, ticksPerPacket });
  await lagMs(url);
  await crowd.join();
  const joining = { lag: await lagMs(url), polls: crowd.pollsMs };
  await sleep(settleMs);
  crowd.stop();
  await sleep(pollMs);
  await lagMs(url);
  const before = processorTimes();
  const clients = crowd.callers.map(({ rid, uid, cid }) => [rid, uid, cid] as const);
  const polled = await runPoller({ url, clients, pollMs, seconds: Number(values.seconds) });
  const lag = await lagMs(url);
  const after = processorTimes();
  report('while they join', joining.lag, joining.polls);
  report('polling', lag, polled.pollsMs);
  const share = (of: 'server' | 'core') => (after[of] - before[of]) / (after.at - before.at);
  process.stdout.write(
    `The server took ${percent(share('server'))} of a core; all of that core was busy for ${percent(share('core'))}.\n`,
  );
  const total = rooms * clientsPerRoom;
  process.stdout.write(`${crowd.complete} of ${total} clients hear everybody else in their room.\n`);
  for (const failure of [...crowd.failures, ...polled.unexpected])
    process.stdout.write(`failed: ${String(failure)}\n`);
  const met = lag < goalLagMs && quantile(polled.pollsMs, 0.99) < goalPollMs;
  process.stdout.write(met ? 'The goals are met.\n' : 'The goals are missed.\n');
  const failed = crowd.failures.length + polled.unexpected.length;
  if (!met || failed > 0 || crowd.complete < total) process.exitCode = 1;
  network.close();
} finally {
  await endChild(server);
}

async function runPoller(task: PollerTask): Promise<PollerReport> {
  const poller = startNode(loadCore, ['--import', 'tsx', 'bench/kraken-poller.ts'], {
    input: JSON.stringify(task),
  });
  try {
    return JSON.parse(await firstLine(poller)) as PollerReport;
  } finally {
    await endChild(poller);
  }
}

/** The 99th percentile of how late the server's event loop was since this was last asked. */
async function lagMs(url: string): Promise<number> {
  const response = await fetch(`${url}/admin/api/rooms`);
  return ((await response.json()) as { server: { eventLoopLagMs: number } }).server.eventLoopLagMs;
}

/**
 * What the server has used, and all there is on its core, in seconds: figures of a core that others use as well are
 * none of the server.
 */
function processorTimes(): { at: number; server: number; core: number } {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${serverCore} `))!;
  const [, ...ticks] = line.split(/\s+/).map(Number);
  const [, , , idle, waiting] = ticks;
  // The last two are part of the first ones.
  const all = ticks.slice(0, 8).reduce((sum, count) => sum + count, 0);
  return {
    at: performance.now() / 1000,
    server: readProcessUsage(server.pid!).cpuMicros / 1e6,
    core: (all - idle! - waiting!) / ticksPerSecond,
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function quantile(sorted: readonly number[], share: number): number {
  return [...sorted].sort((a, b) => a - b)[Math.floor(sorted.length * share)] ?? 0;
}

function report(what: string, lag: number, polls: readonly number[]): void {
  const [median, p99, most] = [0.5, 0.99, 1 - Number.EPSILON].map((share) =>
    quantile(polls, share).toFixed(1),
  );
  process.stdout.write(
    `${what}: event-loop lag p99 ${lag.toFixed(1)} ms; ${polls.length} polls, median ${median} ms, p99 ${p99} ms, longest ${most} ms\n`,
  );
}
