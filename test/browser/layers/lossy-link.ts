/** A player, or a publisher, behind a link that loses, delays and reorders packets: how much is shown all the same. */
import type { LinkParameters } from '../../network/link-parameters.ts';
import type { BrowserName } from '../harness/browsers.ts';
import { inbound, outbound, sleep } from '../harness/media-assertions.ts';
import { findFaults, findGaps, longestSilence } from './freezes.ts';
import type { Lab } from './lab.ts';
import { PacketWatch } from './packet-watch.ts';
import type { LabPublication } from './publications.ts';

export type LossySide = 'player' | 'publisher';

export interface LossFigures {
  readonly side: LossySide;
  readonly browser: BrowserName;
  readonly seconds: number;
  /** Made by the publisher's page; encoded; shown. */
  readonly madePerSecond: number;
  readonly encodedPerSecond: number;
  /** By the player, and of those that came late together the last was shown. */
  readonly decodedPerSecond: number;
  readonly shownPerSecond: number;
  readonly longestPauseMs: number;
  readonly longestSourceGapMs: number;
  readonly packetsLost: number;
  readonly heldBack: number;
  readonly retransmitted: number;
  readonly keyFrameRequests: number;
  readonly broken: number;
}

/** 10 % loss and 100 ms of round trip, with packets that overtake one another. */
export const lossyLink: Partial<LinkParameters> = {
  delayMs: 50,
  loss: { kind: 'uniform', probability: 0.1 },
  reorderProbability: 0.05,
  reorderDelayMs: 15,
};
const backWay: Partial<LinkParameters> = { delayMs: 50 };

/** One encoding without layers: nothing can be left out to make it easier. */
export const plainVp8: LabPublication = {
  description: 'VP8, one encoding',
  codec: 'video/VP8',
  source: { width: 640, height: 360, frameRate: 30, rich: false },
  encodings: [{ maxBitrate: 800_000 }],
  heights: [360],
  temporalLayers: 1,
  playedBy: ['chromium', 'firefox'],
};

const warmUpMs = 6000;

export async function runLoss(
  lab: Lab,
  side: LossySide,
  browser: BrowserName,
  seconds: number,
  seed: number,
): Promise<LossFigures> {
  const publisher = await lab.publish(
    plainVp8,
    side === 'publisher' ? { seed, toServer: lossyLink, toClient: backWay } : null,
  );
  const player = await lab.play(
    publisher.room,
    browser,
    side === 'player' ? { seed, toServer: backWay, toClient: lossyLink } : null,
  );
  await sleep(warmUpMs);
  const source = PacketWatch.ofPublication(player.subscription.publication);
  const state = async () => {
    const made = (await publisher.page.evaluate(() => toolkit.markedFramesMadeAt())).filter(
      (at) => at !== null,
    ).length;
    const [sent] = await outbound(publisher.page);
    const [received] = await inbound(player.page);
    const forwarded = player.subscription.forwarder!.stats();
    const link = (player.relay ?? publisher.relay)!.statistics[side === 'player' ? 'toClient' : 'toServer'];
    return { made, sent, received, forwarded, link };
  };
  const before = await state();
  await player.page.evaluate(() => toolkit.takeSeenFrames());
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const seen = await player.page.evaluate(() => toolkit.takeSeenFrames());
  const elapsed = (performance.now() - startedAt) / 1000;
  const after = await state();
  source.stop();
  const faults = findFaults(seen);
  const grown = (value: (one: typeof before) => number) => value(after) - value(before);
  return {
    side,
    browser,
    seconds,
    madePerSecond: grown(({ made }) => made) / elapsed,
    encodedPerSecond: grown(({ sent }) => sent.framesEncoded) / elapsed,
    decodedPerSecond: grown(({ received }) => received.framesDecoded) / elapsed,
    shownPerSecond: ((seen.at(-1)?.presented ?? 0) - (seen[0]?.presented ?? 0)) / elapsed,
    longestPauseMs: Math.round(findGaps(seen, [], 0)[0]?.rawMs ?? elapsed * 1000),
    longestSourceGapMs: Math.round(
      longestSilence(source.times, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    ),
    packetsLost: grown(({ link }) => link.lost),
    heldBack: grown(({ link }) => link.heldBack),
    retransmitted:
      side === 'player'
        ? grown(({ forwarded }) => forwarded.retransmitted)
        : grown(({ sent }) => sent.retransmittedPacketsSent),
    keyFrameRequests:
      side === 'player' ? grown(({ received }) => received.pliCount) : grown(({ sent }) => sent.pliCount),
    broken: faults.unreadable + faults.backwards,
  };
}
