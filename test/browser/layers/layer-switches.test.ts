/**
 * Layers are switched at random while Chromium and Firefox play: no pause, no decoder that gives up, no flood of key
 * frame requests, and the picture gets the size that was asked for. `npm run test:switches` does it 200 times for
 * every codec.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Lab } from './lab.ts';
import { complaintsAbout, runSwitches } from './layer-switches.ts';
import { type PublicationName, publications } from './publications.ts';

const switches = 20;
const timeoutMs = 120_000;
const codecs: readonly PublicationName[] = ['VP8', 'VP9'];

let lab: Lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab.close());

for (const [index, name] of codecs.entries()) {
  const publication = publications[name];
  test(`${switches} layer switches of ${publication.description} in Chromium and in Firefox`, {
    timeout: timeoutMs,
  }, async () => {
    try {
      const figures = await runSwitches(lab, {
        publication,
        browsers: publication.playedBy,
        switches,
        seed: index + 1,
      });
      assert.deepEqual(figures.flatMap(complaintsAbout), [], JSON.stringify(figures));
    } catch (error) {
      if (error instanceof Error) {
        error.message += `\n(diagnostics: ${await lab.saveDiagnostics(`switches of ${name}`)})`;
      }
      throw error;
    } finally {
      await lab.closePages();
    }
  });
}
