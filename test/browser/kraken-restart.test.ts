/** Checks 22 and 27 of the Kraken protocol: a killed browser, and a server that starts anew during a call. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launchBrowser } from './harness/browsers.ts';
import {
  type LoadedManifold,
  loadManifold,
  type ManifoldProcess,
  startManifold,
} from './harness/manifold-process.ts';
import { eventually, receives } from './harness/media-assertions.ts';
import { type PageServer, startPageServer } from './harness/page-server.ts';
import { toolkitBundle } from './harness/toolkit-bundle.ts';
import { startTurnServer, type TurnProcess } from './harness/turn-server.ts';
import type { KrakenJoin } from './page/kraken-page.ts';

let pages: PageServer;
let turnServer: TurnProcess;
let server: ManifoldProcess;
let next: LoadedManifold | undefined;
const browsers: Browser[] = [];

before(async () => {
  [pages, turnServer] = await Promise.all([startPageServer(), startTurnServer()]);
});

after(async () => {
  for (const browser of browsers) if (browser.connected) await browser.close();
  next?.discard();
  await server?.close();
  await turnServer?.close();
  await pages?.close();
});

async function launch(name: 'chromium' | 'firefox'): Promise<Browser> {
  const browser = await launchBrowser(name);
  browsers.push(browser);
  return browser;
}

async function join(
  browser: Browser,
  name: string,
  client: KrakenJoin['client'] = 'kraken.fm',
): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.evaluateOnNewDocument(await toolkitBundle());
  await page.goto(pages.origin, { waitUntil: 'load' });
  const options: KrakenJoin = {
    client,
    api: server.origin,
    room: `the-room-of-${client}`,
    name,
    pollMs: 1000,
  };
  await page.evaluate((join) => toolkit.krakenJoin(join), options);
  return page;
}

/** Waits until the page shows exactly these, having joined so often. */
async function shows(page: Page, names: readonly string[], joins = 1, timeoutMs = 40_000): Promise<void> {
  await eventually(`shows ${names.join(', ')}`, timeoutMs, async () => {
    const seen = await page.evaluate(() => toolkit.krakenView());
    const same = JSON.stringify([...seen.tiles].sort()) === JSON.stringify([...names].sort());
    return same && seen.joins >= joins && seen.failure === null ? { value: true } : { pending: seen };
  });
}

test('check 27: after a restart of the server, pages of both clients are back in their calls', {
  timeout: 150_000,
}, async () => {
  const { turn } = turnServer;
  server = await startManifold({ turn });
  const [chromium, firefox] = await Promise.all([launch('chromium'), launch('firefox')]);
  const calls = [
    [await join(chromium, 'Alice'), await join(firefox, 'Bob')],
    [await join(chromium, 'Carol', 'mornin'), await join(firefox, 'Dave', 'mornin')],
  ] as const;
  const names = [
    ['Alice', 'Bob'],
    ['Carol', 'Dave'],
  ] as const;
  const everybody = async (joins: number) => {
    const back = async (page: Page, call: readonly string[]) => {
      await shows(page, call, joins);
      await receives(page, { videos: 0, audios: 1 });
    };
    await Promise.all(calls.flatMap((call, index) => call.map((page) => back(page, names[index]!))));
  };
  await everybody(1);
  const { httpPort } = server;
  // The clients ask again at once and without end, which leaves little of two processors to a process that loads.
  next = await loadManifold();
  await server.close();
  server = await next.start({ turn, http: { port: httpPort } });
  await everybody(2);
  for (const page of calls.flat()) await page.close();
  await server.close();
});

test('check 22: a browser that is killed is gone for the others once nothing is heard of it', {
  timeout: 90_000,
}, async () => {
  // By default it is 30 s, after which ICE has failed, and the time of a poll.
  server = await startManifold({ kraken: { silenceMs: 4000 } });
  const [survivor, victim] = await Promise.all([launch('firefox'), launch('chromium')]);
  const alice = await join(survivor, 'Alice');
  await join(victim, 'Bob');
  await shows(alice, ['Alice', 'Bob']);
  await receives(alice, { videos: 0, audios: 1 });
  const killedAt = performance.now();
  // With all its processes: those that are left alone go on for a while.
  process.kill(-victim.process()!.pid!, 'SIGKILL');
  await shows(alice, ['Alice']);
  assert.ok(performance.now() - killedAt >= 3000, 'killed, and so without a goodbye');
});
