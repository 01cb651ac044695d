/**
 * `npm run bench:kurento`: what a Kurento application server has a media server do for each viewer: create an endpoint,
 * processOffer of Chrome, gatherCandidates, release. How many calls a second, and how much CPU for the sequence? Medians of
 * several rounds, each with a server of its own: what it compiles is part of the first thousand.
 */
import { parseArgs } from 'node:util';
import { KurentoTestClient } from '../test/signaling/kurento-test-client.ts';
import { browserOffer } from '../test/signaling/running-manifold.ts';
import { endChild, startServer, whereItServes } from './child-process.ts';
import { median } from './median.ts';

const { values } = parseArgs({
  options: {
    /** The first of a new process, and as many afterwards: a server that has run for a while has compiled what it does. */
    cold: { type: 'string', default: '1000' },
    warm: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    /** Sequences under way at the same time. */
    parallel: { type: 'string', default: '4' },
    /** Writes a CPU profile of the server into this folder. */
    profile: { type: 'string', default: '' },
  },
});
const goalCpuMs = 2;
const callsPerSequence = 4;

const profiling =
  values.profile === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-interval', '200'];
const offer = browserOffer('chromium-audio-video');

interface Round {
  /** CPU of the server for each of the first sequences, ms */
  readonly cold: number;
  /** The same of those after them. */
  readonly warm: number;
}

const rounds: Round[] = [];
for (let round = 0; round < Number(values.rounds); round++) rounds.push(await runRound());
const cold = median(rounds.map((round) => round.cold));
const warm = median(rounds.map((round) => round.warm));
process.stdout.write(`Medians: ${cold.toFixed(2)} ms cold, ${warm.toFixed(2)} ms warm.\n`);
const met = cold <= goalCpuMs && warm <= goalCpuMs;
process.stdout.write(`The goal of ${goalCpuMs} ms is ${met ? 'met' : 'missed'}.\n`);
if (!met) process.exitCode = 1;

async function runRound(): Promise<Round> {
  const server = startServer(['manifold', 0], { flags: profiling });
  try {
    const { port } = await whereItServes(server);
    const client = await KurentoTestClient.open(`ws://127.0.0.1:${port}/kurento`);
    const mediaPipeline = await client.create('MediaPipeline');
    const measure = (what: string, sequences: number) =>
      measureSequences(what, sequences, port, () => callSequence(client, mediaPipeline));
    const cold = await measure('cold', Number(values.cold));
    const warm = await measure('warm', Number(values.warm));
    client.socket.terminate();
    return { cold, warm };
  } finally {
    await endChild(server);
  }
}

async function callSequence(client: KurentoTestClient, mediaPipeline: string): Promise<void> {
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline });
  await client.invoke(endpoint, 'processOffer', { offer });
  await client.invoke(endpoint, 'gatherCandidates');
  await client.call('release', { object: endpoint });
}

/** @returns CPU of the server for each sequence, ms */
async function measureSequences(
  what: string,
  sequences: number,
  port: number,
  sequence: () => Promise<void>,
): Promise<number> {
  let left = sequences;
  const worker = async () => {
    while (left-- > 0) await sequence();
  };
  const cpuBefore = await cpuSeconds(port);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
  const callsPerSecond = (sequences * callsPerSequence * 1000) / (performance.now() - startedAt);
  const cpuMs = (1000 * ((await cpuSeconds(port)) - cpuBefore)) / sequences;
  process.stdout.write(
    `${what}: ${sequences} sequences of ${callsPerSequence} calls, ${callsPerSecond.toFixed(0)} calls/s, ` +
      `${cpuMs.toFixed(2)} ms of the server's CPU for each sequence, ` +
      `${(cpuMs / callsPerSequence).toFixed(2)} for each call\n`,
  );
  return cpuMs;
}

async function cpuSeconds(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}
