import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';
import { configKeys } from './config-key.ts';
import { ksfuSample } from './ksfu-sample.ts';
import { type KsfuName, type KsfuVariable, ksfuNames, ksfuVariables } from './ksfu-variables.ts';
import { readConfigWithNotes } from './read-config.ts';
import type { Config } from './schema.ts';

type Environment = Record<string, string>;

const read = (environment: Environment, more: object = {}) => readConfigWithNotes({ environment, ...more });
const configOf = (environment: Environment): Config => read(environment).config;

function problemsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return assert.fail(`nothing was wrong with ${JSON.stringify(environment)}`);
}

let directory: string;
let pem: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifold-ksfu-'));
  pem = join(directory, 'cert.pem');
  writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
});

after(() => rmSync(directory, { recursive: true }));

const file = (name: string): string => new URL(`../../${name}`, import.meta.url).pathname;

/** The lines of `environment:` in the compose file, with its substitutions empty. */
function composeEnvironment(): Environment {
  const lines = readFileSync(file('docker-compose.yml'), 'utf8').matchAll(/^ {6}- ([A-Z0-9_]+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value.replace(/\$\{.*\}/, '')]));
}

const defaults: Environment = Object.fromEntries(
  ksfuNames.flatMap((name) => {
    const { default: standard } = ksfuVariables[name] as KsfuVariable;
    return standard === null ? [] : [[name, standard]];
  }),
);

describe('the table of ksfu’s variables', () => {
  test('has every variable of the document, and every key it names', () => {
    assert.equal(ksfuNames.length, 33 + 'HTTPS_CERT HTTPS_KEY'.split(' ').length);
    for (const name of ksfuNames)
      for (const key of ksfuVariables[name].keys)
        assert.ok(
          configKeys.some((known) => known.name === key),
          key,
        );
  });

  test('every default given explicitly is as good as any value, and each alone', () => {
    const { notes } = read(defaults);
    assert.equal(notes.length, 1);
    assert.match(notes[0], /^STUN_SERVERS: this server answers as an ICE-lite agent/);
    for (const [name, value] of Object.entries(defaults)) read({ [name]: value });
  });

  test('.env.example is what the table says, and has all of them; `npm run config-sample` writes it', () => {
    const text = readFileSync(file('.env.example'), 'utf8');
    assert.equal(text, ksfuSample());
    assert.deepEqual({ ...parseEnv(text) }, defaults);
    for (const name of ksfuNames) assert.match(text, new RegExp(`^#?${name}=`, 'm'));
  });

  test('docker-compose.yml has all of them at their defaults, but for the port', () => {
    const environment = composeEnvironment();
    assert.deepEqual(Object.keys(environment), [...ksfuNames]);
    for (const [name, value] of Object.entries(environment)) {
      const expected = name === 'ICE_SINGLE_PORT' ? '50000' : (defaults[name] ?? '');
      assert.equal(value, expected, name);
    }
    const { config } = read(environment);
    assert.equal(config.media.port, 50_000);
    assert.equal(config.http.tls, 'self-signed');
  });

  test('.env stays out of images and the repository', () => {
    for (const name of ['.gitignore', '.dockerignore'])
      assert.match(readFileSync(file(name), 'utf8'), /^\.env$/m, name);
  });

  test('who sets none of them has Manifold’s own defaults', () => {
    const { config, notes } = read({});
    assert.deepEqual(notes, []);
    assert.equal(config.metrics.serve, true);
    assert.equal(config.speakers.intervalMs, 100);
    assert.equal(config.layers.start, 'fitting');
    assert.equal(config.http.tls, 'auto');
    assert.equal(config.timeouts.keepaliveMs, 0);
  });
});

