/**
 * `npm run bench`: CPU per forwarded packet, loss, delay, memory and joins of Manifold, beside a native-only
 * forwarder (the floor) in the same run. Medians of several rounds; the two alternate, so that a slow minute of the
 * machine meets both.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LoadReport } from '../src/load/load-report.ts';
import { endChild, firstLine, loadCore, startNode, startServer, whereItServes } from './child-process.ts';
import { checkGoals, formatTable, type Measured } from './results.ts';
import { goalScenarios, type Scenario, scenarios } from './scenarios.ts';

const usage = `Usage: npm run bench -- [options]

  --quick        only the scenarios that a goal is about
  --feedback     only those with congestion control
  --rounds N     rounds whose median counts            (3)
  --seconds N    measured seconds of each round        (10)
  --settle N     seconds before them that do not count (15)
  --max-rate     find the largest video rate for 100 subscribers on one core instead
  --json FILE    also write every measurement there
  --help         this text
`;

type Mode = 'manifold' | 'floor';

const floorAddon = fileURLToPath(new URL('native/build/Release/manifold.node', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    feedback: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    settle: { type: 'string', default: '15' },
    'max-rate': { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  buildFloor();
  process.stdout.write(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}\n`);
  if (values['max-rate']) {
    for (const mode of ['manifold', 'floor'] as const) {
      const report = await measure(mode, { traffic: 'video-bursts', subscribers: 100, feedback: false }, [
        '--max-rate',
      ]);
      process.stdout.write(`${mode}: ${JSON.stringify(report)}\n`);
    }
    return;
  }
  const measured: Measured[] = [];
  for (const scenario of chosenScenarios()) {
    const manifold: LoadReport[] = [];
    const floor: LoadReport[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      manifold.push(await measure('manifold', scenario, []));
      floor.push(await measure('floor', scenario, []));
    }
    measured.push({ scenario, manifold, floor });
    process.stdout.write(`${formatTable(measured.slice(-1), measured.length === 1)}\n`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
  const missed = checkGoals(measured);
  process.stdout.write(missed.length === 0 ? '\nAll goals are met.\n' : `\nMissed:\n${missed.join('\n')}\n`);
  if (missed.length > 0) process.exitCode = 1;
}

function chosenScenarios(): readonly Scenario[] {
  if (values.feedback) return scenarios.filter(({ feedback }) => feedback);
  return values.quick ? goalScenarios : scenarios;
}

async function measure(mode: Mode, scenario: Scenario, more: readonly string[]): Promise<LoadReport> {
  const env = mode === 'floor' ? { MANIFOLD_ADDON: floorAddon } : {};
  const server = startServer([mode, scenario.subscribers], { env });
  try {
    const { port, pid } = await whereItServes(server);
    const load = startNode(loadCore, [
      'dist/cli.js',
      'load',
      ...['--server', `http://127.0.0.1:${port}`, '--pid', String(pid), '--json'],
      ...['--traffic', scenario.traffic, '--subscribers', String(scenario.subscribers)],
      ...(scenario.feedback ? ['--feedback'] : []),
      ...['--seconds', values.seconds, '--settle', values.settle, ...more],
    ]);
    try {
      return JSON.parse(await firstLine(load)) as LoadReport;
    } finally {
      await endChild(load);
    }
  } finally {
    await endChild(server);
  }
}

/** The floor is a build of the addon of its own, so that the shipped one holds nothing of it. */
function buildFloor(): void {
  const result = spawnSync('node-gyp', ['rebuild', '-C', 'bench/native', '--silent'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) {
    throw new Error(
      'The floor could not be built: run it as `npm run bench`, with a C++17 compiler installed.',
    );
  }
}
