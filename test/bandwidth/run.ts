/** `npm run sim:bandwidth`: the scenarios of RFC 8867 on a virtual clock, as a table and as plots in docs/bandwidth. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { figuresOf, formatTable, missedGoals } from './figures.ts';
import { scenarios } from './scenarios.ts';
import { simulate } from './simulation.ts';
import { plotTrace } from './svg-plot.ts';

const usage = `Usage: npm run sim:bandwidth -- [options]

  --case ID     only this test case of RFC 8867, as 5.1; may be given several times
  --seeds N     networks of each, from seed 1 on      (5)
  --no-plots    leave docs/bandwidth as it is
  --help        this text
`;

const plots = fileURLToPath(new URL('../../docs/bandwidth/', import.meta.url));

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '5' },
    'no-plots': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else run(values.case ?? scenarios.map(({ id }) => id), Number(values.seeds), !values['no-plots']);

function run(ids: readonly string[], seeds: number, withPlots: boolean): void {
  const all = scenarios
    .filter(({ id }) => ids.includes(id))
    .flatMap((scenario) =>
      Array.from({ length: seeds }, (_, index) => {
        const seed = index + 1;
        const trace = simulate(scenario, seed);
        if (withPlots && seed === 1) {
          mkdirSync(plots, { recursive: true });
          writeFileSync(`${plots}rfc8867-${scenario.id}.svg`, plotTrace(trace));
        }
        return figuresOf(trace, seed);
      }),
    );
  process.stdout.write(`${formatTable(all)}\n`);
  const missed = all.flatMap(missedGoals);
  process.stdout.write(missed.length === 0 ? '\nAll goals are met.\n' : `\nMissed:\n${missed.join('\n')}\n`);
  if (missed.length > 0) process.exitCode = 1;
}
