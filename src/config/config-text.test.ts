import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { configKeys } from './config-key.ts';
import { configAsToml, configSample, flagsHelp } from './config-text.ts';
import { completeConfig, readConfig } from './read-config.ts';

test('config.sample.toml is what the schema says; `npm run config-sample` writes it', () => {
  const sample = readFileSync(new URL('../../config.sample.toml', import.meta.url), 'utf8');
  assert.equal(sample, configSample());
});

test('the sample, with every # in front of a key removed, is the default configuration', () => {
  const uncommented = configSample().replaceAll(/^#(?=[a-z-]+ = )/gm, '');
  const config = readConfig({ file: { name: 'sample', content: parse(uncommented) } });
  assert.deepEqual(config, completeConfig({}));
  for (const { name, section } of configKeys) {
    assert.match(uncommented, new RegExp(`^${name.slice(section.length + 1)} = `, 'm'));
  }
});

test('the examples in the sample are valid', () => {
  for (const key of configKeys) {
    if (key.example === undefined) continue;
    const name = key.name.slice(key.section.length + 1);
    const partner = name === 'tls-cert' ? 'tls-key = "k"' : name === 'tls-key' ? 'tls-cert = "c"' : '';
    const toml = `[${key.section}]\n${name} = ${key.example}\n${partner}`;
    assert.doesNotThrow(() => readConfig({ file: { name: 'example', content: parse(toml) } }), key.name);
  }
});

test('help lists every flag, on lines that fit a terminal', () => {
  const help = flagsHelp();
  for (const key of configKeys) assert.ok(help.includes(`--${key.flag}`), key.flag);
  assert.ok(help.split('\n').every((line) => line.length <= 100));
});

test('the configuration in effect is printed as TOML that reads back, with its secrets hidden', () => {
  const config = completeConfig({
    http: { port: 1 },
    admin: { token: 'geheim' },
    ice: { servers: [{ urls: ['turn:t.example'], username: 'u', credential: 'geheim' }] },
  });
  const printed = configAsToml(config);
  assert.doesNotMatch(printed, /geheim/);
  const readBack = readConfig({ file: { name: 'printed', content: parse(printed) } });
  assert.equal(readBack.http.port, 1);
  assert.deepEqual(readBack.limits, config.limits);
});
