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
  /**
   * Test processes at once. Two wait for different things, and two with browsers keep two processors busy; those that
   * measure run alone.
   */
  readonly concurrency: number;
  /** Test files in a process: many where starting it costs more than most files do, one where they start programs. */
  readonly filesPerProcess: number;
  /** Whether files that failed are run once more, alone: for those that need the machine to themselves. */
  readonly secondTry: boolean;
  /** Folders of test files, and single ones; the stage that names a file most closely has it. */
  readonly paths: readonly string[];
  /** Those files of it that take longest, which come first: the others fill what time is left beside them. */
  readonly longest: readonly string[];
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
    longest: ['src/packet-io/dtls.test.ts', 'src/cli.test.ts'],
  },
  {
    name: 'browser',
    tools: [openssl, chromium, firefox, coturn],
    concurrency: 2,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test/browser', 'test/browser/layers/shown-pictures.test.ts'],
    longest: [
      'test/browser/demo-page.test.ts',
      'test/browser/pion-dialect.test.ts',
      'test/browser/talksy-dialect.test.ts',
      'test/browser/kurento/tutorials.test.ts',
      'test/browser/kraken-dialect.test.ts',
      'test/browser/codecs.test.ts',
      'test/browser/layers/shown-pictures.test.ts',
      'test/browser/one-room.test.ts',
      'test/browser/kurento/endpoints.test.ts',
      'test/browser/data-channels.test.ts',
      'test/browser/operations.test.ts',
      'test/browser/kraken-restart.test.ts',
    ],
  },
  {
    // Calls that go on over bad networks and among garbage: with a little room for what else runs.
    name: 'strained',
    tools: [openssl, chromium, firefox],
    concurrency: 2,
    filesPerProcess: 1,
    secondTry: true,
    paths: [
      'test/browser/bad-network.test.ts',
      'test/browser/hostile-input.test.ts',
      'test/rooms/standstill.test.ts',
    ],
    longest: ['test/browser/bad-network.test.ts'],
  },
  {
    name: 'measured',
    tools: [openssl, chromium, firefox],
    concurrency: 1,
    filesPerProcess: 1,
    secondTry: true,
    // What floods of requests are answered depends on how fast the server is rid of them.
    paths: ['test/browser/layers', 'test/hostile'],
    longest: [],
  },
  {
    name: 'interop',
    tools: [aiortc, gstreamer, ffmpeg, chromium, firefox],
    concurrency: 2,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test/interop'],
    longest: ['test/interop/rtp-endpoint.test.ts', 'test/interop/dialects-meet.test.ts'],
  },
  {
    name: 'scenario',
    tools: [openssl, chromium, firefox],
    concurrency: 3,
    filesPerProcess: 1,
    secondTry: true,
    paths: ['test'],
    longest: [
      'test/signaling/kurento-memory.test.ts',
      'test/configuration/ksfu-variables.test.ts',
      'test/signaling/kurento-hostile.test.ts',
      'test/signaling/talksy-hostile.test.ts',
      'test/signaling/kurento-media.test.ts',
      'test/rooms/choices.test.ts',
    ],
  },
];

/** The test files of a stage, those whose path contains one of the filters if there are any, the longest first. */
export function filesOfStage(root: string, stage: TestStage, filters: readonly string[]): string[] {
  const files = stage.paths
    .flatMap((path) => (isTestFile(path) ? [path] : sourceFiles(root, path)))
    .filter((file) => isTestFile(file) && ownerOf(file) === stage)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const longest = stage.longest.filter((file) => files.includes(file));
  return [...new Set([...longest, ...files])];
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
