/**
 * Switches layers at random while a browser plays, and measures what it showed. The numbers of layers, the waiting
 * times and the impatience come from a seed.
 */
import { SeededRandom } from '../../network/seeded-random.ts';
import type { BrowserName } from '../harness/browsers.ts';
import { saveDataUrl } from '../harness/diagnostics.ts';
import { eventually, inbound, outbound, sleep } from '../harness/media-assertions.ts';
import type { SeenFrame } from '../page/frame-watch.ts';
import type { InboundMedia } from '../page/media-report.ts';
import { findFaults, findGaps, type Gap, longestSilence, quantile } from './freezes.ts';
import type { Lab, LabPlayer, LabPublisher } from './lab.ts';
import { PacketWatch } from './packet-watch.ts';
import type { LabPublication } from './publications.ts';
import { SourceWatch } from './source-watch.ts';

export interface SwitchOptions {
  readonly publication: LabPublication;
  readonly browsers: readonly BrowserName[];
  /** For each browser. */
  readonly switches: number;
  readonly seed: number;
}

/** What one browser showed while its layers were switched. */
export interface SwitchFigures {
  readonly what: string;
  readonly browser: BrowserName;
  readonly switches: number;
  /** Of the encoding or spatial layer. */
  readonly spatialSwitches: number;
  /** Until the picture had the size wanted, in ms, of switches that had the time. */
  readonly upMedianMs: number;
  readonly downMedianMs: number;
  readonly slowestMs: number;
  /** Switches after which the picture did not get the size wanted. */
  readonly notFollowed: readonly string[];
  readonly framesShown: number;
  readonly framesDropped: number;
  /** Pictures whose number could not be read: when, after which switch, and where they were saved. */
  readonly unreadable: readonly string[];
  readonly backwards: number;
  /** Pauses longer than the limit, without what the source is to blame for: how long, and after which switch. */
  readonly freezes: readonly string[];
  readonly longestGapMs: number;
  /** As seen, with what the source is to blame for. */
  readonly longestRawGapMs: number;
  /** As the browser itself counts freezes. */
  readonly freezeCount: number;
  readonly freezeMs: number;
  /** Key frame requests of the player: a decoder that could not go on. */
  readonly pliFromPlayer: number;
  /** At the publisher, for all players together; for how many switches. */
  readonly pliAtPublisher: number;
  readonly switchesOfAll: number;
  readonly keyFramesSent: number;
  /** The longest time in which no packet of any encoding came. */
  readonly longestSourceGapMs: number;
}

export const freezeLimitMs = 300;
/** A source silent for so long has ended: then nothing was measured. */
const sourceSilenceLimitMs = 3000;
/** For a key frame to be asked for (again, if one has just come), made and shown on a busy machine. */
const followTimeoutMs = 3000;
const lookMs = 15;
const settleTimeoutMs = 20_000;
/** Encoders round heights to even numbers and more. */
const heightTolerance = 2;
/** Of the switches, how many come before the last one is through. */
const impatience = 0.25;
const patientMs = { least: 60, most: 350 } as const;
const impatientMs = { least: 20, most: 300 } as const;
/** For the publisher's rates and pictures to become what they stay. */
const warmUpMs = 2500;

interface PlayerRun {
  spatialSwitches: number;
  readonly upMs: number[];
  readonly downMs: number[];
  readonly notFollowed: string[];
  readonly switches: { readonly at: number; readonly what: string }[];
}

