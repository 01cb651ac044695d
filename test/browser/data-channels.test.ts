/** Data channels of real browsers through the room, over the Pion_SFU dialect. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { UdpRelay } from '../network/udp-relay.ts';
import type { BrowserName } from './harness/browsers.ts';
import { eventually, receives } from './harness/media-assertions.ts';
import { type PageOptions, type Stage, stage } from './harness/stage.ts';
import type { PageChannel, PageMessage } from './page/data-page.ts';
import { type SourceOptions, smallPicture } from './page/media-source.ts';

const test = stage({ files: { '/client.js': new URL('../pion-client/client.js', import.meta.url) } });

const chat: PageChannel = { label: 'chat', init: {} };
const pointer: PageChannel = { label: 'pointer', init: { ordered: false, maxRetransmits: 0 } };
const both = [chat, pointer];

async function join(
  it: Stage,
  browser: BrowserName,
  selfId: string,
  channels: readonly PageChannel[],
  { source = null, page: pageOptions = {} }: { source?: SourceOptions | null; page?: PageOptions } = {},
): Promise<Page> {
  const page = await it.open(browser, `${selfId}-${browser}`, pageOptions);
  await page.addScriptTag({ url: `${it.pages.origin}/client.js` });
  await page.evaluate((options) => toolkit.pionJoin(options), {
    ...{ url: `ws://127.0.0.1:${it.server.httpPort}/`, room: it.room, selfId, source, channels },
  });
  return page;
}

async function haveState(
  page: Page,
  channels: readonly PageChannel[],
  wanted: RTCDataChannelState,
): Promise<void> {
  await eventually(`channels are ${wanted}`, 15_000, async () => {
    const states = await page.evaluate(() => toolkit.dataStates());
    return channels.every(({ label }) => states[label] === wanted) ? { value: states } : { pending: states };
  });
}

async function received(
  page: Page,
  label: string,
  count: number,
  timeoutMs = 15_000,
): Promise<PageMessage[]> {
  return await eventually(`${count} messages on ${label}`, timeoutMs, async () => {
    const messages = await page.evaluate((name) => toolkit.dataReceived(name), label);
    return messages.length >= count ? { value: messages } : { pending: messages.length };
  });
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);

for (const pair of [
  ['chromium', 'chromium'],
  ['firefox', 'chromium'],
  ['firefox', 'firefox'],
] as const) {
  test(`${pair.join(' and ')}: reliable and lossy channels, text and bytes, both ways, without media`, async (stage) => {
    const before = await stage.server.metrics();
    const pages = [await join(stage, pair[0], 'anna', both), await join(stage, pair[1], 'ben', both)];
    for (const page of pages) await haveState(page, both, 'open');
    for (const [from, to] of [pages, [...pages].reverse()]) {
      await from!.evaluate(
        (texts) => toolkit.dataSendTexts('chat', texts),
        [...numbers(300), '', 'ümläut 🙂'],
      );
      assert.deepEqual(await received(to!, 'chat', 302), [...numbers(300), '', 'ümläut 🙂']);
      await from!.evaluate((texts) => toolkit.dataSendTexts('pointer', texts), numbers(20));
      // On loopback nothing is lost.
      assert.deepEqual(new Set(await received(to!, 'pointer', 20)), new Set(numbers(20)));
      const sent: PageMessage[] = [];
      for (const bytes of [1, 1200, 65_536, 262_144])
        sent.push(await from!.evaluate((length) => toolkit.dataSendBytes('chat', length), bytes));
      assert.deepEqual((await received(to!, 'chat', 306)).slice(302), sent);
    }
    const after = await stage.server.metrics();
    for (const direction of ['in', 'out']) {
      const [first, last] = [before, after].map((all) =>
        all.sum('manifold_data_messages_total', { direction }),
      );
      assert.equal(last! - first!, 652);
    }
    assert.equal(after.sum('manifold_data_drops_total', { reason: 'malformed' }), 0);
  });
}

test('beside media, and a third who comes later; what leaves is gone', async (stage) => {
  const source = { video: true, audio: true, ...smallPicture };
  const anna = await join(stage, 'chromium', 'anna', both, { source });
  const ben = await join(stage, 'firefox', 'ben', both, { source });
  for (const page of [anna, ben]) await receives(page, { videos: 1, audios: 1 });
  for (const page of [anna, ben]) await haveState(page, both, 'open');
  const carl = await join(stage, 'chromium', 'carl', [chat]);
  await haveState(carl, [chat], 'open');
  await anna.evaluate(() => toolkit.dataSendTexts('chat', ['to both']));
  assert.deepEqual(await received(ben, 'chat', 1), ['to both']);
  assert.deepEqual(await received(carl, 'chat', 1), ['to both']);
  await carl.evaluate(() => toolkit.dataClose('chat'));
  await haveState(carl, [chat], 'closed');
  await carl.evaluate(() => toolkit.dataOpen(PionClient.pc, [{ label: 'chat', init: {} }]));
  await haveState(carl, [chat], 'open');
  await ben.evaluate(() => toolkit.dataSendTexts('chat', ['again']));
  assert.deepEqual(await received(carl, 'chat', 1), ['again']);
  assert.deepEqual(await received(anna, 'chat', 1), ['again']);
  assert.deepEqual(await received(carl, 'pointer', 0), []);
  await ben.close();
  await anna.evaluate(() => toolkit.dataSendTexts('chat', ['fewer']));
  assert.deepEqual(await received(carl, 'chat', 2), ['again', 'fewer']);
  await receives(anna, { videos: 0, audios: 0 });
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`${browser} over a network that loses 5 %: reliable messages all come in order, lossy ones mostly`, async (stage) => {
    const relay = await UdpRelay.start({
      server: { address: '127.0.0.1', port: stage.server.mediaPort },
      seed: 11,
    });
    stage.defer(() => relay.close());
    const redirection = { from: stage.server.mediaPort, to: relay.addresses[0]!.port };
    const anna = await join(stage, browser, 'anna', both, { page: { redirection } });
    const ben = await join(stage, browser, 'ben', both, { page: { redirection } });
    for (const page of [anna, ben]) await haveState(page, both, 'open');
    const loss = { kind: 'uniform', probability: 0.05 } as const;
    relay.update({ toServer: { loss, delayMs: 20 }, toClient: { loss, delayMs: 20 } });
    const texts = numbers(400).map((number) => number.padEnd(700, '.'));
    await anna.evaluate((all) => toolkit.dataSendTexts('chat', all), texts);
    const bytes = await anna.evaluate(() => toolkit.dataSendBytes('chat', 262_144));
    const inOrder = await received(ben, 'chat', 401, 60_000);
    assert.deepEqual(inOrder, [...texts, bytes]);
    for (let round = 0; round < 40; round++)
      await anna.evaluate((all) => toolkit.dataSendTexts('pointer', all), numbers(5));
    const lossy = await received(ben, 'pointer', 120);
    assert.ok(lossy.length <= 200);
    const metrics = await stage.server.metrics();
    assert.ok(metrics.sum('manifold_data_retransmissions_total') > 0);
  }, 120_000);
}
