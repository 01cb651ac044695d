/** A thousand pipelines of three negotiated endpoints, ten times over: what they took is given back. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KurentoTestClient } from './kurento-test-client.ts';
import { browserOffer } from './running-manifold.ts';

const rounds = 10;
const pipelines = 1000;
const endpointsPerPipeline = 3;
/** Pipelines that are made, or released, at the same time: enough to keep the server busy. */
const atOnce = 20;
const largestGrowth = 1.05;

interface Memory extends NodeJS.MemoryUsage {}

const script = fileURLToPath(new URL('measured-server.ts', import.meta.url));

test('1000 pipelines × 3 endpoints, ten times: memory returns to what it was', {
  timeout: 540_000,
}, async (t) => {
  const server = fork(script, { execArgv: ['--expose-gc', '--max-semi-space-size=2', '--import', 'tsx'] });
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    const memory = async (): Promise<Memory> => {
      server.send('measure');
      const [usage] = (await once(server, 'message')) as [Memory];
      return usage;
    };
    const client = await KurentoTestClient.open(`ws://127.0.0.1:${port}/kurento`);
    // What the first time loads and compiles stays.
    await round(client);
    const start = await memory();
    show('start', start);
    for (let i = 1; i < rounds; i++) {
      await round(client);
      show(`round ${i + 1}`, await memory());
    }
    assert.deepEqual(await client.invoke('manager_ServerManager', 'getPipelines'), []);
    const end = await memory();
    show('end', end);
    const managed = (usage: Memory) => usage.heapUsed + usage.external;
    assert.ok(managed(end) < managed(start) * largestGrowth, 'heap and external memory');
    assert.ok(end.rss < start.rss * largestGrowth, 'resident memory, native included');
    await client.close();
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }

  function show(when: string, { rss, heapUsed, external }: Memory): void {
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    t.diagnostic(`${when}: ${mb(rss)} MB resident, ${mb(heapUsed)} heap, ${mb(external)} external`);
  }
});

/** Makes everything, then releases it. */
async function round(client: KurentoTestClient): Promise<void> {
  const offer = browserOffer('chromium-audio-video');
  const made: string[] = [];
  const make = async () => {
    const mediaPipeline = await client.create('MediaPipeline');
    made.push(mediaPipeline);
    const endpoints: string[] = [];
    for (let i = 0; i < endpointsPerPipeline; i++) {
      const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline });
      await client.subscribe(endpoint, 'IceCandidateFound');
      await client.invoke(endpoint, 'processOffer', { offer });
      await client.invoke(endpoint, 'gatherCandidates');
      endpoints.push(endpoint);
    }
    for (const sink of endpoints.slice(1)) await client.invoke(endpoints[0], 'connect', { sink });
  };
  for (let i = 0; i < pipelines; i += atOnce) await Promise.all(Array.from({ length: atOnce }, make));
  assert.equal(made.length, pipelines);
  for (let i = 0; i < pipelines; i += atOnce)
    await Promise.all(made.slice(i, i + atOnce).map((object) => client.call('release', { object })));
  client.answers.length = 0;
  client.events.length = 0;
  client.order.length = 0;
}
