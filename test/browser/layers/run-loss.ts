/** `npm run test:loss`: VP8 over links of 10 % loss and 100 ms of round trip, as a table. */
import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import { type LossFigures, runLoss } from './lossy-link.ts';
import { formatTable } from './table.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});

const all: LossFigures[] = [];
for (const browser of ['chromium', 'firefox'] as const) {
  for (const side of ['player', 'publisher'] as const) {
    const lab = await Lab.start();
    try {
      all.push(await runLoss(lab, side, browser, Number(values.seconds), Number(values.seed)));
    } finally {
      await lab.close();
    }
  }
}
const head = ['lossy side', 'player', 'made/s', 'encoded/s', 'decoded/s', 'shown/s', 'longest pause ms'];
const more = ['source gap ms', 'lost', 'held back', 'by RTX', 'PLI', 'broken'];
process.stdout.write(
  `${formatTable(
    [...head, ...more],
    all.map((one) => [
      one.side,
      one.browser,
      one.madePerSecond.toFixed(1),
      one.encodedPerSecond.toFixed(1),
      one.decodedPerSecond.toFixed(1),
      one.shownPerSecond.toFixed(1),
      one.longestPauseMs,
      one.longestSourceGapMs,
      one.packetsLost,
      one.heldBack,
      one.retransmitted,
      one.keyFrameRequests,
      one.broken,
    ]),
  )}\n`,
);
