import type { Page } from 'puppeteer-core';
import type { BrowserName } from './browsers.ts';
import { eventually } from './media-assertions.ts';
import type { PageOptions, Stage } from './stage.ts';

/** What the demo page shows of one other participant. */
export interface ShownTile {
  readonly participant: string;
  readonly kind: string;
  /** Size of the picture on the screen; 0 while there is none. */
  readonly width: number;
  readonly height: number;
  /** Pictures presented since it was first looked at. */
  readonly frames: number;
}

/** Opens the demo page, waits for the preview of the camera and presses Join, as a person does. */
export async function joinDemo(
  it: Stage,
  browser: BrowserName,
  name: string,
  options: Pick<PageOptions, 'camera'> = {},
): Promise<Page> {
  const url = `${it.server.origin}/?${new URLSearchParams({ room: it.room, name })}`;
  const page = await it.open(browser, `${name} in ${browser}`, { url, ...options });
  await pressJoin(page);
  return page;
}

export async function pressJoin(page: Page): Promise<void> {
  await page.waitForSelector('.preview video', { timeout: 15_000 });
  await page.click('#join');
  await page.waitForSelector('.room', { timeout: 5000 });
}

export function selfIdOf(page: Page): Promise<string> {
  return page.evaluate(() => (window as { __room?: { selfId: string } }).__room!.selfId);
}

/** The tiles of the others, as shown. */
export function otherTiles(page: Page): Promise<ShownTile[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('article.tile[data-local="false"]')].map((tile) => {
      const video = tile.querySelector('video');
      return {
        participant: tile.dataset.participant ?? '',
        kind: tile.dataset.kind ?? '',
        width: video?.videoWidth ?? 0,
        height: video?.videoHeight ?? 0,
        frames: video === null ? 0 : toolkit.presentedFrames(video),
      };
    }),
  );
}

/** Waits until exactly so many tiles of others are shown and every one has a moving picture. */
export async function seesTiles(page: Page, count: number, timeoutMs = 20_000): Promise<ShownTile[]> {
  const first = new Map<string, ShownTile>();
  return await eventually(`${count} moving tiles`, timeoutMs, async () => {
    const tiles = await otherTiles(page);
    for (const tile of tiles) {
      const key = `${tile.participant} ${tile.kind}`;
      if (!first.has(key)) first.set(key, tile);
    }
    const moving = tiles.filter(
      (tile) => tile.width > 0 && tile.frames > first.get(`${tile.participant} ${tile.kind}`)!.frames,
    );
    return tiles.length === count && moving.length === count ? { value: tiles } : { pending: tiles };
  });
}
