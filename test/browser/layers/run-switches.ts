/** `npm run test:switches`: 200 layer switches of every codec in every browser that plays it, as a table. */
import { parseArgs } from 'node:util';
import type { BrowserName } from '../harness/browsers.ts';
import { Lab } from './lab.ts';
import { complaintsAbout, runSwitches, type SwitchFigures } from './layer-switches.ts';
import { type PublicationName, publications } from './publications.ts';
import { formatTable } from './table.ts';

const usage = `Usage: npm run test:switches -- [options]

  --codec NAME     only this (${Object.keys(publications).join(', ')}); may be given several times
  --browser NAME   only this (chromium, firefox)
  --switches N     of each                (200)
  --together       all browsers of a codec at once
  --seed N         other switches         (1)
  --help           this text
`;

const { values } = parseArgs({
  options: {
    codec: { type: 'string', multiple: true },
    browser: { type: 'string', multiple: true },
    switches: { type: 'string', default: '200' },
    together: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await run();

async function run(): Promise<void> {
  const names = (values.codec ?? Object.keys(publications)) as PublicationName[];
  const all: SwitchFigures[] = [];
  for (const name of names) {
    const { playedBy } = publications[name];
    const wanted = playedBy.filter((browser) => values.browser?.includes(browser) ?? true);
    const groups = values.together ? [wanted] : wanted.map((browser) => [browser]);
    for (const browsers of groups) {
      if (browsers.length === 0) continue;
      const figures = await runOne(name, browsers);
      all.push(...figures);
      process.stdout.write(`${table(figures)}\n${figures.flatMap(complaintsAbout).join('\n')}\n`);
    }
  }
  const complaints = all.flatMap(complaintsAbout);
  process.stdout.write(`\n${table(all)}\n\n`);
  process.stdout.write(complaints.length === 0 ? 'All is well.\n' : `${complaints.join('\n')}\n`);
  if (complaints.length > 0) process.exitCode = 1;
}

/** Each in fresh browsers: what one run left behind is not to disturb the next. */
async function runOne(name: PublicationName, browsers: readonly BrowserName[]): Promise<SwitchFigures[]> {
  const lab = await Lab.start();
  try {
    return await runSwitches(lab, {
      publication: publications[name],
      browsers,
      switches: Number(values.switches),
      seed: Number(values.seed),
    });
  } catch (error) {
    const folder = await lab.saveDiagnostics(`switches ${name} ${browsers.join(' ')}`);
    throw new Error(`${name} in ${browsers.join(' and ')} (diagnostics: ${folder})`, { cause: error });
  } finally {
    await lab.close();
  }
}

function table(figures: readonly SwitchFigures[]): string {
  return formatTable(
    [
      'source',
      'player',
      'switches (spatial)',
      'up / down / slowest ms',
      'shown',
      'dropped',
      'broken',
      'longest pause ms',
      'as seen',
      'freezes',
      'of the browser',
      'PLI by player',
      'PLI to publisher',
      'key frames',
      'source gap ms',
    ],
    figures.map((one) => [
      one.what,
      one.browser,
      `${one.switches} (${one.spatialSwitches})`,
      `${one.upMedianMs} / ${one.downMedianMs} / ${one.slowestMs}`,
      one.framesShown,
      one.framesDropped,
      one.unreadable.length + one.backwards,
      one.longestGapMs,
      one.longestRawGapMs,
      one.freezes.length,
      `${one.freezeCount} (${one.freezeMs} ms)`,
      one.pliFromPlayer,
      one.pliAtPublisher,
      one.keyFramesSent,
      one.longestSourceGapMs,
    ]),
  );
}
