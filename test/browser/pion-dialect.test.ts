/** Section 11 of the Pion_SFU protocol: what needs real browsers and media. The client is the shipped one's stand-in. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import type { BrowserName } from './harness/browsers.ts';
import { eventually, inbound, receives } from './harness/media-assertions.ts';
import { type Stage, stage } from './harness/stage.ts';
import { type SourceOptions, smallPicture } from './page/media-source.ts';
import type { PionJoinOptions, ShownTrack } from './page/pion-page.ts';

const test = stage({
  files: { '/client.js': new URL('../pion-client/client.js', import.meta.url) },
});

/** Colours far apart after 4:2:0 sampling and quantization. */
const colours = {
  red: [255, 0, 0],
  blue: [0, 0, 255],
  lime: [0, 255, 0],
  yellow: [255, 255, 0],
  white: [255, 255, 255],
} as const;
type Colour = keyof typeof colours;

const painted = (colour: Colour): SourceOptions => ({ video: true, audio: true, colour, ...smallPicture });

async function openClient(it: Stage, browser: BrowserName, label: string): Promise<Page> {
  const page = await it.open(browser, label);
  await page.addScriptTag({ url: `${it.pages.origin}/client.js` });
  return page;
}

function joinOptions(it: Stage, selfId: string, more: Partial<PionJoinOptions> = {}): PionJoinOptions {
  return { url: `ws://127.0.0.1:${it.server.httpPort}/`, room: it.room, selfId, source: null, ...more };
}

async function joinAs(
  it: Stage,
  browser: BrowserName,
  colour: Colour,
  more: Partial<PionJoinOptions> = {},
): Promise<Page> {
  const page = await openClient(it, browser, `${more.selfId ?? colour}-${browser}`);
  const options = joinOptions(it, more.selfId ?? colour, { source: painted(colour), ...more });
  await page.evaluate((join) => toolkit.pionJoin(join), options);
  return page;
}

function isNear(actual: readonly number[] | null, wanted: readonly number[]): boolean {
  return actual?.every((value, index) => Math.abs(value - wanted[index]!) < 60) ?? false;
}

/** Waits until the page shows exactly these colours, once each. */
async function shows(page: Page, wanted: readonly Colour[], timeoutMs = 15_000): Promise<ShownTrack[]> {
  return await eventually(`shows ${wanted.join(', ')}`, timeoutMs, async () => {
    const tracks = (await page.evaluate(() => toolkit.pionShown())).filter((track) => track.kind === 'video');
    const all = wanted.every(
      (name) => tracks.filter((track) => isNear(track.colour, colours[name])).length === 1,
    );
    return all && tracks.length === wanted.length ? { value: tracks } : { pending: tracks };
  });
}

const stable = (page: Page) => page.evaluate(() => PionClient.pc.signalingState === 'stable');

test('checks 5, 8, 10: two browsers see and hear each other, under the ids the sender gave', async (stage) => {
  const red = await joinAs(stage, 'chromium', 'red');
  const blue = await joinAs(stage, 'firefox', 'blue');
  for (const [page, other, name] of [
    [red, blue, 'blue'],
    [blue, red, 'red'],
  ] as const) {
    await receives(page, { videos: 1, audios: 1 });
    await shows(page, [name]);
    const sent = await other.evaluate(() => toolkit.pionMsids('local'));
    const received = await page.evaluate(() => toolkit.pionMsids('remote'));
    assert.deepEqual(received.sort(), sent.sort());
    assert.equal(sent.length, 2);
    const streams = new Set(sent.map((msid) => msid.split(' ')[0]));
    assert.equal(streams.size, 1, 'audio and video of a person share a stream');
    for (const track of await page.evaluate(() => toolkit.pionShown())) {
      assert.deepEqual(track.streamIds, [...streams], `stream id of the ${track.kind}`);
    }
  }
});

test('check 6, 7: server offers carry text with ids; answers without ids complete the round', async (stage) => {
  const red = await joinAs(stage, 'chromium', 'red', { answersWithoutIds: true });
  const blue = await joinAs(stage, 'chromium', 'blue');
  await receives(red, { videos: 1, audios: 1 });
  await receives(blue, { videos: 1, audios: 1 });
  const { events, data } = await red.evaluate(() => toolkit.pionReceived());
  assert.equal(events[0], 'answer', 'nothing precedes the answer');
  const offer = JSON.parse(data[events.indexOf('offer')] as string) as Record<string, unknown>;
  assert.equal(offer.type, 'offer');
  assert.equal(offer.self_id, 'red');
  assert.equal(offer.room_id, stage.room);
  assert.equal(typeof offer.sdp, 'string');
});

test('checks 9, 15: three, then four clients play all others and not themselves; the newcomer sees a picture within 2 s', async (stage) => {
  const pages = new Map<Colour, Page>();
  for (const colour of ['red', 'blue', 'lime'] as const)
    pages.set(colour, await joinAs(stage, 'chromium', colour));
  const everyone = async () => {
    for (const [own, page] of pages) {
      const others = [...pages.keys()].filter((colour) => colour !== own);
      await receives(page, { videos: others.length, audios: others.length });
      await shows(page, others);
    }
  };
  await everyone();
  const newcomer = await joinAs(stage, 'chromium', 'yellow');
  pages.set('yellow', newcomer);
  const startedAt = performance.now();
  await eventually('the newcomer decodes a first picture', 2000, async () => {
    const media = await inbound(newcomer);
    return media.some((line) => line.framesDecoded > 0) ? { value: true } : { pending: media.length };
  });
  assert.ok(performance.now() - startedAt <= 2500);
  await everyone();
});

