/** Runs one stage of the tests in node's own test runner, and reads how each test ended. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TestStage } from './test-stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A file that takes longer hangs. */
const fileTimeoutMs = 600_000;

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

/**
 * Runs the files of a stage. Where a stage allows it, files that failed are run once more, alone, when all others
 * have ended: real browsers on a machine of two processors sometimes starve each other. What fails twice
 * fails; what passed only alone is told, so that nobody overlooks a test that has become unsteady.
 */
export async function runStage(stage: TestStage, files: readonly string[]): Promise<StageOutcome> {
  const first = await runFiles(files, stage);
  const failed = [...new Set(first.outcomes.filter(isFailure).map(({ file }) => file))];
  if (first.ok || !stage.secondTry || failed.length === 0) return { ...first, unsteady: [] };
  console.log(`\nOnce more, alone: ${failed.join(' ')}`);
  const again = await runFiles(failed, { concurrency: 1, filesPerProcess: 1 });
  return {
    ok: again.ok,
    outcomes: [...first.outcomes.filter(({ file }) => !failed.includes(file)), ...again.outcomes],
    unsteady: first.outcomes.filter(isFailure).filter((one) => !again.outcomes.some(sameFailure(one))),
  };
}

function isFailure({ outcome }: TestOutcome): boolean {
  return outcome === 'fail';
}

function sameFailure({ file, name }: TestOutcome): (other: TestOutcome) => boolean {
  return (other) => isFailure(other) && other.file === file && other.name === name;
}

async function runFiles(
  files: readonly string[],
  { concurrency, filesPerProcess }: Pick<TestStage, 'concurrency' | 'filesPerProcess'>,
): Promise<Pick<StageOutcome, 'ok' | 'outcomes'>> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-tests-'));
  const report = join(folder, 'outcomes');
  try {
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--test', `--test-timeout=${fileTimeoutMs}`],
        ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
        `--test-reporter=${join(root, 'scripts/test-outcomes-reporter.mjs')}`,
        `--test-reporter-destination=${report}`,
        `--test-concurrency=${concurrency}`,
        ...(filesPerProcess === 1
          ? files.map((file) => join(root, file))
          : writeGroups(folder, groupsOf(files, filesPerProcess))),
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FORCE_COLOR: '0' } },
    );
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { ok: code === 0, outcomes: existsSync(report) ? readOutcomes(report) : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Neighbours take alike long: they are dealt out, one to each group in turn. */
export function groupsOf(files: readonly string[], size: number): string[][] {
  const count = Math.ceil(files.length / size);
  return Array.from({ length: count }, (_, group) => files.filter((_, index) => index % count === group));
}

/** A file for each group that runs the files of it; the tests are still reported as of the files they stand in. */
function writeGroups(folder: string, groups: readonly (readonly string[])[]): string[] {
  return groups.map((files, index) => {
    const path = join(folder, `group-${index + 1}.test.mjs`);
    const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`);
    writeFileSync(path, imports.join(''));
    return path;
  });
}

function readOutcomes(report: string): TestOutcome[] {
  return readFileSync(report, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const outcome = JSON.parse(line) as TestOutcome;
      return { ...outcome, file: outcome.file.replace(root, '') };
    });
}