export async function runSwitches(lab: Lab, options: SwitchOptions): Promise<SwitchFigures[]> {
  const { publication, browsers, switches, seed } = options;
  const publisher = await lab.publish(publication);
  const players: LabPlayer[] = [];
  for (const browser of browsers) players.push(await lab.play(publisher.room, browser));
  await sleep(warmUpMs);
  for (const { browser, subscription } of players) {
    // Everything has to come, and the estimate of the bandwidth to have grown enough for it.
    await eventually(`the highest layers in ${browser}`, settleTimeoutMs, () => {
      const { current, targetReason } = subscription.forwarder!.stats().layers!;
      const highest = current.spatial === publication.heights.length - 1;
      return highest && current.temporal === publication.temporalLayers - 1
        ? { value: true }
        : { pending: `S${current.spatial}T${current.temporal}, ${targetReason}` };
    });
  }
  const [player] = players;
  const source = new SourceWatch(player.subscription.publication, publication);
  const sent = players.map(({ subscription }) => PacketWatch.ofSubscription(subscription));
  const sentBefore = await sentBy(publisher);
  const before = await Promise.all(players.map(videoOf));
  for (const { page } of players) await page.evaluate(() => toolkit.takeSeenFrames());
  const startedAt = performance.timeOrigin + performance.now();
  const runs = await Promise.all(
    players.map((one, index) => switchAtRandom(one, publication, switches, seed + 1000 * index)),
  );
  lab.assertPublished(publisher);
  const endedAt = performance.timeOrigin + performance.now();
  source.stop();
  for (const watch of sent) watch.stop();
  const longestSourceGapMs = longestSilence([startedAt, ...source.any.times, endedAt], startedAt, endedAt);
  if (longestSourceGapMs > sourceSilenceLimitMs) {
    throw new Error(await explainSilence(publisher, longestSourceGapMs, endedAt));
  }
  const after = await Promise.all(players.map(videoOf));
  const sentAfter = await sentBy(publisher);
  return await Promise.all(
    players.map(async ({ page, browser }, index) => {
      const run = runs[index];
      const seen = await page.evaluate(() => toolkit.takeSeenFrames());
      const gaps = findGaps(seen, source.rhythms, freezeLimitMs / 2);
      return {
        what: publication.description,
        browser,
        switches,
        spatialSwitches: run.spatialSwitches,
        upMedianMs: Math.round(quantile(run.upMs, 0.5)),
        downMedianMs: Math.round(quantile(run.downMs, 0.5)),
        slowestMs: Math.round(quantile([...run.upMs, ...run.downMs], 1)),
        notFollowed: run.notFollowed,
        framesShown: seen.length,
        framesDropped: after[index].framesDropped - before[index].framesDropped,
        unreadable: await saveBroken(seen, run, `${publication.description} ${browser} ${seed}`),
        backwards: findFaults(seen).backwards,
        freezes: gaps
          .filter(({ netMs }) => netMs > freezeLimitMs)
          .map((gap) => describe(gap, run, sent[index])),
        longestGapMs: Math.round(gaps[0]?.netMs ?? 0),
        longestRawGapMs: Math.round(Math.max(0, ...gaps.map(({ rawMs }) => rawMs))),
        freezeCount: after[index].freezeCount - before[index].freezeCount,
        freezeMs: Math.round((after[index].totalFreezesDuration - before[index].totalFreezesDuration) * 1000),
        pliFromPlayer: after[index].pliCount - before[index].pliCount,
        pliAtPublisher: sentAfter.pli - sentBefore.pli,
        switchesOfAll: switches * players.length,
        keyFramesSent: sentAfter.keyFrames - sentBefore.keyFrames,
        longestSourceGapMs: Math.round(longestSourceGapMs),
      };
    }),
  );
}

async function switchAtRandom(
  { page, subscription }: LabPlayer,
  { heights, temporalLayers }: LabPublication,
  switches: number,
  seed: number,
): Promise<PlayerRun> {
  const random = new SeededRandom(seed);
  const pick = (count: number) => random.uint32() % count;
  const forwarder = subscription.forwarder!;
  const run: PlayerRun = { spatialSwitches: 0, upMs: [], downMs: [], notFollowed: [], switches: [] };
  const highest = heights.length * temporalLayers - 1;
  let layer = highest;
  for (let made = 0; made < switches; made++) {
    let next = pick(highest);
    if (next >= layer) next++;
    const [spatial, temporal] = [Math.floor(next / temporalLayers), next % temporalLayers];
    const former = Math.floor(layer / temporalLayers);
    if (spatial !== former) run.spatialSwitches++;
    const askedAt = performance.now();
    run.switches.push({
      at: performance.timeOrigin + askedAt,
      what: `S${former}T${layer % temporalLayers} to S${spatial}T${temporal}`,
    });
    layer = next;
    subscription.setPreference({ maxSpatial: spatial, maxTemporal: temporal });
    const between = ({ least, most }: { least: number; most: number }) => least + pick(most - least);
    if (random.happens(impatience) && made < switches - 1) {
      await sleep(between(impatientMs));
      continue;
    }
    for (;;) {
      const { current } = forwarder;
      const { height } = await page.evaluate(() => toolkit.shownSize());
      const waitedMs = performance.now() - askedAt;
      const sized = Math.abs(height - heights[spatial]) <= heightTolerance;
      if (current.spatial === spatial && current.temporal === temporal && sized) {
        if (spatial > former) run.upMs.push(waitedMs);
        else if (spatial < former) run.downMs.push(waitedMs);
        break;
      }
      if (waitedMs > followTimeoutMs) {
        run.notFollowed.push(
          `switch ${made} to S${spatial}T${temporal}: S${current.spatial}T${current.temporal}, height ${height}, ` +
            `allowed S${forwarder.target.spatial}T${forwarder.target.temporal} (${forwarder.targetReason})`,
        );
        break;
      }
      await sleep(lookMs);
    }
    await sleep(between(patientMs));
  }
  return run;
}

