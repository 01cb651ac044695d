import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';

test('reads TOML; names file and line where it is none; names a file that is not there', () => {
  const directory = mkdtempSync(join(tmpdir(), 'manifold-config-'));
  try {
    const file = join(directory, 'a.toml');
    writeFileSync(file, '[http]\nport = 1\n');
    assert.equal(
      JSON.stringify(readConfigFile(file)),
      JSON.stringify({ name: file, content: { http: { port: 1 } } }),
    );
    writeFileSync(file, '[http]\nport = \n');
    assert.throws(
      () => readConfigFile(file),
      (error) =>
        error instanceof ConfigError &&
        error.problems.length === 1 &&
        error.message.startsWith(`${file}, line 2: `),
    );
    assert.throws(
      () => readConfigFile(join(directory, 'none.toml')),
      /none\.toml: the configuration file cannot be read/,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
