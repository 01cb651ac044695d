/**
 * Section 13 of the Talksy protocol: what needs real browsers and media. The client is the page at /talksy with the
 * quirks of the original's page switched on.
 */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { TalksyTestClient } from '../signaling/talksy-test-client.ts';
import { saveScreenshot } from './harness/diagnostics.ts';
import { eventually, inbound, receives, sleep } from './harness/media-assertions.ts';
import { stage } from './harness/stage.ts';
import { seesTalksyTiles, startTalksy, talksyTiles } from './harness/talksy-page.ts';

const test = stage();
interface AnnouncedTrack {
  readonly kind: string;
  readonly is_simulcast: boolean;
}

/** Large enough for three sizes. */
const largeCamera = { width: 960, height: 540, frameRate: 15, colour: 'teal' };

/** The server's statistics of what the page gets, as it last told. */
const sentTo = (page: Page) => page.evaluate(() => window.__call?.figures.peek()?.sent ?? []);

/** Waits for the height of the only picture a page receives. */
async function showsHeight(page: Page, height: number, timeoutMs = 15_000): Promise<void> {
  await eventually(`a picture of ${height} lines`, timeoutMs, async () => {
    const heights = (await talksyTiles(page)).map((tile) => tile.height);
    // Encoders round to what suits them.
    return heights.length === 1 && Math.abs(heights[0]! - height) < 4
      ? { value: true }
      : { pending: heights };
  });
}

const tell = (page: Page, type: string, data: unknown) =>
  page.evaluate((text) => window.__call?.tell(text), JSON.stringify({ type, data }));

/** Decoded pictures of a page, the longest time between two of them, while something is done. */
async function longestFreezeMs(page: Page, action: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const video = document.querySelector<HTMLVideoElement>('video[id^="video-"]')!;
    const watch = { longest: 0, last: performance.now(), on: true };
    (globalThis as { freezeWatch?: typeof watch }).freezeWatch = watch;
    const seen = () => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
      if (watch.on) video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  });
  await action();
  return await page.evaluate(() => {
    const watch = (globalThis as { freezeWatch?: { longest: number; on: boolean } }).freezeWatch!;
    watch.on = false;
    return watch.longest;
  });
}

test('checks 1, 3, 6, 9, 17: two browsers see and hear each other under the ids of the sender; voice is shown', async (stage) => {
  const opened = performance.now();
  const anna = await startTalksy(stage, 'chromium', 'anna', { codec: 'VP9' });
  assert.ok(performance.now() - opened < 15_000);
  assert.match((await anna.$eval('#client-id', ({ textContent }) => textContent)) ?? '', /^[A-Za-z0-9]{21}$/);
  const ben = await startTalksy(stage, 'firefox', 'ben', { codec: 'VP9' });
  for (const [page, other] of [
    [anna, ben],
    [ben, anna],
  ] as const) {
    const [tile] = await seesTalksyTiles(page, 1);
    await receives(page, { videos: 1, audios: 1 });
    // By the descriptions: Firefox's tracks have other ids in its scripts, and braces around those in its offers.
    const msids = (who: Page, side: 'localDescription' | 'remoteDescription') =>
      who.evaluate((which) => toolkit.sentMsids(window.__call?.connection?.[which]?.sdp ?? '').sort(), side);
    const sent = (await msids(other, 'localDescription')).map((msid) => msid.replaceAll(/[{}]/g, ''));
    assert.deepEqual(await msids(page, 'remoteDescription'), sent.sort());
    assert.deepEqual(new Set(sent.map((msid) => msid.split(' ')[0])), new Set([tile?.streamId]));
    for (const msid of page === anna ? sent : []) assert.ok(await page.$(`#stats-${msid.split(' ')[1]}`));
  }
  await eventually('the fake microphone is heard as voice', 10_000, async () => {
    const tiles = await talksyTiles(ben);
    return tiles[0]?.speaking === true ? { value: true } : { pending: tiles };
  });
  await eventually('statistics of both directions', 5000, async () => {
    const figures = await anna.evaluate(() => window.__call?.figures.peek());
    const codecs = figures?.sent.map(({ codec }) => codec).sort();
    return codecs?.length === 2 && figures?.received.length === 2 ? { value: true } : { pending: figures };
  });
  await saveScreenshot(anna, 'talksy-page');
});

test('checks 7, 8, 10: three tabs have two whole tiles each; closing one and Disconnect take theirs away', async (stage) => {
  const anna = await startTalksy(stage, 'chromium', 'anna', { codec: 'H264' });
  const ben = await startTalksy(stage, 'chromium', 'ben', { codec: 'H264' });
  const cleo = await startTalksy(stage, 'chromium', 'cleo', { codec: 'VP9' });
  const late = performance.now();
  await seesTalksyTiles(cleo, 2, 5000 + 3000);
  for (const page of [anna, ben, cleo]) {
    await seesTalksyTiles(page, 2);
    await receives(page, { videos: 2, audios: 2 });
  }
  assert.ok(performance.now() - late < 30_000);
  // With its quirk, the page sends on over its peer connection.
  await ben.click('#disconnect');
  assert.equal(await ben.evaluate(() => window.__call?.connection?.connectionState), 'connected');
  for (const page of [anna, cleo]) await seesTalksyTiles(page, 1, 5000);
  await cleo.close();
  await seesTalksyTiles(anna, 0, 5000);
});

