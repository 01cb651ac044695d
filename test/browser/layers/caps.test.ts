/**
 * A player's link is cut from 2.5 Mbit/s to 600 kbit/s while it plays VP8 simulcast: smaller layers are sent, and the
 * picture goes on. `npm run test:caps` does more of it, with every codec that has layers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { complaintsAboutCaps, runCaps } from './caps.ts';
import { Lab } from './lab.ts';
import { publications, rich } from './publications.ts';

const timeoutMs = 120_000;
const phases = [
  { capacityBps: 2_500_000, seconds: 8 },
  { capacityBps: 600_000, seconds: 20 },
];

let lab: Lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab.close());

test('the picture goes on when the link is cut to a quarter, in layers that fit', {
  timeout: timeoutMs,
}, async () => {
  try {
    const publication = rich(publications.VP8);
    const figures = await runCaps(lab, { publication, browser: 'chromium', phases, seed: 1 });
    const seen = JSON.stringify(figures);
    const [, cut] = figures.phases;
    // In the short time before the cut not everything has settled.
    assert.deepEqual(complaintsAboutCaps({ ...figures, phases: [cut] }), [], seen);
    assert.ok(cut.framesPerSecond > 5, seen);
    assert.notEqual(cut.last, 'S2T2', seen);
    assert.notEqual(cut.reason, 'not-limited', seen);
  } catch (error) {
    if (error instanceof Error) error.message += `\n(diagnostics: ${await lab.saveDiagnostics('caps')})`;
    throw error;
  } finally {
    await lab.closePages();
  }
});
