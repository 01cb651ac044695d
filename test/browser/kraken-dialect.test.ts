/**
 * Section 7 of the Kraken protocol: what needs real browsers and media. The pages live as kraken.fm and mornin do
 * (test/browser/page/kraken-page.ts).
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { BrowserName } from './harness/browsers.ts';
import { eventually, inbound, receives } from './harness/media-assertions.ts';
import { type Stage, stage } from './harness/stage.ts';
import { startTurnServer, type TurnProcess } from './harness/turn-server.ts';
import type { KrakenJoin, KrakenView } from './page/kraken-page.ts';

let turnServer: TurnProcess | undefined;

after(() => turnServer?.close());

const options = {
  /** Shorter than an operator would choose. */
  kraken: { silenceMs: 4000 },
};
const test = stage({
  server: async () => {
    turnServer = await startTurnServer();
    return { ...options, turn: turnServer.turn };
  },
});

/** The clients pause for three seconds; most of these tests need not wait for that. */
const pollMs = 400;
const clientPollMs = 3000;
/** Several rounds of polling, and what a busy machine adds. */
const timeoutMs = 20_000;

const view = (page: Page): Promise<KrakenView> => page.evaluate(() => toolkit.krakenView());

async function join(
  it: Stage,
  browser: BrowserName,
  name: string,
  more: Partial<KrakenJoin> = {},
): Promise<Page> {
  const page = await it.open(browser, `${name}-${browser}`);
  await page.evaluate((options) => toolkit.krakenJoin(options), {
    client: 'kraken.fm',
    api: it.server.origin,
    room: it.room,
    name,
    pollMs,
    ...more,
  } satisfies KrakenJoin);
  return page;
}

/** Waits until the page shows exactly these tiles, and hears everybody but itself. */
async function shows(page: Page, names: readonly string[], ms = timeoutMs): Promise<KrakenView> {
  const wanted = JSON.stringify([...names].sort());
  return await eventually(`shows ${names.join(', ')}`, ms, async () => {
    const seen = await view(page);
    return JSON.stringify([...seen.tiles].sort()) === wanted && seen.failure === null
      ? { value: seen }
      : { pending: seen };
  });
}

const hears = (page: Page, audios: number) =>
  receives(page, { videos: 0, audios, audioCodec: 'audio/opus' }, timeoutMs);

test('checks 15, 16, 23: Chromium and Firefox, on Opus 111 and 109, hear each other, and then a third', async (stage) => {
  const alice = await join(stage, 'chromium', 'Alice');
  const bob = await join(stage, 'firefox', 'Bob');
  for (const page of [alice, bob]) {
    await shows(page, ['Alice', 'Bob']);
    await hears(page, 1);
  }
  assert.equal((await inbound(alice))[0]?.mid, '0', 'in the page’s own section');
  const carol = await join(stage, 'chromium', 'Carol');
  for (const page of [alice, bob, carol]) {
    await shows(page, ['Alice', 'Bob', 'Carol']);
    await hears(page, 2);
  }
  for (const page of [alice, bob, carol]) {
    const { calls, joins, retries } = await view(page);
    assert.deepEqual([joins, retries], [1, 0]);
    assert.ok(
      calls.every(({ method, code }) => code === null || method === 'trickle'),
      JSON.stringify(calls),
    );
  }
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`check 18: ${browser} fires mute when somebody goes, and shows the next one in the freed section`, async (stage) => {
    const alice = await join(stage, browser, 'Alice');
    const bob = await join(stage, 'chromium', 'Bob');
    await shows(alice, ['Alice', 'Bob']);
    // Firefox fires mute for what was not muted from the start, which is over with the first packet.
    await hears(alice, 1);
    // The clients do not say that they leave: a closed tab is known by its DTLS or its silence.
    await bob.close();
    const { mutes } = await shows(alice, ['Alice'], 30_000);
    assert.equal(mutes, 1);
    const dave = await join(stage, 'chromium', 'Dave');
    await shows(alice, ['Alice', 'Dave']);
    await hears(alice, 1);
    assert.equal((await inbound(alice))[0]?.mid, '0', 'where Bob was');
    await hears(dave, 1);
  });
}