test('checks 12, 14, 18: layers of VP9 follow the quality and the size of the picture, none stops it, sound goes on', async (stage) => {
  const anna = await startTalksy(stage, 'chromium', 'anna', { svc: true, camera: largeCamera });
  // Without the quirks, so that sizes are told as they are.
  const ben = await startTalksy(stage, 'chromium', 'ben', { query: '' });
  await receives(ben, { videos: 1, audios: 1, width: 960, height: 540, videoCodec: 'video/VP9' }, 30_000);
  const freeze = await longestFreezeMs(ben, async () => {
    await ben.select('#quality', 'low');
    await showsHeight(ben, 135);
    await ben.select('#quality', 'mid');
    await showsHeight(ben, 270);
    await ben.select('#quality', 'high');
    await showsHeight(ben, 540);
  });
  assert.ok(freeze < 2000, `stood still for ${freeze} ms`);
  // Not visible, as the original's page says of visible ones too: the least there is, and back.
  const [video] = (await talksyTiles(ben))[0]?.videos ?? [];
  await tell(ben, 'video_size', { track_id: video, width: 0, height: 0 });
  await showsHeight(ben, 135);
  await tell(ben, 'video_size', { track_id: video, width: 640, height: 360 });
  await showsHeight(ben, 540);
  await ben.select('#quality', 'none');
  await eventually('the picture stops', 3000, async () => {
    const before = await inbound(ben);
    await sleep(500);
    const now = await inbound(ben);
    const grown = (kind: string) =>
      now.find((media) => media.kind === kind)!.packetsReceived -
      before.find((media) => media.kind === kind)!.packetsReceived;
    return grown('video') === 0 && grown('audio') > 10
      ? { value: true }
      : { pending: [grown('video'), grown('audio')] };
  });
  await ben.select('#quality', 'high');
  await seesTalksyTiles(ben, 1, 3000);
  await anna.close();
  await seesTalksyTiles(ben, 0, 5000);
}, 90_000);

test('check 13: simulcast is one track in three sizes, chosen by the quality', async (stage) => {
  const listener = await TalksyTestClient.openRoom(`ws://127.0.0.1:${stage.server.httpPort}`, stage.room);
  stage.defer(() => listener.close());
  await startTalksy(stage, 'chromium', 'anna', { codec: 'H264', simulcast: true, camera: largeCamera });
  const announced = Object.values(
    (await listener.next('tracks_available')) as Record<string, AnnouncedTrack>,
  );
  assert.deepEqual(
    announced.filter(({ kind }) => kind === 'video').map(({ is_simulcast }) => is_simulcast),
    [true],
  );
  const ben = await startTalksy(stage, 'chromium', 'ben', { codec: 'H264', query: '' });
  await receives(ben, { videos: 1, audios: 1, width: 960, height: 540, videoCodec: 'video/H264' }, 40_000);
  for (const [level, height, quality] of [
    ['low', 135, 3],
    ['mid', 270, 6],
    ['high', 540, 9],
  ] as const) {
    await ben.select('#quality', level);
    await showsHeight(ben, height);
    await eventually('the statistics say so', 3000, async () => {
      const sent = (await sentTo(ben)).find(({ codec: sentCodec }) => sentCodec === 'video/H264');
      return sent?.quality === quality && sent.maxQuality === quality ? { value: true } : { pending: sent };
    });
  }
}, 90_000);

test('check 15: a shared screen is a tile of its own, and goes again; the camera goes on', async (stage) => {
  const anna = await startTalksy(stage, 'firefox', 'anna', { query: '' });
  const ben = await startTalksy(stage, 'chromium', 'ben');
  await seesTalksyTiles(ben, 1);
  await seesTalksyTiles(anna, 1);
  await anna.evaluate(() => {
    navigator.mediaDevices.getDisplayMedia = () =>
      toolkit.openSource({
        video: true,
        audio: false,
        width: 320,
        height: 240,
        frameRate: 15,
        colour: 'navy',
      });
  });
  await sleep(300);
  await anna.click('#share-screen');
  const tiles = await eventually('a second moving tile', 15_000, async () => {
    const now = (await talksyTiles(ben)).filter(({ width, frames }) => width > 0 && frames > 2);
    return now.length === 2 ? { value: now } : { pending: now };
  });
  assert.deepEqual(tiles.map(({ audios }) => audios.length).sort(), [0, 1]);
  await receives(ben, { videos: 2, audios: 1 });
  await anna.click('#share-screen');
  await seesTalksyTiles(ben, 1);
  await seesTalksyTiles(anna, 1);
});

test('check 23: with and without RED, each hears the other', async (stage) => {
  const anna = await startTalksy(stage, 'chromium', 'with RED');
  const ben = await startTalksy(stage, 'chromium', 'without RED', { query: '&quirks&disablered' });
  const cleo = await startTalksy(stage, 'firefox', 'firefox');
  for (const page of [anna, ben, cleo]) await receives(page, { videos: 2, audios: 2 });
  const codecs = async (page: Page) => (await sentTo(page)).map(({ codec }) => codec).sort();
  await eventually('the statistics', 5000, async () => {
    const [toAnna, toBen] = [await codecs(anna), await codecs(ben)];
    return toAnna.includes('audio/opus') && toBen.some((codec) => codec.startsWith('audio/'))
      ? { value: true }
      : { pending: [toAnna, toBen] };
  });
});
