/**
 * Runs the tests: `npm test`, or a part of it:
 *
 *     npm test -- unit                  one stage: unit, browser, measured, interop, scenario
 *     npm test -- browser codecs        only the files whose path contains "codecs"
 *     npm test -- unit --no-build       what is built is good enough
 *
 * Builds, gets the programs that are missing, then runs node's own test runner over each stage.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { filesOfStage, type TestStage, testStages } from './test-stages.ts';
import { obtainTools } from './test-tools.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A file that takes longer hangs. */
const fileTimeoutMs = 600_000;
const countedOutcomes = ['tests', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;

interface StageResult {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly counts: ReadonlyMap<string, number>;
}

async function main(args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => !arg.startsWith('--'));
  const [chosen = 'all', ...filters] = words;
  const stages = testStages.filter(({ name }) => chosen === 'all' || chosen === name);
  if (stages.length === 0) {
    console.error(
      `There is no stage ${chosen}; there are all, ${testStages.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  if (!args.includes('--no-build') && !runTool('node', 'scripts/build.mjs')) return 1;
  const complaint = obtainTools([...new Set(stages.flatMap(({ tools }) => tools))]);
  if (complaint !== null) {
    console.error(complaint);
    return 1;
  }
  const results: StageResult[] = [];
  if (chosen === 'all') {
    results.push(check('lint', 'npm', 'run', '--silent', 'lint'));
    results.push(check('typecheck', 'npm', 'run', '--silent', 'typecheck'));
  }
  for (const stage of stages) {
    const files = filesOfStage(root, stage, filters);
    if (files.length > 0) results.push(await runStage(stage, files));
  }
  report(results);
  if (!results.some(({ counts }) => counts.size > 0)) {
    console.error('No test file matches.');
    return 1;
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}

function runTool(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

function check(name: string, program: string, ...args: string[]): StageResult {
  title(name);
  const startedAt = performance.now();
  const ok = runTool(program, ...args);
  return { name, ok, seconds: (performance.now() - startedAt) / 1000, counts: new Map() };
}

async function runStage(stage: TestStage, files: readonly string[]): Promise<StageResult> {
  title(`${stage.name}: ${files.length} files`);
  const startedAt = performance.now();
  const counts = new Map<string, number>();
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--test', '--test-reporter=spec', '--test-reporter-destination=stdout'],
      `--test-concurrency=${stage.concurrency}`,
      `--test-timeout=${fileTimeoutMs}`,
      ...files.map((file) => join(root, file)),
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, FORCE_COLOR: '0' } },
  );
  createInterface(child.stdout).on('line', (line) => {
    console.log(line);
    const [, outcome, count] = /^ℹ (\w+) (\d+)$/.exec(line) ?? [];
    if (outcome !== undefined) counts.set(outcome, Number(count));
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { name: stage.name, ok: code === 0, seconds: (performance.now() - startedAt) / 1000, counts };
}

function title(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 70 - text.length))}`);
}

/** One line for each stage, then the sums as node's own reporter writes them. */
function report(results: readonly StageResult[]): void {
  title('summary');
  for (const { name, ok, seconds, counts } of results) {
    const tests =
      counts.size === 0 ? '' : `${counts.get('pass') ?? 0} of ${counts.get('tests') ?? 0} tests passed`;
    console.log(`${ok ? '✔' : '✖'} ${name.padEnd(10)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${tests}`);
  }
  for (const outcome of countedOutcomes) {
    console.log(`ℹ ${outcome} ${results.reduce((sum, { counts }) => sum + (counts.get(outcome) ?? 0), 0)}`);
  }
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  console.log(`ℹ duration_ms ${Math.round(seconds * 1000)}`);
}

process.exitCode = await main(process.argv.slice(2));
