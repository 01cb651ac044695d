import type { Page } from 'puppeteer-core';
import { eventually, inbound, sleep } from '../../harness/media-assertions.ts';
import type { ShownVideo } from '../page/kurento-page.ts';
import { type Colour, colours } from './kurento-stage.ts';

const framesToGrow = 5;
const audioPacketsToGrow = 15;
/** In which a line that is alive gets some of either kind. */
const samplingMs = 700;

const isNear = (actual: readonly number[] | null, wanted: readonly number[]): boolean =>
  actual?.every((value, index) => Math.abs(value - wanted[index]!) < 60) ?? false;

/** Waits until new pictures of this colour are on the screen. */
export async function shows(page: Page, of: string, colour: Colour, timeoutMs = 15_000): Promise<ShownVideo> {
  let before: number | null = null;
  return await eventually(`shows ${colour}`, timeoutMs, async () => {
    const seen = await page.evaluate((name) => kurentoPage.shown(name), of);
    if (!isNear(seen.colour, colours[colour])) return { pending: seen };
    before ??= seen.frames;
    return seen.frames - before >= framesToGrow ? { value: seen } : { pending: seen };
  });
}

/** Waits until sound that is not silent arrives on exactly so many lines, and pictures decode on so many. */
export async function gets(
  page: Page,
  wanted: { readonly audios: number; readonly videos: number },
  timeoutMs = 20_000,
): Promise<void> {
  await eventually(`gets ${JSON.stringify(wanted)}`, timeoutMs, async () => {
    const flowing = await flowingLines(page);
    return flowing.audios === wanted.audios && flowing.videos === wanted.videos
      ? { value: true }
      : { pending: flowing };
  });
}

async function flowingLines(page: Page): Promise<{ audios: number; videos: number }> {
  const before = new Map((await inbound(page)).map((media) => [`${media.connection}/${media.ssrc}`, media]));
  await sleep(samplingMs);
  const flowing = (await inbound(page)).filter((media) => {
    const known = before.get(`${media.connection}/${media.ssrc}`);
    if (known === undefined) return false;
    return media.kind === 'video'
      ? media.framesDecoded - known.framesDecoded > 2
      : media.packetsReceived - known.packetsReceived > audioPacketsToGrow && media.totalAudioEnergy > 0;
  });
  const count = (kind: string) => flowing.filter((media) => media.kind === kind).length;
  return { audios: count('audio'), videos: count('video') };
}

/** Milliseconds from the start of a connection to its first picture on the screen. */
export async function firstPictureMs(page: Page, of: string, timeoutMs = 10_000): Promise<number> {
  return await eventually('shows a first picture', timeoutMs, async () => {
    const value = await page.evaluate((name) => kurentoPage.firstPictureMs(name), of);
    return value === null ? { pending: null } : { value };
  });
}
