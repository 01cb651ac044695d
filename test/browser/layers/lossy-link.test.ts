/** VP8 over a link of 10 % loss, 100 ms of round trip and packets that overtake one another: it plays on, by RTX. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Lab } from './lab.ts';
import { runLoss } from './lossy-link.ts';

const seconds = 12;
const timeoutMs = 90_000;
/** Of the 30 that are made. */
const leastPicturesPerSecond = 24;

let lab: Lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab.close());

for (const side of ['player', 'publisher'] as const) {
  test(`10 % loss and 100 ms of round trip on the side of the ${side}`, { timeout: timeoutMs }, async () => {
    try {
      const figures = await runLoss(lab, side, 'chromium', seconds, 1);
      const seen = JSON.stringify(figures);
      assert.ok(
        figures.packetsLost > 30 && figures.heldBack > 10,
        `the link is as bad as it should be: ${seen}`,
      );
      assert.ok(figures.retransmitted > 0, `packets were sent again: ${seen}`);
      assert.equal(figures.broken, 0, seen);
      assert.ok(
        figures.decodedPerSecond >= leastPicturesPerSecond,
        `${figures.decodedPerSecond.toFixed(1)} pictures a second: ${seen}`,
      );
    } catch (error) {
      if (error instanceof Error) {
        error.message += `\n(diagnostics: ${await lab.saveDiagnostics(`loss of the ${side}`)})`;
      }
      throw error;
    } finally {
      await lab.closePages();
    }
  });
}