test('check 11: a watcher with two recvonly lines gets the first publisher there and the next by server offers', async (stage) => {
  await joinAs(stage, 'chromium', 'red');
  const watcher = await openClient(stage, 'firefox', 'watcher');
  await watcher.evaluate(
    (join) => toolkit.pionJoin(join),
    joinOptions(stage, 'watcher', { receive: ['video', 'audio'] }),
  );
  await receives(watcher, { videos: 1, audios: 1 });
  await joinAs(stage, 'chromium', 'blue');
  await receives(watcher, { videos: 2, audios: 2 });
  await shows(watcher, ['red', 'blue']);
});

test('check 12: a second video by the client’s own offer reaches the others, and the client still receives', async (stage) => {
  const red = await joinAs(stage, 'chromium', 'red');
  const blue = await joinAs(stage, 'chromium', 'blue');
  await receives(blue, { videos: 1, audios: 1 });
  await red.evaluate((source) => toolkit.pionAddVideo(source), painted('yellow'));
  await receives(blue, { videos: 2, audios: 1 });
  await shows(blue, ['red', 'yellow']);
  const sent = await red.evaluate(() => toolkit.pionMsids('local'));
  const received = await blue.evaluate(() => toolkit.pionMsids('remote'));
  assert.deepEqual(received.sort(), sent.sort(), 'the second video keeps its ids');
  await receives(red, { videos: 1, audios: 1 });
  assert.ok(await stable(red));
});

test('checks 13, 14: leaveRoom and a closed tab remove the peer at the others within 5 s; it can join again', async (stage) => {
  const red = await joinAs(stage, 'chromium', 'red');
  const blue = await joinAs(stage, 'chromium', 'blue');
  const lime = await joinAs(stage, 'firefox', 'lime');
  await receives(red, { videos: 2, audios: 2 });
  await blue.evaluate(() => toolkit.pionLeave());
  await shows(red, ['lime'], 5000);
  await shows(lime, ['red'], 5000);
  assert.equal(await blue.evaluate(() => PionClient.socket.readyState), 1, 'the socket stays open');
  await blue.evaluate(
    (join) => toolkit.pionRejoin(join),
    joinOptions(stage, 'blue', { source: painted('blue') }),
  );
  await shows(red, ['lime', 'blue']);
  await receives(blue, { videos: 2, audios: 2 });
  await lime.close();
  await shows(red, ['blue'], 5000);
});

test('check 16: two rooms never mix, also with equal ids', async (stage) => {
  const other = `${stage.room}-other`;
  const [red, blue] = [
    await joinAs(stage, 'chromium', 'red', { selfId: 'anna' }),
    await joinAs(stage, 'chromium', 'blue', { selfId: 'ben' }),
  ];
  const [lime, yellow] = [
    await joinAs(stage, 'chromium', 'lime', { selfId: 'anna', room: other }),
    await joinAs(stage, 'chromium', 'yellow', { selfId: 'ben', room: other }),
  ];
  for (const [page, colour] of [
    [red, 'blue'],
    [blue, 'red'],
    [lime, 'yellow'],
    [yellow, 'lime'],
  ] as const) {
    await receives(page, { videos: 1, audios: 1 });
    await shows(page, [colour]);
  }
});

test('check 17: the same id joining again replaces the older peer, without double tiles', async (stage) => {
  const red = await joinAs(stage, 'chromium', 'red');
  await joinAs(stage, 'chromium', 'blue', { selfId: 'twice' });
  await shows(red, ['blue']);
  const newer = await joinAs(stage, 'chromium', 'yellow', { selfId: 'twice' });
  await shows(red, ['yellow']);
  await receives(newer, { videos: 1, audios: 1 });
  await receives(red, { videos: 1, audios: 1 });
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`check 20: a ${browser} offer crossing a server offer ends stable on both sides, all media flowing`, async (stage) => {
    const red = await joinAs(stage, browser, 'red');
    await eventually('red is connected', 10_000, async () => {
      const state = await red.evaluate(() => PionClient.pc.connectionState);
      return state === 'connected' ? { value: true } : { pending: state };
    });
    const crossing = red.evaluate((source) => toolkit.pionCrossNextOffer(source), painted('yellow'));
    const blue = await joinAs(stage, 'chromium', 'blue');
    await crossing;
    await shows(blue, ['red', 'yellow']);
    await receives(blue, { videos: 2, audios: 1 });
    await shows(red, ['blue']);
    await receives(red, { videos: 1, audios: 1 });
    assert.ok(await stable(red));
    assert.ok(await stable(blue));
    // And the signaling still works afterwards.
    await joinAs(stage, 'chromium', 'lime');
    await shows(red, ['blue', 'lime']);
    await shows(blue, ['red', 'yellow', 'lime']);
  });
}
