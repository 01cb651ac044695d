/** Runs one stage of the tests in node's own test runner, and reads how each test ended. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TestStage } from './test-stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What takes longer hangs. */
const processTimeoutMs = 600_000;

/** How a test ended, as test-outcomes-reporter.mjs writes it. */
export interface TestOutcome {
  readonly file: string;
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'skipped';
}

export interface StageOutcome {
  readonly ok: boolean;
  readonly outcomes: readonly TestOutcome[];
  /** Tests that failed beside other files and passed alone. */
  readonly unsteady: readonly TestOutcome[];
}

/** How the processes of a stage are started. */
type Arrangement = Pick<TestStage, 'concurrency' | 'filesPerProcess'>;

/** A process and the files it ran. */
interface ProcessOutcome {
  readonly files: readonly string[];
  readonly ok: boolean;
  readonly outcomes: readonly TestOutcome[];
}

/**
 * Runs the files of a stage. Where a stage allows it, files that failed are run once more, alone, when all others
 * have ended: real browsers on a machine of two processors sometimes starve each other. What fails twice
 * fails; what passed only alone is told, so that nobody overlooks a test that has become unsteady.
 */
export async function runStage(
  stage: TestStage,
  files: readonly string[],
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<StageOutcome> {
  const first = await runFiles(files, stage, print);
  const failed = first.filter(({ ok }) => !ok);
  if (failed.length === 0 || !stage.secondTry) return { ...summed(first), unsteady: [] };
  const failedFiles = failed.flatMap((process) => process.files);
  print(`\nOnce more, alone: ${failedFiles.join(' ')}\n`);
  const again = summed(await runFiles(failedFiles, { concurrency: 1, filesPerProcess: 1 }, print));
  return {
    ok: again.ok,
    outcomes: [...summed(first.filter(({ ok }) => ok)).outcomes, ...again.outcomes],
    unsteady: summed(failed).outcomes.filter(
      (one) => isFailure(one) && !again.outcomes.some((other) => isFailure(other) && other.name === one.name),
    ),
  };
}

function isFailure({ outcome }: TestOutcome): boolean {
  return outcome === 'fail';
}

function summed(processes: readonly ProcessOutcome[]): Pick<StageOutcome, 'ok' | 'outcomes'> {
  return {
    ok: processes.every(({ ok }) => ok),
    outcomes: processes.flatMap(({ outcomes }) => outcomes),
  };
}

async function runFiles(
  files: readonly string[],
  { concurrency, filesPerProcess }: Arrangement,
  print: (text: string) => void,
): Promise<ProcessOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-tests-'));
  const waiting = groupsOf(files, filesPerProcess).entries();
  const ended: ProcessOutcome[] = [];
  const worker = async () => {
    for (const [index, group] of waiting)
      ended.push(await runProcess(group, join(folder, String(index)), print));
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    return ended;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Neighbours take alike long: they are dealt out, one to each group in turn. */
export function groupsOf(files: readonly string[], size: number): string[][] {
  const count = Math.ceil(files.length / size);
  return Array.from({ length: count }, (_, group) => files.filter((_, index) => index % count === group));
}

/** Runs files in one process, and prints what it printed when it has ended. `scratch` is a path nobody uses. */
async function runProcess(
  files: readonly string[],
  scratch: string,
  print: (text: string) => void,
): Promise<ProcessOutcome> {
  const report = `${scratch}.outcomes`;
  const entry = files.length === 1 ? join(root, files[0]) : writeEntry(files, `${scratch}.mjs`);
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--test-reporter=spec', '--test-reporter-destination=stdout'],
      `--test-reporter=${join(root, 'scripts/test-outcomes-reporter.mjs')}`,
      `--test-reporter-destination=${report}`,
      entry,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FORCE_COLOR: '0' } },
  );
  const startedAt = performance.now();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), processTimeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  const seconds = (performance.now() - startedAt) / 1000;
  print(`${withoutSums(output)}ℹ ${seconds.toFixed(1)} s: ${files.join(' ')}\n`);
  const outcomes = existsSync(report) ? readOutcomes(report, files) : [];
  const ok = code === 0;
  if (!ok && !outcomes.some(isFailure)) {
    const name = code === null ? 'the process was ended' : `the process ended with code ${code}`;
    outcomes.push({ file: files.join(', '), name, outcome: 'fail' });
  }
  return { files, ok, outcomes };
}

/** A file that runs others. */
function writeEntry(files: readonly string[], path: string): string {
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`);
  writeFileSync(path, imports.join(''));
  return path;
}

/** The sums of one process among many tell nobody anything. */
function withoutSums(output: string): string {
  return output.replace(/^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n/gm, '');
}

/** A test whose file started it through a helper is of the file all the same. */
function readOutcomes(report: string, files: readonly string[]): TestOutcome[] {
  return readFileSync(report, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const outcome = JSON.parse(line) as TestOutcome;
      const file = outcome.file.replace(root, '');
      return { ...outcome, file: files.includes(file) ? file : files.join(', ') };
    });
}
