/** The demo page as people use it. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { joinDemo, otherTiles, pressJoin, seesTiles, selfIdOf } from './harness/demo-page.ts';
import { saveScreenshot } from './harness/diagnostics.ts';
import { eventually, inbound, receives } from './harness/media-assertions.ts';
import { stage } from './harness/stage.ts';

const test = stage();
/** How soon the others must see that someone left, and a newcomer its first picture. */
const promptlyMs = 2000;

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
