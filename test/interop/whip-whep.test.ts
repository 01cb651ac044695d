/** WHIP publishers of four different stacks, WHEP players of three: everyone decodes everyone. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import type { BrowserName } from '../browser/harness/browsers.ts';
import { eventually, receives } from '../browser/harness/media-assertions.ts';
import { type Stage, stage } from '../browser/harness/stage.ts';
import { smallPicture } from '../browser/page/media-source.ts';
import { PythonClient } from './python-client.ts';

const test = stage();
const source = { video: true, audio: true, ...smallPicture };

function pythonClient(it: Stage, script: string, ...args: string[]): PythonClient {
  const client = new PythonClient(script, args);
  it.defer(() => client.close());
  return client;
}

async function openPlayer(it: Stage, browser: BrowserName): Promise<Page> {
  const player = await it.open(browser, `${browser} player`);
  await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), it.server.whep(it.room));
  return player;
}

/** Two different browsers and aiortc play the room. */
async function everyonePlays(it: Stage, videoCodec: string, browsers: readonly BrowserName[]): Promise<void> {
  const aiortc = pythonClient(it, 'aiortc_whep.py', it.server.whep(it.room));
  const players: Page[] = [];
  for (const browser of browsers) players.push(await openPlayer(it, browser));
  for (const player of players) {
    await receives(player, { videos: 1, audios: 1, videoCodec, audioCodec: 'audio/opus' });
  }
  const heard = await aiortc.event(
    'aiortc decodes picture and tone',
    ({ event, frames, width, height, samples, peak }) =>
      event === 'received' &&
      Number(frames) >= 15 &&
      width === smallPicture.width &&
      height === smallPicture.height &&
      Number(samples) >= 48_000 / 2 &&
      Number(peak) > 500,
  );
  assert.ok(heard);
}

const bothBrowsers: readonly BrowserName[] = ['chromium', 'firefox'];

test('Chromium publishes by WHIP', async (stage) => {
  const publisher = await stage.open('chromium', 'publisher');
  const session = await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: 'video/VP8', audio: 'audio/opus' }),
    stage.server.whip(stage.room),
    source,
  );
  await everyonePlays(stage, 'video/VP8', bothBrowsers);
  const status = await publisher.evaluate((handle) => toolkit.endSession(handle), session);
  assert.ok(status === 200 || status === 204, `DELETE was answered ${status}`);
});

test('Firefox publishes by WHIP', async (stage) => {
  const publisher = await stage.open('firefox', 'publisher');
  await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: 'video/VP8', audio: 'audio/opus' }),
    stage.server.whip(stage.room),
    source,
  );
  await everyonePlays(stage, 'video/VP8', bothBrowsers);
});

test('aiortc publishes by WHIP', async (stage) => {
  const publisher = pythonClient(stage, 'aiortc_whip.py', stage.server.whip(stage.room));
  await publisher.event(
    'aiortc is connected',
    ({ event, state }) => event === 'connection' && state === 'connected',
  );
  await everyonePlays(stage, 'video/VP8', bothBrowsers);
  await publisher.close();
  const end = await publisher.event('aiortc ends its session', ({ event }) => event === 'ended');
  assert.ok(end.status === 200 || end.status === 204, `DELETE was answered ${String(end.status)}`);
});

for (const codec of ['VP8', 'H264'] as const) {
  test(`GStreamer publishes ${codec} by WHIP`, async (stage) => {
    const publisher = pythonClient(stage, 'gstreamer_whip.py', stage.server.whip(stage.room), codec);
    await publisher.event(
      'GStreamer is connected',
      ({ event, state }) => event === 'connection' && state === 'connected',
    );
    // Debian's Firefox has no H264 decoder.
    await everyonePlays(stage, `video/${codec}`, codec === 'VP8' ? bothBrowsers : ['chromium']);
    await publisher.close();
    await publisher.event('GStreamer ends its session', ({ event }) => event === 'ended');
  });
}

test('a player that comes first gets the publisher that comes later', async (stage) => {
  const player = await openPlayer(stage, 'chromium');
  const publisher = await stage.open('chromium', 'publisher');
  await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: null, audio: null }),
    stage.server.whip(stage.room),
    source,
  );
  await receives(player, { videos: 1, audios: 1 });
});

test('DELETE of a publisher silences the players and frees the room', async (stage) => {
  const publisher = await stage.open('chromium', 'publisher');
  const session = await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: null, audio: null }),
    stage.server.whip(stage.room),
    source,
  );
  const player = await openPlayer(stage, 'chromium');
  await receives(player, { videos: 1, audios: 1 });
  await publisher.evaluate((handle) => toolkit.endSession(handle), session);
  await player.evaluate((handle) => toolkit.endSession(handle), 0);
  await eventually('the room is gone', 5000, async () => {
    const rooms = JSON.stringify(await stage.server.rooms());
    return rooms.includes(stage.room) ? { pending: rooms } : { value: true };
  });
});
