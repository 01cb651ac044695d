import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { environmentWithFile } from './environment-file.ts';

test('what is set wins over the file; no file is none; one that cannot be read is told', () => {
  const directory = mkdtempSync(join(tmpdir(), 'manifold-env-'));
  try {
    const file = join(directory, '.env');
    const environment = { A: 'set', C: '' };
    assert.equal(environmentWithFile(environment, file), environment);
    writeFileSync(file, '# a comment\nA=file\nB="quoted"\nC=file\n');
    assert.deepEqual(environmentWithFile(environment, file), { A: 'set', B: 'quoted', C: '' });
    assert.throws(() => environmentWithFile({}, directory), ConfigError);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
