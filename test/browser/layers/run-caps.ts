/** `npm run test:caps`: players behind a link of 2.5 M, 600 k, 200 k and 2.5 Mbit/s, as a table. */
import { parseArgs } from 'node:util';
import type { BrowserName } from '../harness/browsers.ts';
import { type CapsFigures, capsHead, capsRows, complaintsAboutCaps, fullPhases, runCaps } from './caps.ts';
import { Lab } from './lab.ts';
import { type PublicationName, publications, rich } from './publications.ts';
import { formatTable } from './table.ts';

const usage = `Usage: npm run test:caps -- [options]

  --codec NAME     only this (VP8, VP9, AV1 …); may be given several times    (VP8, VP9, AV1)
  --browser NAME   the player's (chromium, firefox)                           (chromium)
  --seed N         another network                                            (1)
  --help           this text
`;

const { values } = parseArgs({
  options: {
    codec: { type: 'string', multiple: true, default: ['VP8', 'VP9', 'AV1'] },
    browser: { type: 'string', default: 'chromium' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await run();

async function run(): Promise<void> {
  const all: CapsFigures[] = [];
  for (const name of values.codec as PublicationName[]) {
    const lab = await Lab.start();
    try {
      const figures = await runCaps(lab, {
        publication: rich(publications[name]),
        browser: values.browser as BrowserName,
        phases: fullPhases,
        seed: Number(values.seed),
      });
      all.push(figures);
      process.stdout.write(`${figures.what}\n  ${figures.choices.join('\n  ')}\n`);
    } finally {
      await lab.close();
    }
  }
  const complaints = all.flatMap(complaintsAboutCaps);
  process.stdout.write(`\n${formatTable(capsHead, all.flatMap(capsRows))}\n\n`);
  process.stdout.write(complaints.length === 0 ? 'All is well.\n' : `${complaints.join('\n')}\n`);
  if (complaints.length > 0) process.exitCode = 1;
}
