/** Check 34: a hundred presenters one after another, each with a fresh client as in the tutorial, leave nothing. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type ManifoldProcess, startManifold } from '../harness/manifold-process.ts';
import { eventually } from '../harness/media-assertions.ts';
import { type AppServer, object, startAppServer } from './harness/app-server.ts';

const warmUpRounds = 50;
const rounds = 100;
/** Of the heap and what it holds outside, after a full collection. */
const mostGrowth = 0.05;

let server: ManifoldProcess;
let app: AppServer;

before(async () => {
  server = await startManifold({ kurento: { sessionTimeoutSeconds: 1 } });
  app = await startAppServer(`ws://127.0.0.1:${server.httpPort}/kurento`);
});
after(async () => {
  await app?.close();
  await server?.close();
});

const fixture = (name: string) =>
  readFile(new URL(`../../../src/webrtc/sdp/fixtures/${name}.sdp`, import.meta.url), 'utf8');

test('check 34: no leak after 100 presenters with two viewers each', async () => {
  const sending = (await fixture('chromium-audio-video')).replaceAll('a=sendrecv', 'a=sendonly');
  const receiving = await fixture('chromium-recvonly');
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i++) await oneRound(sending, receiving);
  };
  await repeat(warmUpRounds);
  const usedBefore = await usedBytes();
  await repeat(rounds);
  const metrics = await server.metrics();
  assert.equal(metrics.sum('manifold_kurento_pipelines'), 0);
  assert.equal(metrics.sum('manifold_peer_connections'), 0);
  assert.equal(metrics.sum('manifold_rooms'), 0);
  assert.equal(metrics.sum('manifold_session_bugs_total'), 0);
  // What one collection leaves to the next is no leak.
  await eventually(`memory is ${usedBefore} bytes again`, 10_000, async () => {
    const used = await usedBytes();
    return used < usedBefore * (1 + mostGrowth) ? { value: used } : { pending: used };
  });
});

async function oneRound(sending: string, receiving: string): Promise<void> {
  await app.open('client', `ws://127.0.0.1:${server.httpPort}/kurento`);
  await app.create('client', 'pipeline', 'MediaPipeline');
  const endpoint = (label: string) => app.create('pipeline', label, 'WebRtcEndpoint');
  await endpoint('presenter');
  await app.watch('presenter', 'IceCandidateFound', 'MediaFlowOutStateChanged');
  const answer = app.call<string>('presenter', 'processOffer', sending);
  await app.call('presenter', 'gatherCandidates');
  assert.match(await answer, /^a=recvonly/m);
  for (const viewer of ['first', 'second']) {
    await endpoint(viewer);
    await app.watch(viewer, 'IceCandidateFound');
    assert.match(await app.call<string>(viewer, 'processOffer', receiving), /^a=sendonly/m);
    await app.call('presenter', 'connect', object(viewer));
    await app.call(viewer, 'gatherCandidates');
  }
  await app.call('second', 'release');
  await app.call('pipeline', 'release');
  await app.closeClient('client');
  app.events = [];
}

/** Once the sessions have ended, which outlive their connections. */
async function usedBytes(): Promise<number> {
  await eventually('the sessions end', 10_000, async () => {
    const metrics = await server.metrics();
    const left = ['web_sockets', 'kurento_sessions'].map((name) => metrics.sum(`manifold_${name}`));
    return left.every((count) => count === 0) ? { value: true } : { pending: left };
  });
  const { heapUsed, external } = await server.memory();
  return heapUsed + external;
}