describe('values', () => {
  /** Each with a value that is wrong, and what is said of it. */
  const wrong: Partial<Record<KsfuName, readonly [value: string, reason: RegExp][]>> = {
    HTTP_PORT: [
      ['x', /whole number from 0 to 65535/],
      ['65536', /whole number/],
      ['-1', /whole number/],
      ['1.5', /whole number/],
    ],
    HTTPS_PORT: [['on', /or off/]],
    HTTPS_CERT: [['/none.pem', /can be read \(ENOENT\)/]],
    HTTPS_KEY: [['/none.pem', /can be read/]],
    ENABLE_METRICS: [['maybe', /true or false/]],
    ICE_SINGLE_PORT: [['70000', /whole number/]],
    ICE_PORT_RANGE: [
      ['50000', /two ports/],
      ['1023,2000', /from 1024/],
      ['3000,2000', /lower first/],
      ['3000,65536', /65535/],
    ],
    STUN_SERVERS: [
      ['stun.example.org', /stun: or stuns: URLs/],
      ['turn:a.example', /stun: or stuns: URLs/],
      ['stun:a.example:0', /stun:/],
    ],
    TURN_SERVERS: [
      ['stun:a.example', /turn: or turns: URLs/],
      ['turn:a.example?transport=sctp', /turn: or turns: URLs/],
      ['turn:a.example', /needs TURN_USERNAME and TURN_PASSWORD/],
    ],
    TURN_USERNAME: [['u', /together with TURN_PASSWORD/]],
    TURN_PASSWORD: [['p', /together with TURN_USERNAME/]],
    ICE_LITE: [['2', /true or false/]],
    ICE_NAT_1TO1_IPS: [
      ['example.org', /list of addresses/],
      ['192.0.2.1,192.0.2.2', /one IPv4 address for all/],
      ['192.0.2.1,192.0.2.2/10.0.0.1', /not both/],
      ['192.0.2.1/::1', /of one family/],
    ],
    ICE_CANDIDATE_TYPE: [['relay', /one of host, srflx/]],
    SDP_SEMANTICS: [['plan-c', /one of unified-plan, unified-plan-with-fallback, plan-b/]],
    MDNS_ENABLED: [
      ['maybe', /true or false/],
      ['true', /resolves no \.local names/],
    ],
    ICE_DISCONNECTED_TIMEOUT: [
      ['0', /seconds above 0/],
      ['-3', /seconds above 0/],
      ['1e3', /seconds above 0/],
    ],
    ICE_FAILED_TIMEOUT: [['soon', /seconds above 0/]],
    ICE_KEEPALIVE_INTERVAL: [['0', /seconds above 0/]],
    TURN_ENABLED: [['perhaps', /true or false/]],
    TURN_REALM: [['example.org', /for a TURN server, which this one does not have yet/]],
    TURN_ADDRESS: [
      ['no port:', /address, or host:port/],
      ['1.2.3', /address, or host:port/],
      ['192.0.2.1:3478', /for a TURN server/],
      ['turn.example.org', /for a TURN server/],
    ],
    TURN_CERT: [['/none.pem', /can be read/]],
    TURN_KEY: [['/none.pem', /can be read/]],
    TURN_PORT_RANGE: [
      ['1-2', /two ports/],
      ['50000-50010', /for a TURN server/],
    ],
    TURN_CREDENTIALS: [
      ['/none', /file that can be read/],
      ['user=', /user=password/],
      ['user=pass', /for a TURN server/],
    ],
    TURN_SECRET: [['geheim', /for a TURN server/]],
    ROUTER_WITH_STATS: [['all', /true or false/]],
    ROUTER_MAX_BANDWIDTH: [['2M', /whole number, 0 or more/]],
    ROUTER_MAX_PACKET_TRACK: [['-1', /whole number, 0 or more/]],
    ROUTER_AUDIO_LEVEL_INTERVAL: [['1s', /whole number, 0 or more/]],
    ROUTER_AUDIO_LEVEL_THRESHOLD: [['128', /from 0 to 127/]],
    ROUTER_AUDIO_LEVEL_FILTER: [['101', /from 0 to 100/]],
    SIMULCAST_BEST_QUALITY_FIRST: [['first', /true or false/]],
    SIMULCAST_ENABLE_TEMPORAL_LAYER: [['-', /true or false/]],
  };

  for (const name of ksfuNames) {
    test(`${name}: what is wrong is told by its name`, () => {
      const cases = wrong[name];
      assert.ok(cases !== undefined, 'has a case');
      for (const [value, reason] of cases) {
        const own = problemsOf({ [name]: value }).filter((problem) => problem.startsWith(`${name}: `));
        assert.ok(own.length > 0, value);
        assert.match(own[0], reason);
        const { secret } = ksfuVariables[name] as KsfuVariable;
        if (secret) assert.doesNotMatch(own[0], /geheim|got/);
        else assert.ok(own[0].endsWith(` (got "${value}")`), own[0]);
      }
    });
  }

  test('are trimmed; an empty one is none; truths have many words', () => {
    assert.equal(configOf({ HTTP_PORT: ' 9000 ' }).http.port, 9000);
    assert.equal(configOf({ HTTP_PORT: '  ', ICE_PORT_RANGE: '' }).http.port, 8080);
    for (const yes of ['true', '1', 'YES', 'On'])
      assert.equal(configOf({ ROUTER_WITH_STATS: yes }).metrics.tracks, true);
    for (const no of ['False', '0', 'no', 'OFF'])
      assert.equal(configOf({ ENABLE_METRICS: no }).metrics.serve, false);
  });

  test('all problems are told in one go', () => {
    const problems = problemsOf({
      HTTP_PORT: 'a',
      ICE_LITE: 'b',
      TURN_ENABLED: 'true',
      MANIFOLD_MEDIA_PORT: 'c',
    });
    const names = problems.map((problem) => problem.split(':')[0]);
    for (const name of ['HTTP_PORT', 'ICE_LITE', 'TURN_ENABLED', 'TURN_ADDRESS', 'TURN_CREDENTIALS'])
      assert.ok(names.includes(name), name);
    assert.ok(problems.some((problem) => problem.startsWith('media.port (from MANIFOLD_MEDIA_PORT)')));
  });
});

