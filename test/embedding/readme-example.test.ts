import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The example under "As a library". */
function exampleOfReadme(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const example = /^## As a library\n+```js\n([\s\S]*?)```/m.exec(readme)?.[1];
  assert.ok(example !== undefined, 'README has no example');
  return example;
}

describe("README's example of embedding", () => {
  let directory: string;
  before(() => {
    // Inside the package, so that it finds the package by its own name.
    mkdirSync(join(root, 'test-output'), { recursive: true });
    directory = mkdtempSync(join(root, 'test-output', 'embedding-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  test('has at most ten lines', () => {
    assert.ok(exampleOfReadme().trim().split('\n').length <= 10);
  });

  test('is typed', () => {
    const file = join(directory, 'typed.ts');
    const wrong =
      '// @ts-expect-error a port is a number\nawait createManifold({ media: { port: "high" } });\n';
    writeFileSync(file, exampleOfReadme() + wrong);
    const settings = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
    ];
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const result = spawnSync(tsc, ['--ignoreConfig', '--skipLibCheck', ...settings, file], {
      encoding: 'utf8',
    });
    assert.equal(result.stdout, '');
    assert.equal(result.status, 0);
  });
});
