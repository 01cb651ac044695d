import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBearerToken } from './bearer-token.ts';
import { formatIceServerLinks } from './ice-server-link.ts';
import { isAcceptable, isContentType } from './media-type.ts';

test('a content type may carry parameters and any case', () => {
  assert.ok(isContentType('application/sdp', 'application/sdp'));
  assert.ok(isContentType('Application/SDP; charset=utf-8', 'application/sdp'));
  assert.ok(!isContentType('application/sdpx', 'application/sdp'));
  assert.ok(!isContentType(undefined, 'application/sdp'));
});

for (const [header, acceptable] of [
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['application/*', true],
  ['application/sdp', true],
  ['text/html, application/sdp;q=0.5', true],
  ['text/html', false],
  ['*/*, application/sdp;q=0', false],
  ['application/sdp, */*;q=0', true],
  ['text/html;q=1, */*;q=0.0', false],
] as const) {
  test(`Accept: ${header}`, () => assert.equal(isAcceptable(header, 'application/sdp'), acceptable));
}

test('no token is asked for where none is configured', () => {
  assert.equal(checkBearerToken(undefined, null), null);
  assert.equal(checkBearerToken('Bearer whatever', null), null);
});

test('the configured token is let in, in any case of the scheme', () => {
  assert.equal(checkBearerToken('Bearer secret', 'secret'), null);
  assert.equal(checkBearerToken('bearer secret', 'secret'), null);
});

test('no token and a wrong token are told apart', () => {
  const missing = checkBearerToken(undefined, 'secret');
  assert.equal(missing?.status, 401);
  assert.equal(missing?.headers?.['WWW-Authenticate'], 'Bearer realm="manifold"');
  for (const header of ['Bearer other', 'Bearer secretx', 'Bearer secre']) {
    assert.match(checkBearerToken(header, 'secret')?.headers?.['WWW-Authenticate'] ?? '', /invalid_token/);
  }
  assert.equal(checkBearerToken('Basic secret', 'secret')?.status, 401);
});

test('ICE servers become Link values, one for each URI', () => {
  assert.deepEqual(
    formatIceServerLinks([
      { urls: ['stun:stun.example.net'] },
      {
        urls: ['turn:turn.example.net?transport=udp', 'turns:turn.example.net'],
        username: 'u"1',
        credential: 'p\n\\',
      },
    ]),
    [
      '<stun:stun.example.net>; rel="ice-server"',
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="u\\"1"; credential="p\\\\"; credential-type="password"',
      '<turns:turn.example.net>; rel="ice-server"; username="u\\"1"; credential="p\\\\"; credential-type="password"',
    ],
  );
});