describe('the keys they stand for', () => {
  test('ports and HTTPS', () => {
    const { http } = configOf({ HTTP_PORT: '1', HTTPS_PORT: '2', HTTPS_CERT: pem, HTTPS_KEY: pem });
    assert.deepEqual(
      [http.port, http.tlsPort, http.tls, http.tlsCert, http.tlsKey],
      [1, 2, 'self-signed', pem, pem],
    );
    for (const off of ['0', 'off', 'OFF']) assert.equal(configOf({ HTTPS_PORT: off }).http.tls, 'off');
    assert.deepEqual(problemsOf({ HTTP_PORT: '9000', HTTPS_PORT: '9000' }), [
      'HTTPS_PORT: must differ from http.port (got "9000")',
    ]);
    // Kraken's own port is then the common one.
    assert.equal(configOf({ HTTP_PORT: '7000' }).kraken.listen, false);
  });

  test('the certificate of a TURN server serves HTTPS, where there is no other', () => {
    const turn = { TURN_CERT: pem, TURN_KEY: pem };
    assert.equal(configOf({ ...turn, HTTPS_PORT: '8443' }).http.tlsCert, pem);
    const other = join(directory, 'other.pem');
    writeFileSync(other, '-----BEGIN CERTIFICATE-----\n');
    const both = { ...turn, HTTPS_PORT: '8443', HTTPS_CERT: other, HTTPS_KEY: other };
    for (const unused of [turn, both, { ...turn, HTTPS_PORT: 'off' }])
      assert.deepEqual(
        problemsOf(unused).map((problem) => problem.split(':')[0]),
        ['TURN_CERT', 'TURN_KEY'],
      );
    assert.match(problemsOf({ HTTPS_CERT: pem })[0], /^HTTPS_CERT: must be given together with HTTPS_KEY/);
  });

  test('the port of media', () => {
    assert.equal(configOf({ ICE_SINGLE_PORT: '0' }).media.port, 40_000);
    assert.equal(configOf({ ICE_PORT_RANGE: '50000,50010' }).media.portRange, '50000-50010');
    assert.equal(configOf({ ICE_PORT_RANGE: '50000-50010' }).media.portRange, '50000-50010');
    const { config, notes } = read({ ICE_SINGLE_PORT: '50000', ICE_PORT_RANGE: '50001,50010' });
    assert.deepEqual([config.media.port, config.media.portRange], [50_000, '']);
    assert.deepEqual(notes, ['ICE_PORT_RANGE: has no effect, as ICE_SINGLE_PORT is set.']);
    const flags = new Map([['media-port', '0']]);
    assert.equal(read({ ICE_PORT_RANGE: '50001,50010' }, { flags }).config.media.portRange, '');
  });

  test('addresses', () => {
    const { media } = configOf({
      ICE_NAT_1TO1_IPS: '192.0.2.1/10.0.0.1, ,2001:db8::1',
      ICE_CANDIDATE_TYPE: 'srflx',
    });
    assert.deepEqual(media.announcedAddresses, ['192.0.2.1/10.0.0.1', '2001:db8::1']);
    assert.equal(media.candidateType, 'srflx');
    assert.match(
      problemsOf({ ICE_CANDIDATE_TYPE: 'srflx', ICE_LITE: 'true' })[0],
      /^ICE_CANDIDATE_TYPE: must be host with ICE_LITE/,
    );
  });

  test('how tracks are put into m-lines', () => {
    assert.equal(configOf({}).kurento.sdpSemantics, 'unified-plan');
    for (const semantics of ['unified-plan', 'unified-plan-with-fallback', 'plan-b'])
      assert.equal(configOf({ SDP_SEMANTICS: semantics }).kurento.sdpSemantics, semantics);
  });

  test('timeouts, which count on from each other', () => {
    const timeouts = (environment: Environment) => {
      const { disconnectedMs, failedMs, connectMs } = configOf(environment).timeouts;
      return [disconnectedMs, failedMs, connectMs];
    };
    assert.deepEqual(
      timeouts({ ICE_DISCONNECTED_TIMEOUT: '15', ICE_FAILED_TIMEOUT: '15' }),
      [15_000, 30_000, 30_000],
    );
    assert.deepEqual(timeouts({ ICE_DISCONNECTED_TIMEOUT: '60' }), [60_000, 75_000, 75_000]);
    assert.deepEqual(timeouts({ ICE_FAILED_TIMEOUT: '0.5' }), [10_000, 10_500, 10_500]);
    assert.deepEqual(
      timeouts({ ICE_DISCONNECTED_TIMEOUT: '0.1', ICE_FAILED_TIMEOUT: '0.2' }),
      [100, 300, 1000],
    );
    assert.deepEqual(
      timeouts({ ICE_FAILED_TIMEOUT: '5', MANIFOLD_TIMEOUTS_DISCONNECTED_MS: '2000' }),
      [2000, 7000, 7000],
    );
    assert.equal(configOf({ ICE_KEEPALIVE_INTERVAL: '2.5' }).timeouts.keepaliveMs, 2500);
    assert.deepEqual(read({ ICE_KEEPALIVE_INTERVAL: '15', ICE_DISCONNECTED_TIMEOUT: '15' }).notes, [
      'ICE_KEEPALIVE_INTERVAL: should be less than ICE_DISCONNECTED_TIMEOUT.',
    ]);
  });

  test('servers for ICE: refused while they would be needed, ignored with a word where they are not', () => {
    const servers = {
      STUN_SERVERS: 'stun:a.example, stuns:b.example',
      TURN_SERVERS: 'turn:t.example?transport=tcp',
      TURN_USERNAME: 'u',
      TURN_PASSWORD: 'p',
    };
    for (const lite of [{}, { ICE_LITE: 'false' }]) {
      const problems = problemsOf({ ...servers, ...lite });
      assert.deepEqual(problems.map((problem) => problem.split(':')[0]).sort(), Object.keys(servers).sort());
      assert.match(problems.join(), /needs a full ICE agent, which this server is not yet/);
    }
    const { notes } = read({ ...servers, ICE_LITE: 'true' });
    assert.equal(notes.length, 4);
    for (const note of notes) assert.match(note, /: has no effect, as ICE_LITE is set\.$/);
    for (const none of ['none', '', 'NONE', ' , ']) assert.deepEqual(read({ STUN_SERVERS: none }).notes, []);
    assert.match(read({ STUN_SERVERS: 'stun:STUN.l.google.com:19302' }).notes[0], /no STUN server is asked/);
    assert.match(read({ ICE_LITE: 'no' }).notes[0], /^ICE_LITE: .*no STUN server is asked/);
  });

  test('a TURN server is refused, with all that is wrong about it', () => {
    const asked = {
      TURN_ENABLED: 'true',
      TURN_ADDRESS: '192.0.2.1:3478',
      TURN_SECRET: 'geheim',
      TURN_PORT_RANGE: '50000,51000',
      ICE_PORT_RANGE: '51000,52000',
    };
    const problems = problemsOf(asked);
    assert.ok(
      problems.some((problem) => problem.startsWith('TURN_PORT_RANGE: must not overlap ICE_PORT_RANGE')),
    );
    assert.ok(problems.some((problem) => problem.startsWith('TURN_ENABLED: ')));
    assert.doesNotMatch(problems.join(), /geheim/);
    assert.match(
      problemsOf({ ...asked, ICE_PORT_RANGE: '', ICE_SINGLE_PORT: '50500' }).join(),
      /TURN_PORT_RANGE: must not contain ICE_SINGLE_PORT/,
    );
  });

  test('bandwidth, history and statistics', () => {
    assert.equal(configOf({ ROUTER_MAX_BANDWIDTH: '800000' }).bandwidth.maxIncomingBitrate, 800_000);
    assert.equal(configOf({ ROUTER_MAX_PACKET_TRACK: '0' }).media.historyPackets, 1024);
    assert.equal(configOf({ ROUTER_MAX_PACKET_TRACK: '500' }).media.historyPackets, 500);
    const { config, notes } = read({ ROUTER_MAX_PACKET_TRACK: '63', ROUTER_MAX_BANDWIDTH: '2000000000' });
    assert.equal(config.media.historyPackets, 64);
    assert.equal(config.bandwidth.maxIncomingBitrate, 1_000_000_000);
    assert.deepEqual(notes, [
      'ROUTER_MAX_BANDWIDTH: is taken for 1000000000.',
      'ROUTER_MAX_PACKET_TRACK: is taken for 64.',
    ]);
  });

  test('audio levels: 0 is never, and ksfu’s defaults come with an interval', () => {
    const levels = (environment: Environment) => {
      const { intervalMs, threshold, filter } = configOf(environment).speakers;
      return [intervalMs, threshold, filter];
    };
    assert.deepEqual(levels({ ROUTER_AUDIO_LEVEL_INTERVAL: '0' })[0], 0);
    assert.deepEqual(levels({ ROUTER_AUDIO_LEVEL_INTERVAL: '200' }), [200, 40, 20]);
    assert.deepEqual(
      levels({
        ROUTER_AUDIO_LEVEL_INTERVAL: '200',
        ROUTER_AUDIO_LEVEL_THRESHOLD: '30',
        ROUTER_AUDIO_LEVEL_FILTER: '100',
      }),
      [200, 30, 100],
    );
    assert.deepEqual(levels({ ROUTER_AUDIO_LEVEL_THRESHOLD: '30' }), [100, 30, 40]);
    assert.deepEqual(
      levels({ ROUTER_AUDIO_LEVEL_THRESHOLD: '0', ROUTER_AUDIO_LEVEL_FILTER: '0' }),
      [100, 50, 40],
    );
    assert.deepEqual(levels({ ROUTER_AUDIO_LEVEL_INTERVAL: '3' })[0], 10);
    assert.deepEqual(read({ ROUTER_AUDIO_LEVEL_INTERVAL: '0', ROUTER_AUDIO_LEVEL_FILTER: '50' }).notes, [
      'ROUTER_AUDIO_LEVEL_FILTER: has no effect, as ROUTER_AUDIO_LEVEL_INTERVAL is 0.',
    ]);
  });

  test('simulcast', () => {
    const start = (value: string) => configOf({ SIMULCAST_BEST_QUALITY_FIRST: value }).layers.start;
    assert.deepEqual([start('true'), start('false'), start('')], ['highest', 'lowest', 'fitting']);
    const temporal = (value: string) => configOf({ SIMULCAST_ENABLE_TEMPORAL_LAYER: value }).layers.temporal;
    assert.deepEqual([temporal('true'), temporal('false'), temporal('')], [true, false, true]);
  });

  test('names of ours win over them, flags over both, and they over the file', () => {
    const environment = { HTTP_PORT: '2', PORT: '1', MANIFOLD_HTTP_PORT: '3' };
    const content = { http: { port: 9 } };
    assert.equal(read({ HTTP_PORT: '2' }, { file: { name: 'f', content } }).config.http.port, 2);
    assert.equal(configOf({ HTTP_PORT: '2', PORT: '1' }).http.port, 2);
    assert.equal(configOf(environment).http.port, 3);
    assert.equal(read(environment, { flags: new Map([['http-port', '4']]) }).config.http.port, 4);
  });
});
