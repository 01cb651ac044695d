/** Check 32: what the ksfu README shows, by pages that speak the protocol themselves. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { eventually, receives } from '../harness/media-assertions.ts';
import { stage } from '../harness/stage.ts';
import { smallPicture } from '../page/media-source.ts';
import { pageBundle } from './harness/page-bundle.ts';

const test = stage();

interface Sides {
  readonly publisher: string;
  readonly subscriber: string;
}

interface OnEvent {
  readonly params: {
    readonly type: string;
    readonly data?: Readonly<Record<string, unknown>>;
    readonly value?: Readonly<Record<string, unknown>>;
  };
}

const eventsOf = (page: Page): Promise<OnEvent[]> =>
  page.evaluate(() => (globalThis as unknown as { readmeClient: { events: OnEvent[] } }).readmeClient.events);

for (const browser of ['chromium', 'firefox'] as const) {
  test(`check 32: the flow of the README in ${browser}: bare ids, flat candidates, no gatherCandidates`, async (it) => {
    const page: Page = await it.open(browser, 'page');
    await page.addScriptTag({ content: await pageBundle() });
    const sides = await page.evaluate(
      async (url, picture): Promise<Sides> => {
        const client = await kurentoPage.ReadmeClient.open(url);
        Object.assign(globalThis, { readmeClient: client });
        const pipeline = (await client.request('create', {
          type: 'MediaPipeline',
          constructorParams: {},
        })) as string;
        const source = await toolkit.openSource({ audio: true, video: true, ...picture });
        const publisher = await client.connect(pipeline, source);
        await client.request('ping');
        const subscriber = await client.connect(pipeline, null);
        // The README's form of an id, and the bare one.
        await client.request('invoke', {
          object: `${pipeline}/${publisher}`,
          operation: 'connect',
          operationParams: { sink: subscriber },
        });
        return { publisher, subscriber };
      },
      `ws://127.0.0.1:${it.server.httpPort}/ws`,
      smallPicture,
    );
    await receives(page, { videos: 1, audios: 1 });
    // They come unasked, half a second after the answer; media may be quicker, as candidates are in that too.
    const events = await eventually('candidates come for both', 5000, async () => {
      const seen = await eventsOf(page);
      const endpoints = new Set(seen.map(({ params }) => params.data?.endpoint));
      return endpoints.size === 2 ? { value: seen } : { pending: [...endpoints] };
    });
    for (const { params } of events) {
      const { type, data, value } = params;
      assert.equal(type, 'OnIceCandidate');
      assert.ok([sides.publisher, sides.subscriber].includes(String(data!.endpoint)), 'the id as subscribed');
      assert.match(String(data!.candidate), /^candidate:/);
      // The envelope of Kurento Media Server is there too, for clients that read it.
      assert.equal(value!.type, 'OnIceCandidate');
      assert.ok(String(value!.object).endsWith(`/${data!.endpoint}`));
    }
  });
}
