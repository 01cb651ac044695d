import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../errors.ts';
import { formatSdpFragment, maxFragmentCandidates, parseSdpFragment } from './sdp-fragment.ts';

const candidate =
  'candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1';
const example = [
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:0',
  `a=${candidate}`,
  'a=end-of-candidates',
  '',
].join('\r\n');

test('the example of RFC 9725 is read', () => {
  assert.deepEqual(parseSdpFragment(example), {
    usernameFragment: 'EsAw',
    password: 'P2uYro0UCOQ4zxjKXaWCBui1',
    candidates: [candidate],
    endOfCandidates: true,
    mediaLine: 'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    mid: '0',
  });
});

test('plain line feeds and credentials inside the media lines are read', () => {
  const fragment = parseSdpFragment(
    'm=audio 9 RTP/AVP 0\na=mid:a\na=ice-ufrag:abcd\na=ice-pwd:1234567890123456789012\n' +
      'm=video 9 RTP/AVP 0\na=mid:v\na=ice-ufrag:abcd\na=ice-pwd:1234567890123456789012\n',
  );
  assert.equal(fragment.usernameFragment, 'abcd');
  assert.equal(fragment.mediaLine, 'm=audio 9 RTP/AVP 0');
  assert.equal(fragment.mid, 'a');
  assert.equal(fragment.endOfCandidates, false);
});

test('a fragment of candidates alone has no credentials', () => {
  const fragment = parseSdpFragment(`a=${candidate}\r\n`);
  assert.equal(fragment.usernameFragment, null);
  assert.equal(fragment.mediaLine, null);
});

for (const [what, text] of [
  ['nothing', ''],
  ['blank lines', '\r\n\r\n'],
  ['prose', 'hello'],
  ['JSON', '{"candidate":"x"}'],
  ['a short user fragment', 'a=ice-ufrag:abc'],
  ['a password with a space', 'a=ice-pwd:1234567890 123456789012'],
  ['a media line without a format', 'm=audio 9 RTP/AVP'],
  ['a mid with a control character', 'a=mid:\u0001'],
  ['credentials that differ', 'a=ice-ufrag:abcd\na=ice-ufrag:abce'],
  ['too many candidates', `a=${candidate}\n`.repeat(maxFragmentCandidates + 1)],
]) {
  test(`${what} is malformed`, () => {
    assert.throws(
      () => parseSdpFragment(text),
      (error) => error instanceof ProtocolError && error.code === 'malformed-message',
    );
  });
}

test('whatever is sent is read or refused, never a bug', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...example.split('\r\n')),
    fc.string().map((text) => `a=ice-ufrag:${text}`),
    fc.string().map((text) => `m=${text}`),
  );
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, end) => {
      try {
        parseSdpFragment(lines.join(end));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});

test('what is written can be read', () => {
  const local = {
    usernameFragment: 'srvU',
    password: 'serverPasswordOf22Chars',
    candidates: [candidate],
    mediaLine: 'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    mid: '0',
  };
  const text = formatSdpFragment(local);
  assert.ok(text.endsWith('\r\n'));
  assert.deepEqual(parseSdpFragment(text), { ...local, endOfCandidates: true });
  assert.equal(parseSdpFragment(formatSdpFragment({ ...local, mediaLine: null })).mid, '0');
});
