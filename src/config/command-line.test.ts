import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from './command-line.ts';
import { ConfigError } from './config-error.ts';

function problemsOf(...args: string[]): readonly string[] {
  try {
    parseCommandLine(args);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

test('takes values behind a space and behind an equals sign; the last wins', () => {
  const line = parseCommandLine(['--http-port', '1', '--media-port=2', '--http-port=3']);
  assert.deepEqual(
    [...line.flags],
    [
      ['http-port', '3'],
      ['media-port', '2'],
    ],
  );
});

test('a switch needs no value, and takes one', () => {
  assert.equal(parseCommandLine(['--http-trust-proxy']).flags.get('http-trust-proxy'), 'true');
  assert.equal(parseCommandLine(['--media-gso=false']).flags.get('media-gso'), 'false');
});

test('knows the flags that are not keys', () => {
  const line = parseCommandLine(['-c', 'my.toml', '--print-config']);
  assert.equal(line.configFile, 'my.toml');
  assert.equal(line.printConfig, true);
  assert.equal(parseCommandLine(['-h']).help, true);
  assert.equal(parseCommandLine(['--version']).version, true);
});

test('takes the service that Kraken’s command line names', () => {
  const line = parseCommandLine(['-c', 'config/engine.toml', '-s', 'engine']);
  assert.deepEqual([line.configFile, line.service], ['config/engine.toml', 'engine']);
  assert.equal(parseCommandLine(['--service=monitor']).service, 'monitor');
  assert.equal(parseCommandLine([]).service, null);
  assert.deepEqual(problemsOf('-s', 'router'), ['--service: must be engine or monitor, not router.']);
});

test('says what is wrong', () => {
  assert.deepEqual(problemsOf('--http-prot', '1'), [
    '--http-prot: there is no such flag. Did you mean --http-port?',
    '1: a flag was expected here.',
  ]);
  assert.deepEqual(problemsOf('--http-port'), ['--http-port: needs a value.']);
  assert.deepEqual(problemsOf('--config'), ['--config: needs a value.']);
  assert.deepEqual(problemsOf('bogus'), ['bogus: a flag was expected here.']);
});
