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
  /** Test files at once. Browsers are heavy: they run alone. */
  readonly concurrency: number;
  /** The folders of the test files; the first stage that names a file's folder has it. */
  readonly folders: readonly string[];
}

/** In the order they run, the quick ones first. */
export const testStages: readonly TestStage[] = [
  {
    name: 'unit',
    tools: [openssl],
    concurrency: 2,
    folders: ['src', 'web', 'scripts', 'bench', 'test/bandwidth'],
  },
  { name: 'browser', tools: [openssl, chromium, firefox, coturn], concurrency: 1, folders: ['test/browser'] },
  {
    name: 'interop',
    tools: [aiortc, gstreamer, ffmpeg, chromium, firefox],
    concurrency: 1,
    folders: ['test/interop'],
  },
  { name: 'scenario', tools: [openssl, chromium, firefox], concurrency: 1, folders: ['test'] },
];

/** The test files of a stage, those whose path contains one of the filters if there are any. */
export function filesOfStage(root: string, stage: TestStage, filters: readonly string[]): string[] {
  const owner = (file: string): TestStage | undefined =>
    testStages.find(({ folders }) => folders.some((folder) => file.startsWith(`${folder}/`)));
  return stage.folders
    .flatMap((folder) => sourceFiles(root, folder))
    .filter((file) => /\.test\.tsx?$/.test(file) && owner(file) === stage)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
}
