import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { groupsOf, runStage } from './run-stage.ts';
import type { TestStage } from './test-stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'manifold-run-stage-'));
after(() => rmSync(folder, { recursive: true }));

const stage = {
  name: 'made up',
  tools: [],
  concurrency: 2,
  filesPerProcess: 1,
  secondTry: true,
  paths: [],
  longest: [],
};

/** What the made-up tests print would look like failures of this one. */
const run = (of: TestStage, files: readonly string[]) => runStage(of, files, () => {});

/** Writes a test file; `body` may call once(), which throws the first time. @returns its path as stages name it */
function testFile(name: string, body: string): string {
  const path = join(folder, `${name}.test.mjs`);
  const seen = JSON.stringify(join(folder, `${name}.seen`));
  writeFileSync(
    path,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { test } from 'node:test';
     function once() {
       if (existsSync(${seen})) return;
       writeFileSync(${seen}, '');
       throw new Error('the first time');
     }
     ${body}`,
  );
  return relative(root, path);
}

const endings = ({ outcomes }: Awaited<ReturnType<typeof runStage>>) =>
  Object.fromEntries(outcomes.map(({ name, outcome }) => [name, outcome]));

test('files are dealt out to as few groups as hold them', () => {
  assert.deepEqual(groupsOf(['a', 'b', 'c', 'd', 'e'], 2), [['a', 'd'], ['b', 'e'], ['c']]);
  assert.deepEqual(groupsOf(['a', 'b'], 12), [['a', 'b']]);
  assert.deepEqual(groupsOf([], 12), []);
});

test('what fails twice fails, and what passes alone is told', async () => {
  const helper = join(folder, 'helper.mjs');
  writeFileSync(
    helper,
    `import { test } from 'node:test'; export const viaHelper = (name, run) => test(name, run);`,
  );
  const files = [
    testFile('good', `test('good', () => {});`),
    testFile(
      'bad',
      `import { viaHelper } from './helper.mjs'; viaHelper('bad', () => { throw new Error(); });`,
    ),
    testFile('unsteady', `test('unsteady', once); test('beside it', () => {});`),
  ];
  const result = await run(stage, files);
  assert.equal(result.ok, false);
  assert.deepEqual(endings(result), { good: 'pass', bad: 'fail', unsteady: 'pass', 'beside it': 'pass' });
  assert.deepEqual(
    result.unsteady.map(({ name }) => name),
    ['unsteady'],
  );
  const again = await run(
    stage,
    files.filter((file) => !file.includes('bad')),
  );
  assert.equal(again.ok, true);
});

test('there is no second try where none is allowed', async () => {
  const file = testFile('once', `test('once', once);`);
  const result = await run({ ...stage, secondTry: false }, [file]);
  assert.equal(result.ok, false);
  assert.deepEqual(endings(result), { once: 'fail' });
});

test('files in one process are all run, and one that ends early fails', async () => {
  const files = [
    testFile('first', `test('of the first', () => {});`),
    testFile('second', `test('of the second', () => {});`),
  ];
  const together = { ...stage, filesPerProcess: 2, secondTry: false };
  assert.deepEqual(endings(await run(together, files)), {
    'of the first': 'pass',
    'of the second': 'pass',
  });
  const crashed = await run(together, [testFile('crash', 'process.exit(3);')]);
  assert.equal(crashed.ok, false);
  assert.deepEqual(endings(crashed), { 'the process ended with code 3': 'fail' });
});
