import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sourceFiles } from './source-files.ts';
import { filesOfStage, testStages } from './test-stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every test file belongs to exactly one stage', () => {
  const all = ['src', 'web', 'scripts', 'bench', 'test']
    .flatMap((folder) => sourceFiles(root, folder))
    .filter((file) => /\.test\.tsx?$/.test(file))
    .sort();
  const staged = testStages.flatMap((stage) => filesOfStage(root, stage, [])).sort();
  assert.deepEqual(staged, all);
});

test('filters choose files by a part of their path', () => {
  assert.deepEqual(filesOfStage(root, testStages[0], ['test-stages']), ['scripts/test-stages.test.ts']);
  assert.deepEqual(filesOfStage(root, testStages[0], ['no such file']), []);
});

test('the longest files come first, and each of them is a file of its stage', () => {
  for (const stage of testStages) {
    const files = filesOfStage(root, stage, []);
    assert.deepEqual(files.slice(0, stage.longest.length), stage.longest, stage.name);
    assert.equal(new Set(files).size, files.length);
  }
});
