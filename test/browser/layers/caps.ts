/**
 * A player behind a link whose capacity changes: what it is sent, what it shows, and whether that follows. The link is
 * the network emulator in real time.
 */
import { layerLadder } from '../../../src/media/bandwidth/layer-ladder.ts';
import type { LayerPair } from '../../../src/media/layers/layer-policy.ts';
import type { BrowserName } from '../harness/browsers.ts';
import { sleep } from '../harness/media-assertions.ts';
import { findFaults, findGaps, quantile } from './freezes.ts';
import type { Lab, LabPlayer } from './lab.ts';
import type { LabPublication } from './publications.ts';
import { SourceWatch } from './source-watch.ts';

export interface CapsOptions {
  readonly publication: LabPublication;
  readonly browser: BrowserName;
  readonly phases: readonly CapPhase[];
  readonly seed: number;
}

export interface CapPhase {
  readonly capacityBps: number;
  readonly seconds: number;
}

/** What was sent and shown while the capacity was one. */
export interface PhaseFigures {
  readonly capacityBps: number;
  /** Those that are right, by what they cost at the end of the phase: at least and at most. */
  readonly right: string;
  /** Those sent at the end, and why. */
  readonly last: string;
  readonly reason: string;
  readonly follows: boolean;
  /** Until the spatial layer of the end was sent, ms after the change. */
  readonly settledMs: number;
  /** Choices of the spatial layer after that. */
  readonly switchesInSteadyState: number;
  readonly estimateBps: number | null;
  /** What the link let through, its mean without the first seconds. */
  readonly deliveredBps: number;
  readonly framesPerSecond: number;
  readonly height: number;
  /** Pauses in the picture: any but in the moments after the change, and the longest then. */
  readonly longestPauseMs: number;
  readonly freezes: number;
  readonly pauseAtCutMs: number;
  /** Packets the link had no room for, in all. */
  readonly dropped: number;
  readonly broken: number;
}

export interface CapsFigures {
  readonly what: string;
  readonly browser: BrowserName;
  readonly phases: readonly PhaseFigures[];
  /** Every choice, in words, for people. */
  readonly choices: readonly string[];
}

export const freezeLimitMs = 500;
/** After a fall of the capacity, what is in the queue has to get through first. */
const cutMs = 2000;
const sampleMs = 100;
/** Of a phase, what its means leave out. */
const unsteadyMs = 5000;
const settleMs = 6000;
/** Layers that take less than this share of the capacity have to be sent: probes need room, and estimates err. */
const leastShare = 0.65;
const queueMs = 250;
const delayMs = 20;

export const fullPhases: readonly CapPhase[] = [2500, 600, 200, 2500].map((kbit) => ({
  capacityBps: kbit * 1000,
  seconds: 30,
}));

interface Sample {
  readonly at: number;
  readonly spatial: number;
  readonly temporal: number;
  readonly reason: string;
  readonly estimate: number | null;
}

const nothing: LayerPair = { spatial: -1, temporal: -1 };
const now = () => performance.timeOrigin + performance.now();

export async function runCaps(lab: Lab, options: CapsOptions): Promise<CapsFigures> {
  const { publication, browser, phases, seed } = options;
  const publisher = await lab.publish(publication);
  const player = await lab.play(publisher.room, browser, {
    seed,
    toServer: { delayMs },
    toClient: { delayMs, queueMs, capacityBps: phases[0].capacityBps },
  });
  const source = new SourceWatch(player.subscription.publication, publication);
  await sleep(settleMs);
  await player.page.evaluate(() => toolkit.takeSeenFrames());
  const samples: Sample[] = [];
  const sampler = setInterval(() => samples.push(sample(player)), sampleMs);
  const figures: PhaseFigures[] = [];
  try {
    for (const phase of phases) {
      figures.push(await runPhase(player, phase, source, samples));
      lab.assertPublished(publisher);
    }
  } finally {
    clearInterval(sampler);
    source.stop();
  }
  const choices = samples.filter(
    (one, i) => i === 0 || layerOf(one) !== layerOf(samples[i - 1]) || one.reason !== samples[i - 1].reason,
  );
  return {
    what: publication.description,
    browser,
    phases: figures,
    choices: choices.map(
      (one) =>
        `${((one.at - samples[0].at) / 1000).toFixed(1)} s: ${layerOf(one)}, ${one.reason}, ` +
        `estimate ${kbit(one.estimate ?? 0)} kbit/s`,
    ),
  };
}

