/** What `npm test` consists of. */
import { sourceFiles } from './source-files.ts';
import {
  aiortc,
  chromium,
  coturn,
  ffmpeg,
  firefox,
  gstreamer,
  openssl,
  type TestTool,
} from './test-tools.ts';

export interface TestStage {
  readonly name: string;
  readonly tools: readonly TestTool[];
  /** Test processes at once. Two wait for different things; those that measure run alone. */
  readonly concurrency: number;
  /** Test files in a process: many where starting it costs more than most files do, one where they start programs. */
  readonly filesPerProcess: number;
  /** Whether files that failed are run once more, alone: for those that need the machine to themselves. */
  readonly secondTry: boolean;
  /** Folders of test files, and single ones; the stage that names a file most closely has it. */
  readonly paths: readonly string[];
}

/** In the order they run, the quick ones first. */
export const testStages: readonly TestStage[] = [
  {
    name: 'unit',
    tools: [openssl],
    concurrency: 2,
    filesPerProcess: 8,
    secondTry: false,
    paths: ['src', 'web', 'scripts', 'bench', 'test/bandwidth'],
  },
  {
    name: 'browser',
    tools: [openssl, chromium, firefox, coturn],
    concurrency: 2,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test/browser'],
  },
  {
    name: 'measured',
    tools: [openssl, chromium, firefox],
    concurrency: 1,
    filesPerProcess: 1,
    secondTry: true,
    paths: [
      'test/browser/layers',
      'test/browser/bad-network.test.ts',
      'test/browser/hostile-input.test.ts',
      'test/hostile',
      'test/rooms/standstill.test.ts',
    ],
  },
  {
    name: 'interop',
    tools: [aiortc, gstreamer, ffmpeg, chromium, firefox],
    concurrency: 1,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test/interop'],
  },
  {
    name: 'scenario',
    tools: [openssl, chromium, firefox],
    concurrency: 2,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test'],
  },
];

/** The test files of a stage, those whose path contains one of the filters if there are any. */
export function filesOfStage(root: string, stage: TestStage, filters: readonly string[]): string[] {
  return stage.paths
    .flatMap((path) => (isTestFile(path) ? [path] : sourceFiles(root, path)))
    .filter((file) => isTestFile(file) && ownerOf(file) === stage)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
}

function isTestFile(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

function ownerOf(file: string): TestStage | undefined {
  const naming = testStages.flatMap((stage) =>
    stage.paths
      .filter((path) => file === path || file.startsWith(`${path}/`))
      .map((path) => ({ stage, path })),
  );
  return naming.sort((a, b) => b.path.length - a.path.length)[0]?.stage;
}