test('check 19: two tabs of one browser share an id; the newer is heard, the older rests', async (stage) => {
  const alice = await join(stage, 'firefox', 'Alice');
  const uuid = randomUUID();
  const older = await join(stage, 'chromium', 'Bob', { uuid });
  await shows(alice, ['Alice', 'Bob']);
  await hears(alice, 1);
  const newer = await join(stage, 'chromium', 'Bob', { uuid });
  await eventually('the newer is connected', 15_000, async () => {
    const { connection } = await view(newer);
    return connection === 'connected' ? { value: true } : { pending: connection };
  });
  await eventually('Alice was offered it', timeoutMs, async () => {
    const { mutes, tiles } = await view(alice);
    return mutes === 1 && tiles.length === 2 ? { value: true } : { pending: { mutes, tiles } };
  });
  await hears(alice, 1);
  const resting = await eventually('the older is told of the other', timeoutMs, async () => {
    const seen = await view(older);
    return seen.calls.some(({ code }) => code === 5002003) ? { value: seen } : { pending: seen.calls };
  });
  assert.equal(resting.joins, 1);
  await shows(newer, ['Bob', 'Alice']);
});

test('check 21: a muted microphone keeps its page in the room', async (stage) => {
  const alice = await join(stage, 'chromium', 'Alice');
  const bob = await join(stage, 'firefox', 'Bob');
  for (const page of [alice, bob]) {
    await shows(page, ['Alice', 'Bob']);
    await page.evaluate(() => toolkit.krakenMute(true));
  }
  await new Promise((resolve) => setTimeout(resolve, options.kraken.silenceMs * 1.5));
  for (const page of [alice, bob]) assert.equal((await shows(page, ['Alice', 'Bob'])).joins, 1);
  await alice.evaluate(() => toolkit.krakenMute(false));
  await hears(bob, 1);
});

test('check 20: end by an operator: kraken.fm comes back by itself', async (stage) => {
  const alice = await join(stage, 'chromium', 'Alice');
  const bob = await join(stage, 'chromium', 'Bob');
  await shows(alice, ['Alice', 'Bob']);
  const call = async (method: string, params: unknown[]) => {
    const answer = await fetch(stage.server.origin, {
      method: 'POST',
      body: JSON.stringify({ method, params }),
    });
    return (await answer.json()) as { data: { peers: { id: string; track: string }[] } };
  };
  const { cid } = await view(bob);
  const { peers } = (await call('list', [stage.room])).data;
  const { id } = peers.find(({ track }) => track === cid)!;
  await call('end', [stage.room, id, cid]);
  await eventually('Bob joined again', timeoutMs, async () => {
    const { joins } = await view(bob);
    return joins === 2 ? { value: true } : { pending: joins };
  });
  await shows(bob, ['Bob', 'Alice']);
  await hears(bob, 1);
  await hears(alice, 1);
});

test('check 28: three kraken.fm pages with strange names, in a room with a space and quotes', async (stage) => {
  const room = `${stage.room} "it's" Möbius`;
  const names = ['Zoë 💛', '>>>???', 'Émile'];
  const browsers = ['chromium', 'firefox', 'chromium'] as const;
  const pages: Page[] = [];
  for (const [index, name] of names.entries())
    pages.push(await join(stage, browsers[index]!, name, { room, pollMs: clientPollMs }));
  for (const page of pages) {
    const { playing } = await shows(page, names);
    assert.equal(playing, 2);
    await hears(page, 2);
  }
}, 90_000);

test('checks 25, 28: three mornin callers, with a data channel each, through TURN only', async (stage) => {
  const names = ['Zoë 💛', '>>>???', 'Émile'];
  const browsers = ['chromium', 'firefox', 'chromium'] as const;
  const pages: Page[] = [];
  for (const [index, name] of names.entries())
    pages.push(await join(stage, browsers[index]!, name, { client: 'mornin' }));
  for (const page of pages) {
    const { playing, joins } = await shows(page, names, 40_000);
    assert.deepEqual([playing, joins], [2, 1]);
    await hears(page, 2);
    // Between two pairs of candidates, statistics may have none that is nominated.
    const candidateType = await eventually('a pair of candidates is in use', timeoutMs, async () => {
      const { candidateType } = await view(page);
      return candidateType === null ? { pending: candidateType } : { value: candidateType };
    });
    assert.equal(candidateType, 'relay');
  }
}, 120_000);
