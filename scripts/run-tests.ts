/**
 * Runs the tests: `npm test`, or a part of it:
 *
 *     npm test -- unit                  one stage: unit, browser, strained, measured, interop, scenario
 *     npm test -- browser codecs        only the files whose path contains "codecs"
 *     npm test -- unit --no-build       what is built is good enough
 *
 * Builds, gets the programs that are missing, then runs each stage.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runStage, type StageOutcome } from './run-stage.ts';
import { filesOfStage, testStages } from './test-stages.ts';
import { obtainTools } from './test-tools.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface StageResult extends StageOutcome {
  readonly name: string;
  readonly seconds: number;
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
    if (files.length === 0) continue;
    title(`${stage.name}: ${files.length} files`);
    const startedAt = performance.now();
    const outcome = await runStage(stage, files);
    results.push({ ...outcome, name: stage.name, seconds: (performance.now() - startedAt) / 1000 });
  }
  report(results);
  if (results.every(({ outcomes }) => outcomes.length === 0)) {
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
  return { name, ok, seconds: (performance.now() - startedAt) / 1000, outcomes: [], unsteady: [] };
}

function title(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 70 - text.length))}`);
}

/** One line for each stage, then what needs a look, then the sums as node's own reporter writes them. */
function report(results: readonly StageResult[]): void {
  title('summary');
  for (const { name, ok, seconds, outcomes } of results) {
    const passed = outcomes.filter(({ outcome }) => outcome === 'pass').length;
    const tests = outcomes.length === 0 ? '' : `${passed} of ${outcomes.length} tests passed`;
    console.log(`${ok ? '✔' : '✖'} ${name.padEnd(10)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${tests}`);
  }
  for (const { file, name } of results.flatMap(({ unsteady }) => unsteady)) {
    console.log(`⚠ passed only when run alone: ${file}: ${name}`);
  }
  const outcomes = results.flatMap((result) => result.outcomes);
  for (const { file, name } of outcomes.filter(({ outcome }) => outcome === 'fail')) {
    console.log(`✖ failed: ${file}: ${name}`);
  }
  console.log(`ℹ tests ${outcomes.length}`);
  for (const counted of ['pass', 'fail', 'skipped'] as const) {
    console.log(`ℹ ${counted} ${outcomes.filter(({ outcome }) => outcome === counted).length}`);
  }
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  console.log(`ℹ duration_ms ${Math.round(seconds * 1000)}`);
}

process.exitCode = await main(process.argv.slice(2));
