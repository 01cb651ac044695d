/** Check 26: the app server's WebSocket is cut, and the client of the stock package comes again by itself. */
import assert from 'node:assert/strict';
import { eventually, sleep } from '../harness/media-assertions.ts';
import { object } from './harness/app-server.ts';
import { CutProxy } from './harness/cut-proxy.ts';
import { connectPage, negotiate, openEndpoint } from './harness/endpoint-by-hand.ts';
import { kurentoStage } from './harness/kurento-stage.ts';
import { gets, shows } from './harness/seen-media.ts';

const test = kurentoStage();

/** How long the network is gone. */
const goneMs = 3000;
/** Of which: what a busy machine may lose. */
const mostFrozenMs = 1000;

test('check 26: a dropped WebSocket: session, objects and subscriptions stay, and media goes on', async (stage) => {
  const { app, server } = stage;
  const proxy = await CutProxy.open(server.httpPort);
  stage.defer(() => proxy.close());
  await app.open('client', `ws://127.0.0.1:${proxy.port}/kurento`);
  await app.watch('client', 'reconnected');
  await app.create('client', 'pipeline', 'MediaPipeline');
  const red = await connectPage(stage, 'chromium', 'red', { mode: 'sendonly', colour: 'red' });
  const viewer = await connectPage(stage, 'chromium', 'viewer', { mode: 'recvonly' });
  await app.call('red', 'connect', object('viewer'));
  await app.watch('red', 'ElementConnected', 'MediaFlowOutStateChanged');
  await shows(viewer, 'viewer', 'red');
  const sessions = async () => (await server.metrics()).sum('manifold_kurento_sessions');
  const sessionsBefore = await sessions();

  const freezesBefore = await frozenMs(viewer);
  proxy.cut();
  await sleep(goneMs);
  assert.equal(proxy.waiting, 1, 'the client tries to come back');
  await gets(viewer, { audios: 1, videos: 1 });
  proxy.mend();
  const { value: sameSession } = await app.sees('client', 'reconnected', undefined, { timeoutMs: 20_000 });
  assert.equal(sameSession, true);
  assert.equal(await sessions(), sessionsBefore, 'it is the same session');
  const frozen = (await frozenMs(viewer)) - freezesBefore;
  assert.ok(frozen < mostFrozenMs, `pictures stood still for ${frozen} ms`);

  // Objects are there, and connected.
  assert.equal(await app.call('red', 'isMediaFlowingOut', 'VIDEO'), true);
  assert.equal((await app.call<unknown[]>('viewer', 'getSourceConnections')).length, 3);
  await gets(viewer, { audios: 1, videos: 1 });

  // Subscriptions from before bring their events on the new connection; new ones do too.
  const second = await openEndpoint(stage, 'firefox', 'second', { mode: 'recvonly' });
  await app.call('red', 'connect', object('second'));
  await app.sees('red', 'ElementConnected', ({ mediaType }) => mediaType === 'VIDEO');
  assert.equal(app.seen('red', 'ElementConnected').length, 3, 'each comes once');
  await negotiate(stage, second, 'second', { mode: 'recvonly' });
  await shows(second, 'second', 'red');
  await red.evaluate(() => kurentoPage.stop());
  await app.sees('red', 'MediaFlowOutStateChanged', ({ state }) => state === 'NOT_FLOWING');

  // Cut again, at rest: what was made is released by the client that came back.
  proxy.cut();
  await eventually('the client tries to come back', 5000, () =>
    proxy.waiting > 0 ? { value: true } : { pending: proxy.waiting },
  );
  proxy.mend();
  await app.sees('client', 'reconnected', undefined, { skip: 1, timeoutMs: 20_000 });
  await app.call('pipeline', 'release');
});

/** Milliseconds a page's pictures have stood still. */
async function frozenMs(page: Awaited<ReturnType<typeof connectPage>>): Promise<number> {
  const media = await page.evaluate(() => toolkit.inboundMedia());
  return media.reduce((sum, { totalFreezesDuration }) => sum + totalFreezesDuration * 1000, 0);
}
