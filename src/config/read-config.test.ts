import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { completeConfig, readConfig } from './read-config.ts';

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return assert.fail('nothing was wrong');
}

const file = (content: object) => ({ name: 'my.toml', content });

describe('readConfig', () => {
  test('needs nothing: every key has a default', () => {
    const config = readConfig({});
    assert.equal(config.http.port, 8080);
    assert.equal(config.http.host, '0.0.0.0');
    assert.deepEqual(config.media.addresses, []);
    assert.equal(config.auth.bearerToken, '');
  });

  test('prefers flags to environment to file to default', () => {
    const config = readConfig({
      file: file({ http: { port: 1, 'tls-port': 11 }, media: { port: 1 }, limits: { rooms: 1 } }),
      environment: { MANIFOLD_HTTP_PORT: '2', MANIFOLD_MEDIA_PORT: '2' },
      flags: new Map([['http-port', '3']]),
    });
    assert.equal(config.http.port, 3);
    assert.equal(config.media.port, 2);
    assert.equal(config.limits.rooms, 1);
    assert.equal(config.http.tlsPort, 11);
    assert.equal(config.limits.connections, 10_000);
  });

  test('reads lists, switches and numbers out of text', () => {
    const config = readConfig({
      environment: {
        MANIFOLD_MEDIA_ADDRESSES: '127.0.0.1, ::1',
        MANIFOLD_HTTP_TRUST_PROXY: 'yes',
        MANIFOLD_MEDIA_GSO: '0',
        MANIFOLD_ICE_SERVERS: 'stun:a.example,turn:b.example:3478?transport=tcp',
      },
    });
    assert.deepEqual(config.media.addresses, ['127.0.0.1', '::1']);
    assert.equal(config.http.trustProxy, true);
    assert.equal(config.media.gso, false);
    assert.deepEqual(config.ice.servers, [
      { urls: ['stun:a.example'] },
      { urls: ['turn:b.example:3478?transport=tcp'] },
    ]);
  });

  test('takes ICE servers with credentials as JSON and as tables', () => {
    const server = { urls: ['turn:t.example'], username: 'u', credential: 'c' };
    const fromText = readConfig({ environment: { MANIFOLD_ICE_SERVERS: JSON.stringify([server]) } });
    const fromFile = readConfig({ file: file({ ice: { servers: [server] } }) });
    assert.deepEqual(fromText.ice.servers, [server]);
    assert.deepEqual(fromFile.ice.servers, [server]);
  });

  test('a bad value is one line with key, origin, reason and value', () => {
    assert.deepEqual(
      problemsOf(() => readConfig({ environment: { MANIFOLD_HTTP_PORT: '80800' } })),
      ['http.port (from MANIFOLD_HTTP_PORT): must be a whole number from 0 to 65535, not 80800.'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ flags: new Map([['media-port', 'x']]) })),
      ['media.port (from --media-port): must be a whole number from 0 to 65535, not "x".'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ file: file({ media: { slots: 5000 } }) })),
      ['media.slots (in my.toml): must be a power of two, not 5000.'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ file: file({ media: { addresses: ['nowhere'] } }) })),
      ['media.addresses (in my.toml): must be a list of IPv4 or IPv6 addresses, not "nowhere".'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ flags: new Map([['logging-level', 'loud']]) })),
      ['logging.level (from --logging-level): must be one of debug, info, warn, error, silent, not "loud".'],
    );
  });

  test('every problem is told at once', () => {
    const problems = problemsOf(() =>
      readConfig({
        environment: { MANIFOLD_HTTP_PORT: 'a', MANIFOLD_MEDIA_PORT: 'b', MANIFOLD_NOTHING: '' },
      }),
    );
    assert.equal(problems.length, 3);
  });

  test('secrets never appear in a problem', () => {
    const [token] = problemsOf(() => readConfig({ environment: { MANIFOLD_ADMIN_TOKEN: 'böse geheim' } }));
    assert.match(token, /^admin\.token \(from MANIFOLD_ADMIN_TOKEN\): must consist of letters/);
    assert.doesNotMatch(token, /geheim/);
    const [server] = problemsOf(() =>
      readConfig({ environment: { MANIFOLD_ICE_SERVERS: '[{"urls":["http:x"],"credential":"geheim"}]' } }),
    );
    assert.match(server, /^ice\.servers/);
    assert.doesNotMatch(server, /geheim/);
  });

  test('unknown keys suggest what was meant', () => {
    assert.deepEqual(
      problemsOf(() => readConfig({ file: file({ http: { prot: 1 } }) })),
      ['http.prot (in my.toml): there is no such key. Did you mean http.port?'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ file: file({ htpp: {} }) })),
      ['htpp (in my.toml): there is no such section. Did you mean http?'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ file: file({ port: 1 }) })),
      ['port (in my.toml): is not a section.'],
    );
    assert.deepEqual(
      problemsOf(() => readConfig({ environment: { MANIFOLD_HTTP_PROT: '1' } })),
      ['MANIFOLD_HTTP_PROT (in the environment): there is no such key. Did you mean MANIFOLD_HTTP_PORT?'],
    );
  });

  test('takes the port by the name other servers have for it, ours first', () => {
    const portOf = (environment: Record<string, string>) => readConfig({ environment }).http.port;
    assert.equal(portOf({ PORT: '9000' }), 9000);
    assert.equal(portOf({ PORT: '9000', MANIFOLD_HTTP_PORT: '9001' }), 9001);
    assert.equal(portOf({ MANIFOLD_HTTP_PORT: '9001', PORT: '9000' }), 9001);
    assert.equal(portOf({ PORT: '' }), 8080);
    assert.deepEqual(
      problemsOf(() => portOf({ PORT: 'x' })),
      ['http.port (from PORT): must be a whole number from 0 to 65535, not "x".'],
    );
  });

  test('refuses to start where a TURN server is asked for', () => {
    const [problem] = problemsOf(() => readConfig({ environment: { TURN_ENABLED: 'TRUE' } }));
    assert.match(problem, /^TURN_ENABLED: .*ice\.servers \(got "TRUE"\)$/);
    for (const value of ['FALSE', '']) readConfig({ environment: { TURN_ENABLED: value } });
  });

  test('variables of other programs and of Kubernetes are not ours', () => {
    readConfig({
      environment: {
        PATH: '/bin',
        MANIFOLD_CONFIG: 'x.toml',
        MANIFOLD_SERVICE_HOST: '10.0.0.1',
        MANIFOLD_PORT: 'tcp://10.0.0.1:8080',
        MANIFOLD_PORT_8080_TCP_ADDR: '10.0.0.1',
      },
    });
  });

  test('keys that must fit each other are checked', () => {
    assert.match(
      problemsOf(() => readConfig({ flags: new Map([['http-tls-cert', 'a.pem']]) }))[0],
      /^http\.tls-key/,
    );
    assert.match(
      problemsOf(() => readConfig({ flags: new Map([['timeouts-failed-ms', '5000']]) }))[0],
      /^timeouts\.failed-ms \(from --timeouts-failed-ms\): must be longer than timeouts\.disconnected-ms/,
    );
    assert.match(
      problemsOf(() =>
        readConfig({
          flags: new Map([
            ['http-tls-cert', 'a.pem'],
            ['http-tls-key', 'b.pem'],
            ['http-tls-port', '8080'],
          ]),
        }),
      )[0],
      /^http\.tls-port .*must differ from http\.port/,
    );
  });
});

describe('completeConfig', () => {
  test('fills in what a program leaves out', () => {
    assert.equal(completeConfig({ media: { port: 0 } }).media.port, 0);
    assert.equal(completeConfig({}).http.port, 8080);
  });

  test('refuses what a program gives wrong, naming the key as the documentation does', () => {
    assert.deepEqual(
      problemsOf(() => completeConfig({ media: { announcedAddresses: ['x'] } })),
      [
        'media.announced-addresses: must be a list of IPv4 or IPv6 addresses, or of external/local pairs of one family, not "x".',
      ],
    );
    assert.deepEqual(
      problemsOf(() => completeConfig({ http: { prot: 1 } } as object)),
      ['http.prot: there is no such key. Did you mean http.port?'],
    );
  });
});
