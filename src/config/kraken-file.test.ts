import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { translateKrakenFile } from './kraken-file.ts';
import { readConfig } from './read-config.ts';

const example = `
[engine]
# the network interface to bind, e.g.: 'eth0'
interface = "eth0"
address = "203.0.113.7"
log-level = 10
port-min = 30000
port-max = 40000

[turn]
host = "turn:turn.example:443"
secret = "shared"

[rpc]
port = 7001
`;

const addressesOf = (name: string) => (name === 'eth0' ? ['192.0.2.10', '127.0.0.1'] : null);
const translate = (text: string) =>
  translateKrakenFile({ name: 'engine.toml', content: parse(text) }, addressesOf);

function problemsOf(text: string): readonly string[] {
  try {
    translate(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

test('every key of a Kraken engine’s file has one of ours', () => {
  const { name, content, notes } = translate(example);
  const config = readConfig({ file: { name, content } });
  assert.deepEqual(config.media.addresses, ['192.0.2.10', '127.0.0.1']);
  assert.deepEqual(config.media.announcedAddresses, ['203.0.113.7']);
  assert.equal(config.media.port, 30_000);
  assert.deepEqual(config.turn, { host: 'turn:turn.example:443', secret: 'shared' });
  assert.equal(config.kraken.port, 7001);
  assert.deepEqual(notes, [
    'engine.port-max: UDP port 30000 serves everybody; the others are not used.',
    'engine.log-level: has no effect; see logging.level.',
  ]);
});

test('empty values and zeros are our defaults; sections of ours stand beside the others', () => {
  const { content } = translate(
    '[engine]\ninterface=""\naddress=""\nport-min=0\nport-max=0\n[media]\nport=5\n[limits]\nrooms=3\n',
  );
  const config = readConfig({ file: { name: 'f', content } });
  assert.deepEqual([config.media.port, config.media.addresses, config.limits.rooms], [5, [], 3]);
  assert.equal(config.kraken.port, 7000);
});

test('a file of ours stays as it is', () => {
  const content = { http: { port: 1 }, turn: { host: 'turn:a', secret: 'b' } };
  assert.equal(translateKrakenFile({ name: 'f', content }, addressesOf).content, content);
});

test('says what is wrong, by the names that the file has', () => {
  assert.deepEqual(problemsOf('[engine]\nport-mim=1\nport-max="x"\n[rpc]\nport=70000\n'), [
    'engine.port-mim (in engine.toml): there is no such key in a Kraken engine’s file. Did you mean engine.port-min?',
    'engine.port-max (in engine.toml): must be a port, 0 to 65535.',
    'rpc.port (in engine.toml): must be a port, 0 to 65535.',
  ]);
  assert.deepEqual(problemsOf('engine=1\n'), ['engine (in engine.toml): is not a section.']);
  assert.deepEqual(problemsOf('[engine]\ninterface="eth7"\nport-min=2\nport-max=1\n'), [
    'engine.interface (in engine.toml): this machine has no address on "eth7".',
    'engine.port-max (in engine.toml): must not be less than engine.port-min.',
  ]);
  assert.deepEqual(problemsOf('[rpc]\nport=1\n[kraken]\nport=2\n'), [
    'kraken.port (in engine.toml): is given in the original’s keys, too.',
  ]);
});
