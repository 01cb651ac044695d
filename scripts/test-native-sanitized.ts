/**
 * Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer and runs the tests of src/packet-io
 * against it. Needs g++ with its sanitizer libraries; Linux only, because it is preloaded into Node.js.
 *
 *     node --import tsx scripts/test-native-sanitized.ts [test files]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'build', 'sanitized');
const addon = join(output, 'manifold.node');
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize=vptr', '-fno-sanitize-recover=undefined'];
const compilerOptions = [
  '-std=c++17',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-O1',
  '-g',
  '-fPIC',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-omit-frame-pointer',
  '-D_GLIBCXX_ASSERTIONS',
  '-DNODE_GYP_MODULE_NAME=manifold',
  ...sanitizers,
  `-I${includeFolder()}`,
];

function includeFolder(): string {
  const prefix = process.env.npm_config_nodedir ?? join(dirname(process.execPath), '..');
  return join(prefix, 'include', 'node');
}

/** The sources that binding.gyp names, which is JSON with comments and trailing commas. */
function sources(): string[] {
  return [...readFileSync(join(root, 'binding.gyp'), 'utf8').matchAll(/"(native\/\w+\.cc)"/g)].map(
    ([, path]) => path,
  );
}

/** Paths, from the root, of the files of a folder whose name ends so. */
function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

async function run(command: string, options: readonly string[], env = process.env): Promise<void> {
  const child = spawn(command, options, { cwd: root, stdio: 'inherit', env });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}`);
}

async function build(): Promise<void> {
  mkdirSync(output, { recursive: true });
  const headersChanged = Math.max(
    ...filesOf('native', '.h').map((path) => statSync(join(root, path)).mtimeMs),
  );
  const objects: string[] = [];
  const stale: [source: string, object: string][] = [];
  for (const source of sources()) {
    const object = join(output, `${basename(source, '.cc')}.o`);
    objects.push(object);
    const made = statSync(object, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (made < Math.max(headersChanged, statSync(join(root, source)).mtimeMs)) stale.push([source, object]);
  }
  const compile = async () => {
    for (let next = stale.pop(); next; next = stale.pop())
      await run('g++', [...compilerOptions, '-c', next[0], '-o', next[1]]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compile));
  await run('g++', ['-shared', ...sanitizers, ...objects, '-o', addon]);
}

await build();
const libasan = execFileSync('g++', ['-print-file-name=libasan.so']).toString().trim();
const tests = process.argv.slice(2);
await run(
  process.execPath,
  ['--import', 'tsx', '--test', ...(tests.length > 0 ? tests : filesOf('src/packet-io', '.test.ts'))],
  {
    ...process.env,
    MANIFOLD_ADDON: addon,
    LD_PRELOAD: libasan,
    // V8 keeps memory until the end on purpose.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  },
);