async function runPhase(
  player: LabPlayer,
  { capacityBps, seconds }: CapPhase,
  source: SourceWatch,
  samples: Sample[],
): Promise<PhaseFigures> {
  const { page, relay, subscription } = player;
  const startedAt = now();
  const droppedBefore = relay!.statistics.toClient.droppedQueueFull;
  relay!.update({ toClient: { capacityBps } });
  await sleep(unsteadyMs);
  const bytesBefore = relay!.statistics.toClient.bytesOut;
  await sleep(seconds * 1000 - unsteadyMs);
  const seen = await page.evaluate(() => toolkit.takeSeenFrames());
  const delivered = relay!.statistics.toClient;
  const last = sample(player);
  const own = samples.filter(({ at }) => at >= startedAt);
  const settledAt = own.findLast(({ spatial }) => spatial !== last.spatial)?.at ?? startedAt;
  const steady = own.filter(({ at }) => at > startedAt + unsteadyMs * 2);
  const gaps = findGaps(seen, source.rhythms, 0);
  const later = gaps.filter(({ from }) => from > startedAt + cutMs);
  const atCut = gaps.filter(({ from }) => from <= startedAt + cutMs);
  const faults = findFaults(seen);
  const [least, most] = rightLayers(player, capacityBps);
  return {
    capacityBps,
    right: `${layerOf(least)} to ${layerOf(most)}`,
    last: layerOf(last),
    reason: last.reason,
    follows: rank(last) >= rank(least) && rank(last) <= rank(most),
    settledMs: Math.round(Math.max(0, settledAt - startedAt)),
    switchesInSteadyState: steady.filter(({ spatial }, i) => i > 0 && spatial !== steady[i - 1].spatial)
      .length,
    estimateBps: subscription.participant.bandwidthStats().estimate,
    deliveredBps: Math.round(((delivered.bytesOut - bytesBefore) * 8) / (seconds - unsteadyMs / 1000)),
    framesPerSecond: seen.length / seconds,
    height: quantile(
      seen.slice(-10).map(({ height }) => height),
      0.5,
    ),
    longestPauseMs: Math.round(later[0]?.netMs ?? 0),
    freezes: later.filter(({ netMs }) => netMs > freezeLimitMs).length,
    pauseAtCutMs: Math.round(atCut[0]?.netMs ?? 0),
    dropped: delivered.droppedQueueFull - droppedBefore,
    broken: faults.unreadable + faults.backwards,
  };
}

function sample({ subscription }: LabPlayer): Sample {
  const forwarder = subscription.forwarder!;
  const { spatial, temporal } = forwarder.current;
  const { estimate } = subscription.participant.bandwidthStats();
  return { at: now(), spatial, temporal, reason: forwarder.targetReason, estimate };
}

/**
 * The lowest and the highest layers that are right for a capacity: the highest that are within it, and those below
 * that which there is no need to go under, as an estimate is never exact. Bit rates are those of the moment.
 */
function rightLayers({ subscription }: LabPlayer, capacityBps: number): [least: LayerPair, most: LayerPair] {
  const layers = layerLadder(subscription.forwarder!.layers(), false);
  if (layers.length === 0) return [nothing, nothing];
  const most = layers.findLast(({ bitrate }) => bitrate <= capacityBps) ?? layers[0];
  const least = layers.findLast(({ bitrate }) => bitrate <= leastShare * capacityBps) ?? layers[0];
  return [least, most];
}

const rank = ({ spatial, temporal }: LayerPair) => spatial * 16 + temporal;
const layerOf = ({ spatial, temporal }: LayerPair) => `S${spatial}T${temporal}`;
const kbit = (bps: number) => Math.round(bps / 1000);

/** Everything that is not as it has to be, in words. */
export function complaintsAboutCaps({ what, browser, phases }: CapsFigures): string[] {
  return phases.flatMap((phase, index) => {
    const complaints: string[] = [];
    if (!phase.follows) complaints.push(`${phase.last} (${phase.reason}) is sent, ${phase.right} is right`);
    if (phase.freezes > 0) {
      complaints.push(
        `${phase.freezes} pauses over ${freezeLimitMs} ms, the longest ${phase.longestPauseMs} ms`,
      );
    }
    if (phase.broken > 0) complaints.push(`${phase.broken} broken pictures`);
    return complaints.map(
      (complaint) => `${what} in ${browser}, ${index + 1}: ${kbit(phase.capacityBps)} kbit/s: ${complaint}`,
    );
  });
}

export const capsHead: readonly string[] = [
  'source',
  'player',
  'kbit/s',
  'right',
  'sent at the end',
  'after s',
  'switches later',
  'estimate',
  'delivered',
  'pictures/s',
  'height',
  'longest pause ms',
  'at the cut ms',
  'dropped by the link',
];

export function capsRows({ what, browser, phases }: CapsFigures): (string | number)[][] {
  return phases.map((phase) => [
    what,
    browser,
    kbit(phase.capacityBps),
    phase.right,
    `${phase.last}, ${phase.reason}`,
    (phase.settledMs / 1000).toFixed(1),
    phase.switchesInSteadyState,
    phase.estimateBps === null ? '-' : kbit(phase.estimateBps),
    kbit(phase.deliveredBps),
    phase.framesPerSecond.toFixed(1),
    phase.height,
    phase.longestPauseMs,
    phase.pauseAtCutMs,
    phase.dropped,
  ]);
}
