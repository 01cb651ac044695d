/**
 * The app servers of Kurento's tutorials, rebuilt on the stock clients: kurento-client there, kurento-utils in the pages.
 * Numbers are those of the checks in docs/dialects/kurento.md.
 */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { eventually } from '../harness/media-assertions.ts';
import { type Colour, type KurentoStage, kurentoStage } from './harness/kurento-stage.ts';
import { firstPictureMs, gets, shows } from './harness/seen-media.ts';

const test = kurentoStage();

const firstPictureLimitMs = 3000;

async function present(page: Page): Promise<void> {
  await page.evaluate(() => kurentoPage.start({ of: 'own', mode: 'sendonly', role: 'presenter' }));
}

async function view(page: Page): Promise<void> {
  await page.evaluate(() => kurentoPage.start({ of: 'presenter', mode: 'recvonly', role: 'viewer' }));
}

async function seesInTime(page: Page, colour: Colour): Promise<void> {
  const took = await firstPictureMs(page, 'presenter');
  assert.ok(took < firstPictureLimitMs, `the first picture took ${Math.round(took)} ms`);
  await shows(page, 'presenter', colour);
}

for (const browser of ['chromium', 'firefox'] as const) {
  test(`checks 3, 10, 16: hello world in ${browser}: own picture and sound come back`, async (stage) => {
    const page = await stage.openAt('hello-world', browser, 'anna', 'red');
    await page.evaluate(() => kurentoPage.start({ of: 'own', mode: 'sendrecv' }));
    const { tracks } = await shows(page, 'own', 'red');
    assert.deepEqual([...tracks].sort(), ['audio', 'video'], 'sound and picture are in one stream');
    await gets(page, { audios: 1, videos: 1 });
    await page.evaluate(() => kurentoPage.stop());
  });
}

for (const [presenting, watching] of [
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
] as const) {
  test(`checks 33, 34: one to many, the presenter in ${presenting}: viewers, late ones, and the next presenter`, async (stage) => {
    const red = await stage.openAt('one-to-many', presenting, 'red', 'red');
    await present(red);
    const viewers = [
      await stage.openAt('one-to-many', watching, 'first'),
      await stage.openAt('one-to-many', presenting, 'second'),
    ];
    for (const viewer of viewers) await view(viewer);
    for (const viewer of viewers) await seesInTime(viewer, 'red');
    const late = await stage.openAt('one-to-many', watching, 'late');
    await view(late);
    viewers.push(late);
    await seesInTime(late, 'red');
    for (const viewer of viewers) await gets(viewer, { audios: 1, videos: 1 });

    await red.evaluate(() => kurentoPage.stop());
    for (const viewer of viewers) {
      await eventually('the viewer is told', 5000, async () => {
        const left = await viewer.evaluate(() => kurentoPage.connections());
        return left.length === 0 ? { value: true } : { pending: left };
      });
    }
    await leavesNothing(stage);

    const [next] = viewers as [Page];
    const blue = await stage.openAt('one-to-many', watching, 'blue', 'blue');
    await present(blue);
    await view(next);
    await seesInTime(next, 'blue');
    await gets(next, { audios: 1, videos: 1 });
    await blue.evaluate(() => kurentoPage.stop());
    await leavesNothing(stage);
  });
}

test('check 35: a group call of four in both browsers: everybody sees and hears the three others', async (stage) => {
  const members = [
    ['red', 'chromium'],
    ['blue', 'firefox'],
    ['lime', 'chromium'],
    ['yellow', 'firefox'],
  ] as const;
  const pages = new Map<Colour, Page>();
  for (const [colour, browser] of members) {
    pages.set(colour, await joinGroup(stage, browser, colour));
    await everybodySeesAll(pages);
  }
  for (const page of pages.values()) await gets(page, { audios: 3, videos: 3 });

  const leaver = pages.get('blue')!;
  pages.delete('blue');
  await leaver.close();
  for (const page of pages.values()) await gets(page, { audios: 2, videos: 2 });
  pages.set('blue', await joinGroup(stage, 'chromium', 'blue'));
  await everybodySeesAll(pages);
}, 90_000);

test('check 16: one to one: a call between the browsers', async (stage) => {
  const caller = await stage.openAt('one-to-one', 'chromium', 'caller', 'red');
  const callee = await stage.openAt('one-to-one', 'firefox', 'callee', 'blue');
  await Promise.all(
    [caller, callee].map((page) => page.evaluate(() => kurentoPage.start({ of: 'call', mode: 'sendrecv' }))),
  );
  await shows(caller, 'call', 'blue');
  await shows(callee, 'call', 'red');
  for (const page of [caller, callee]) await gets(page, { audios: 1, videos: 1 });
});

test('check 3: kurento-client connects on both paths', async (stage) => {
  const { app } = stage;
  for (const path of ['ws', 'kurento']) {
    await app.open(path, `ws://127.0.0.1:${stage.server.httpPort}/${path}`);
    assert.match(await app.create(path, path, 'MediaPipeline'), /^[0-9a-f-]{36}_kurento\.MediaPipeline$/);
    await app.call(path, 'release');
  }
});

/** The server holds no object when all have gone. */
async function leavesNothing(stage: KurentoStage): Promise<void> {
  await eventually('the server has let go of everything', 5000, async () => {
    const metrics = await stage.server.metrics();
    const left = ['kurento_pipelines', 'peer_connections', 'rooms'].map((name) =>
      metrics.sum(`manifold_${name}`),
    );
    return left.every((count) => count === 0) ? { value: true } : { pending: left };
  });
}

/** Sends, and asks for everybody who is there. */
async function joinGroup(
  stage: KurentoStage,
  browser: 'chromium' | 'firefox',
  colour: Colour,
): Promise<Page> {
  const page = await stage.openAt('group-call', browser, colour, colour);
  await eventually('is in the group', 10_000, async () => {
    const names = await page.evaluate(() => kurentoPage.participants());
    return names === null ? { pending: names } : { value: true };
  });
  await page.evaluate((own) => kurentoPage.start({ of: own, mode: 'sendonly' }), colour);
  return page;
}

/** Whoever lacks a connection to somebody makes it, as pages do when they are told of a newcomer. */
async function everybodySeesAll(pages: ReadonlyMap<Colour, Page>): Promise<void> {
  for (const [own, page] of pages) {
    const others = [...pages.keys()].filter((name) => name !== own);
    const known = await page.evaluate(() => kurentoPage.connections());
    for (const name of others.filter((other) => !known.includes(other)))
      await page.evaluate((of) => kurentoPage.start({ of, mode: 'recvonly' }), name);
    for (const name of others) await shows(page, name, name);
  }
}
