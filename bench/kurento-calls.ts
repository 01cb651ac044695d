/**
 * `npm run bench:kurento`: what a Kurento application server has a media server do for each viewer: create an endpoint,
 * processOffer of Chrome, gatherCandidates, release. How many calls a second, and how much CPU for the sequence?
 */
import { parseArgs } from 'node:util';
import { KurentoTestClient } from '../test/signaling/kurento-test-client.ts';
import { browserOffer } from '../test/signaling/running-manifold.ts';
import { endChild, firstLine, serverCore, serverFlags, startNode } from './child-process.ts';

const { values } = parseArgs({
  options: {
    /** The first of a new process, and as many afterwards: a server that has run for a while has compiled what it does. */
    cold: { type: 'string', default: '1000' },
    warm: { type: 'string', default: '1000' },
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
const server = startNode(serverCore, [
  ...profiling,
  ...serverFlags,
  ...['bench/bench-server.mjs', 'manifold', '0'],
]);
try {
  const { port } = JSON.parse(await firstLine(server)) as { port: number };
  const client = await KurentoTestClient.open(`ws://127.0.0.1:${port}/kurento`);
  const mediaPipeline = await client.create('MediaPipeline');
  const offer = browserOffer('chromium-audio-video');
  const sequence = async () => {
    const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline });
    await client.invoke(endpoint, 'processOffer', { offer });
    await client.invoke(endpoint, 'gatherCandidates');
    await client.call('release', { object: endpoint });
  };
  const run = async (count: number) => {
    let left = count;
    const worker = async () => {
      while (left-- > 0) await sequence();
    };
    await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
  };
  const cpuSeconds = async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  };
  /** @returns CPU of the server for each sequence, ms */
  const measure = async (what: string, sequences: number): Promise<number> => {
    const cpuBefore = await cpuSeconds();
    const startedAt = performance.now();
    await run(sequences);
    const callsPerSecond = (sequences * callsPerSequence * 1000) / (performance.now() - startedAt);
    const cpuMs = (1000 * ((await cpuSeconds()) - cpuBefore)) / sequences;
    process.stdout.write(
      `${what}: ${sequences} sequences of ${callsPerSequence} calls, ${callsPerSecond.toFixed(0)} calls/s, ` +
        `${cpuMs.toFixed(2)} ms of the server's CPU for each sequence, ` +
        `${(cpuMs / callsPerSequence).toFixed(2)} for each call\n`,
    );
    return cpuMs;
  };
  const cold = await measure('cold', Number(values.cold));
  const warm = await measure('warm', Number(values.warm));
  const met = cold <= goalCpuMs && warm <= goalCpuMs;
  process.stdout.write(`The goal of ${goalCpuMs} ms is ${met ? 'met' : 'missed'}.\n`);
  if (!met) process.exitCode = 1;
  client.socket.terminate();
} finally {
  await endChild(server);
}
