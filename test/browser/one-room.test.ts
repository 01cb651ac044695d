/**
 * One room, one participant of each dialect: everybody hears everybody, those who can see them see them, and whoever
 * leaves and comes again is noticed by all. Another dialect is another entry of `members`.
 */
import type { Page } from 'puppeteer-core';
import type { BrowserName } from './harness/browsers.ts';
import { joinDemo } from './harness/demo-page.ts';
import { eventually, inbound, sleep } from './harness/media-assertions.ts';
import { type Stage, stage } from './harness/stage.ts';
import { startTalksy } from './harness/talksy-page.ts';
import { smallPicture } from './page/media-source.ts';

/**
 * Shorter than an operator would choose: clients of Kraken are gone only when they have been silent for long, and so
 * are those of WHIP in Chromium, which have besides the time to connect, from their beginning on.
 */
const test = stage({
  server: {
    timeouts: { connectMs: 15_000, disconnectedMs: 5000, failedMs: 10_000 },
    kraken: { silenceMs: 4000 },
  },
});

type Kinds = readonly ('audio' | 'video')[];

interface Member {
  readonly dialect: string;
  readonly sends: Kinds;
  readonly receives: Kinds;
  join(it: Stage, browser: BrowserName): Promise<Page>;
}

const everything: Kinds = ['audio', 'video'];
const nothing: Kinds = [];

const members: readonly Member[] = [
  {
    dialect: 'Talksy',
    sends: everything,
    receives: everything,
    join: (it, browser) => startTalksy(it, browser, 'talksy', { query: '' }),
  },
  {
    dialect: 'Pion_SFU',
    sends: everything,
    receives: everything,
    join: (it, browser) => joinDemo(it, browser, 'pion'),
  },
  {
    dialect: 'Kraken',
    sends: ['audio'],
    receives: ['audio'],
    async join(it, browser) {
      const page = await it.open(browser, 'kraken');
      await page.evaluate((options) => toolkit.krakenJoin(options), {
        client: 'kraken.fm',
        api: it.server.origin,
        room: it.room,
        name: 'kraken',
        pollMs: 500,
      } as const);
      return page;
    },
  },
  {
    dialect: 'WHIP',
    sends: everything,
    receives: nothing,
    async join(it, browser) {
      const page = await it.open(browser, 'whip');
      await page.evaluate(
        (url, source) => toolkit.publishWhip(url, source, { video: null, audio: null }),
        it.server.whip(it.room),
        { audio: true, video: true, ...smallPicture },
      );
      return page;
    },
  },
  {
    dialect: 'WHEP',
    sends: nothing,
    receives: everything,
    async join(it, browser) {
      const page = await it.open(browser, 'whep');
      // A player gets what it has lines for.
      const lines = members.flatMap(({ sends }) => sends);
      await page.evaluate((url, kinds) => toolkit.playWhep(url, kinds), it.server.whep(it.room), lines);
      return page;
    },
  },
];

/** Waits until so many lines bring media, and no more: sound that is not silent, pictures that decode. */
async function getsExactly(page: Page, audios: number, videos: number): Promise<void> {
  await eventually(`gets ${audios} audios and ${videos} videos`, 30_000, async () => {
    const before = new Map((await inbound(page)).map((media) => [`${media.mid}/${media.ssrc}`, media]));
    await sleep(700);
    const flowing = (await inbound(page)).filter((media) => {
      const known = before.get(`${media.mid}/${media.ssrc}`);
      if (known === undefined) return false;
      return media.kind === 'video'
        ? media.framesDecoded > known.framesDecoded + 1
        : media.packetsReceived > known.packetsReceived + 5 && media.totalAudioEnergy > 0;
    });
    const count = (kind: string) => flowing.filter((media) => media.kind === kind).length;
    return count('audio') === audios && count('video') === videos
      ? { value: true }
      : { pending: [count('audio'), count('video')] };
  });
}

/** Everybody in the room gets exactly what the others send. */
async function everybodyGetsAll(present: ReadonlyMap<Member, Page>): Promise<void> {
  const check = async ([member, page]: [Member, Page]): Promise<void> => {
    if (member.receives.length === 0) return;
    const count = (kind: 'audio' | 'video') =>
      member.receives.includes(kind)
        ? [...present.keys()].filter((other) => other !== member && other.sends.includes(kind)).length
        : 0;
    try {
      await getsExactly(page, count('audio'), count('video'));
    } catch (error) {
      throw new Error(`${member.dialect}: ${(error as Error).message}`);
    }
  };
  await Promise.all([...present].map(check));
}

for (const browser of ['chromium', 'firefox'] as const) {
  test(`in ${browser}, participants of ${members.length} dialects get each other, also after leaving and coming again`, async (stage) => {
    const present = new Map<Member, Page>();
    for (const member of members) present.set(member, await member.join(stage, browser));
    await everybodyGetsAll(present);
    const senders = members.filter(({ sends }) => sends.length > 0);
    for (const member of senders.slice(1)) {
      await present.get(member)?.close();
      present.delete(member);
      await everybodyGetsAll(present);
    }
    for (const member of senders.slice(1)) present.set(member, await member.join(stage, browser));
    const [first] = senders;
    await present.get(first!)?.close();
    present.set(first!, await first!.join(stage, browser));
    await everybodyGetsAll(present);
  }, 180_000);
}
