import type { Page } from 'puppeteer-core';
import type { BrowserName } from './browsers.ts';
import { eventually } from './media-assertions.ts';
import type { PageOptions, Stage } from './stage.ts';

export interface TalksyPageOptions extends Omit<PageOptions, 'url'> {
  readonly codec?: 'H264' | 'VP9';
  readonly simulcast?: boolean;
  /** Default: off, which costs two processors least. */
  readonly svc?: boolean;
  /** More of the address: `&disablered`. */
  readonly query?: string;
  readonly room?: string;
}

/** What the page shows of one other stream. */
export interface TalksyTile {
  readonly streamId: string;
  readonly audios: string[];
  readonly videos: string[];
  readonly width: number;
  readonly height: number;
  readonly currentTime: number;
  readonly frames: number;
  readonly speaking: boolean;
}

/** Opens the page and presses Start, as a person does; the quirks of the original's page are on. */
export async function startTalksy(
  it: Stage,
  browser: BrowserName,
  label: string,
  options: TalksyPageOptions = {},
): Promise<Page> {
  const {
    codec = 'VP9',
    simulcast = false,
    svc = false,
    query = '&quirks',
    room = it.room,
    ...rest
  } = options;
  const url = `${it.server.origin}/talksy?room_id=${encodeURIComponent(room)}${query}`;
  const page = await it.open(browser, label, { ...rest, url });
  // Tiles below the fold would be told to the server as not visible.
  await page.setViewport({ width: 1280, height: 1200 });
  await page.waitForSelector('#start-vp9', { timeout: 15_000 });
  if (simulcast) await page.click('#simulcast');
  if (!svc) await page.click('#svc');
  await page.click(`#start-${codec.toLowerCase()}`);
  await eventually('connected', 15_000, async () => {
    const state = await page.evaluate(() => window.__call?.state.peek());
    return state === 'connected' ? { value: true } : { pending: state };
  });
  return page;
}

export function talksyTiles(page: Page): Promise<TalksyTile[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLVideoElement>('video[id^="video-"]')].map((video) => {
      const stream = video.srcObject as MediaStream | null;
      return {
        streamId: video.id.slice('video-'.length),
        audios: (stream?.getAudioTracks() ?? []).map(({ id }) => id),
        videos: (stream?.getVideoTracks() ?? []).map(({ id }) => id),
        width: video.videoWidth,
        height: video.videoHeight,
        currentTime: video.currentTime,
        frames: toolkit.presentedFrames(video),
        speaking: video.parentElement?.classList.contains('speaking') === true,
      };
    }),
  );
}

/** Waits until there are exactly so many tiles, each with one audio and one video track and a moving picture. */
export async function seesTalksyTiles(page: Page, count: number, timeoutMs = 20_000): Promise<TalksyTile[]> {
  const first = new Map<string, TalksyTile>();
  return await eventually(`${count} moving tiles`, timeoutMs, async () => {
    const tiles = await talksyTiles(page);
    for (const tile of tiles) if (!first.has(tile.streamId)) first.set(tile.streamId, tile);
    const alive = tiles.filter(({ streamId, width, frames, currentTime, audios, videos }) => {
      const before = first.get(streamId)!;
      const whole = audios.length === 1 && videos.length === 1;
      return whole && width > 0 && frames > before.frames && currentTime > before.currentTime;
    });
    return tiles.length === count && alive.length === count ? { value: tiles } : { pending: tiles };
  });
}