/** The switches of the time and of the second before it, each with its distance from the beginning. */
function switchesNear({ switches }: PlayerRun, from: number, to: number): string {
  const near = switches.filter(({ at }) => at > from - 1000 && at < to);
  return near.map(({ at, what }) => `${what} at ${Math.round(at - from)} ms`).join(', ');
}

function describe({ from, to, rawMs, netMs }: Gap, run: PlayerRun, { times }: PacketWatch): string {
  const unsentMs = Math.round(longestSilence(times, from, to));
  return (
    `nothing new for ${Math.round(rawMs)} ms, ${Math.round(netMs)} ms without the source's silence; ` +
    `nothing sent for ${unsentMs} ms; switches: ${switchesNear(run, from, to)}`
  );
}

/** Saves the pictures whose number cannot be read. @returns what is known of each */
async function saveBroken(seen: readonly SeenFrame[], run: PlayerRun, name: string): Promise<string[]> {
  const described: string[] = [];
  for (const [index, { at, number, width, height, evidence }] of seen.entries()) {
    if (number >= 0) continue;
    const around = seen
      .slice(Math.max(0, index - 3), index + 4)
      .map((other) => `${other.number} (${other.height}, ${Math.round(other.at - at)} ms)`);
    const file = evidence && (await saveDataUrl(evidence, `broken ${name} ${index}`));
    described.push(
      `broken picture ${width}×${height}, ${file ?? 'not saved'}; switches: ${switchesNear(run, at, at)}; ` +
        `around it: ${around.join(' ')}`,
    );
  }
  return described;
}

/** Everything that is not as it has to be, in words. */
export function complaintsAbout(figures: SwitchFigures): string[] {
  const complaints = [...figures.notFollowed, ...figures.freezes, ...figures.unreadable];
  const none = (count: number, what: string) => {
    if (count > 0) complaints.push(`${count} ${what}`);
  };
  none(figures.backwards, 'pictures out of order');
  none(figures.pliFromPlayer, 'key frame requests of the player');
  if (figures.pliAtPublisher > figures.switchesOfAll) {
    complaints.push(
      `${figures.pliAtPublisher} key frame requests to the publisher for ${figures.switchesOfAll} switches`,
    );
  }
  return complaints.map((complaint) => `${figures.what} in ${figures.browser}: ${complaint}`);
}

/** Whether it was the page that made no pictures, or the browser that sent none. */
async function explainSilence({ page }: LabPublisher, silenceMs: number, endedAt: number): Promise<string> {
  const madeAt = await page.evaluate(() => toolkit.markedFramesMadeAt());
  const made = madeAt.filter((at) => at !== null && at > endedAt - silenceMs && at < endedAt).length;
  const sent = await sentBy({ page });
  return (
    `no packet came from the publisher for ${Math.round(silenceMs)} ms; its page made ${made} pictures in the last ` +
    `${Math.round(silenceMs)} ms; ${JSON.stringify(sent)}`
  );
}

async function videoOf({ page }: LabPlayer): Promise<InboundMedia> {
  const [video] = await inbound(page);
  return video;
}

async function sentBy({ page }: Pick<LabPublisher, 'page'>): Promise<{ pli: number; keyFrames: number }> {
  const sent = await outbound(page);
  return {
    pli: sent.reduce((sum, { pliCount }) => sum + pliCount, 0),
    keyFrames: sent.reduce((sum, { keyFramesEncoded }) => sum + keyFramesEncoded, 0),
  };
}
