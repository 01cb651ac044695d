import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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

  test('runs: serves its own pages and Manifold, and ends', async () => {
    const file = join(directory, 'example.mjs');
    // On any free port, and telling which.
    const example = exampleOfReadme()
      .replace('port: 40000', 'port: 0')
      .replace(
        'server.listen(3000, () => console.log(',
        'server.listen(0, () => console.log(server.address().port, ',
      );
    assert.notEqual(example, exampleOfReadme());
    writeFileSync(file, example);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const base = `http://127.0.0.1:${line.split(' ')[0]}`;
    assert.equal(await (await fetch(base)).text(), 'my own pages');
    assert.equal((await fetch(`${base}/health`)).status, 200);
    assert.equal((await fetch(`${base}/whip/hello`, { method: 'OPTIONS' })).status, 204);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
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
