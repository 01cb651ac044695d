/** The demo page as people use it. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { joinDemo, otherTiles, pressJoin, seesTiles, selfIdOf } from './harness/demo-page.ts';
import { saveScreenshot } from './harness/diagnostics.ts';
import { eventually, inbound, outbound, receives, sleep } from './harness/media-assertions.ts';
import { stage } from './harness/stage.ts';

const test = stage();
/** How soon the others must see that someone left, and a newcomer its first picture. */
const promptlyMs = 2000;

/** Large enough for three sizes, slow enough for two processors. */
const largeCamera = { width: 1280, height: 720, frameRate: 10 };

/** The widths of the pictures a page encodes at present, smallest first. */
async function encodedWidths(page: Page): Promise<number[]> {
  const before = new Map((await outbound(page)).map(({ ssrc, framesEncoded }) => [ssrc, framesEncoded]));
  await sleep(700);
  return (await outbound(page))
    .filter(({ kind, ssrc, framesEncoded }) => kind === 'video' && framesEncoded > (before.get(ssrc) ?? 0))
    .map(({ frameWidth }) => frameWidth)
    .sort((a, b) => a - b);
}

async function encodes(page: Page, widths: readonly number[], timeoutMs: number): Promise<void> {
  await eventually(`encodings of widths ${widths}`, timeoutMs, async () => {
    const encoded = await encodedWidths(page);
    return String(encoded) === String(widths) ? { value: true } : { pending: encoded };
  });
}

async function seesWidth(page: Page, width: number, timeoutMs: number): Promise<void> {
  await eventually(`a picture of width ${width}`, timeoutMs, async () => {
    const [tile] = await otherTiles(page);
    return tile?.width === width ? { value: true } : { pending: tile };
  });
}

async function everyoneReceives(pages: readonly Page[]): Promise<void> {
  for (const page of pages) {
    await receives(page, { videos: pages.length - 1, audios: pages.length - 1 });
    await seesTiles(page, pages.length - 1);
  }
}

test('three in Chromium see and hear each other; one leaves, one reloads', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'chromium', 'Ben');
  const cleo = await joinDemo(stage, 'chromium', 'Cleo');
  await everyoneReceives([anna, ben, cleo]);
  await saveScreenshot(anna, 'demo-page');

  const left = await selfIdOf(cleo);
  await cleo.click('#leave');
  for (const page of [anna, ben]) {
    await eventually('the tile of who left is gone', promptlyMs, async () => {
      const tiles = await otherTiles(page);
      return tiles.some((tile) => tile.participant === left) ? { pending: tiles } : { value: true };
    });
  }
  await everyoneReceives([anna, ben]);

  await ben.reload();
  await pressJoin(ben);
  await everyoneReceives([anna, ben]);
});

test('two in Firefox see and hear each other', async (stage) => {
  const anna = await joinDemo(stage, 'firefox', 'Anna');
  const ben = await joinDemo(stage, 'firefox', 'Ben');
  await everyoneReceives([anna, ben]);
});

test('Chromium and Firefox see and hear each other; the late joiner has a picture within 2 s', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'firefox', 'Ben');
  await everyoneReceives([anna, ben]);
  const cleo = await joinDemo(stage, 'chromium', 'Cleo');
  const joinedAt = performance.now();
  await eventually('a first picture', promptlyMs, async () => {
    const decoding = (await inbound(cleo)).filter((media) => media.framesDecoded > 0);
    return decoding.length >= 2 ? { value: true } : { pending: decoding.length };
  });
  assert.ok(performance.now() - joinedAt < promptlyMs + 500);
  await everyoneReceives([anna, ben, cleo]);
});

test('a shared screen appears as a second picture and goes away again', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'chromium', 'Ben');
  await everyoneReceives([anna, ben]);
  await anna.click('#toggle-screen');
  const tiles = await seesTiles(ben, 2);
  assert.deepEqual(tiles.map((tile) => tile.kind).sort(), ['camera', 'screen']);
  await seesTiles(anna, 1);
  await anna.click('#toggle-screen');
  await seesTiles(ben, 1);
});

test('muting the microphone and stopping the camera are shown to the other', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'chromium', 'Ben');
  await everyoneReceives([anna, ben]);
  await anna.click('#toggle-microphone');
  await ben.waitForSelector('article.tile[data-local="false"][data-muted="true"]', { timeout: 5000 });
  await anna.click('#toggle-microphone');
  await ben.waitForSelector('article.tile[data-local="false"][data-muted="false"]', { timeout: 5000 });
  await anna.click('#toggle-camera');
  await ben.waitForSelector('article.tile[data-local="false"][data-video-muted="true"]', { timeout: 5000 });
  await anna.click('#toggle-camera');
  await seesTiles(ben, 1);
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`${browser} sends what somebody watches, and pictures as large as they are shown`, async (stage) => {
    const anna = await joinDemo(stage, browser, 'Anna', { camera: largeCamera });
    // Nobody else is there.
    await encodes(anna, [], 15_000);
    const ben = await joinDemo(stage, 'chromium', 'Ben');
    await ben.setViewport({ width: 1800, height: 1100 });
    await encodes(anna, [320, 640, 1280], 6000);
    await seesWidth(ben, 1280, 5000);

    await ben.setViewport({ width: 300, height: 440 });
    await seesWidth(ben, 320, 5000);
    await encodes(anna, [320], 12_000);

    await ben.setViewport({ width: 1800, height: 1100 });
    await encodes(anna, [320, 640, 1280], 3000);
    await seesWidth(ben, 1280, 5000);
  });
}

test('what is scrolled out of view is not sent, and comes again', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  await joinDemo(stage, 'chromium', 'Ben');
  await joinDemo(stage, 'chromium', 'Cleo');
  await seesTiles(anna, 2);
  // One tile below the other, one of them in view.
  await anna.setViewport({ width: 300, height: 310 });
  const grid = (top: number) =>
    anna.evaluate((to) => document.querySelector('.grid')!.scrollTo({ top: to }), top);
  const moving = async () => {
    const before = await otherTiles(anna);
    await sleep(700);
    return (await otherTiles(anna)).map(({ frames }, i) => frames > (before[i]?.frames ?? 0));
  };
  const seesMoving = (expected: readonly boolean[]) =>
    eventually(`moving: ${expected}`, 6000, async () => {
      const seen = await moving();
      return String(seen) === String(expected) ? { value: true } : { pending: seen };
    });
  await grid(0);
  await seesMoving([true, false]);
  await grid(220);
  await seesMoving([false, true]);
});
