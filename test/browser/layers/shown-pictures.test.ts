/** What the demo page asks of the publishers follows what it shows of them. */
import type { Page } from 'puppeteer-core';
import { joinDemo, otherTiles, seesTiles } from '../harness/demo-page.ts';
import { eventually, outbound, sleep } from '../harness/media-assertions.ts';
import { stage } from '../harness/stage.ts';

const test = stage();

/** Sizes follow within seconds; a browser short of processor, or a cautious estimate, takes its time with the largest. */
const adaptedMs = 20_000;

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

async function encodes(page: Page, widths: readonly number[]): Promise<void> {
  await eventually(`encodings of widths ${widths}`, adaptedMs, async () => {
    const encoded = await encodedWidths(page);
    return String(encoded) === String(widths) ? { value: true } : { pending: encoded };
  });
}

async function seesWidth(page: Page, width: number): Promise<void> {
  await eventually(`a picture of width ${width}`, adaptedMs, async () => {
    const [tile] = await otherTiles(page);
    return tile?.width === width ? { value: true } : { pending: tile };
  });
}

for (const browser of ['chromium', 'firefox'] as const) {
  test(`${browser} sends what somebody watches, and pictures as large as they are shown`, async (stage) => {
    const anna = await joinDemo(stage, browser, 'Anna', { camera: largeCamera });
    // Nobody else is there.
    await encodes(anna, []);
    const ben = await joinDemo(stage, 'chromium', 'Ben');
    await ben.setViewport({ width: 1800, height: 1100 });
    await encodes(anna, [320, 640, 1280]);
    await seesWidth(ben, 1280);

    await ben.setViewport({ width: 300, height: 440 });
    await seesWidth(ben, 320);
    await encodes(anna, [320]);

    await ben.setViewport({ width: 1800, height: 1100 });
    await encodes(anna, [320, 640, 1280]);
    await seesWidth(ben, 1280);
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
    eventually(`moving: ${expected}`, adaptedMs, async () => {
      const seen = await moving();
      return String(seen) === String(expected) ? { value: true } : { pending: seen };
    });
  await grid(0);
  await seesMoving([true, false]);
  await grid(220);
  await seesMoving([false, true]);
});
