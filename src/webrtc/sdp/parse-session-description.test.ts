import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sdpTransform from 'sdp-transform';
import { ProtocolError } from '../../errors.ts';
import { fixture, fixtureNames } from './fixtures/peer.test.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { writeSessionDescription } from './write-session-description.ts';

const minimal = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/SAVPF 0\r\n';

describe('parseSessionDescription', () => {
  for (const name of fixtureNames) {
    it(`agrees with another parser on ${name}`, () => {
      const ours = parseSessionDescription(fixture(name));
      const theirs = sdpTransform.parse(fixture(name));
      assert.equal(ours.sessionId, String(theirs.origin.sessionId));
      assert.deepEqual(
        ours.bundleGroups.map((mids) => mids.join(' ')),
        (theirs.groups ?? []).map(({ mids }) => String(mids)),
      );
      assert.equal(ours.media.length, theirs.media.length);
      ours.media.forEach((media, index) => {
        const other = theirs.media[index];
        assert.equal(media.kind, other.type);
        assert.equal(media.port, other.port);
        assert.equal(media.formats.join(' '), String(other.payloads));
        assert.equal(media.mid, other.mid === undefined ? null : String(other.mid));
        assert.equal(media.direction, other.direction ?? 'sendrecv');
        assert.deepEqual(
          media.codecs.map(({ payloadType, name: codec, clockRate }) => ({ payloadType, codec, clockRate })),
          media.formats.flatMap((format) =>
            other.rtp
              .filter(({ payload }) => String(payload) === format)
              .map(({ payload, codec, rate }) => ({ payloadType: payload, codec, clockRate: rate })),
          ),
        );
        assert.deepEqual(
          media.headerExtensions.map(({ id, uri }) => `${id} ${uri}`),
          (other.ext ?? []).map(({ value, uri }) => `${value} ${uri}`),
        );
        assert.equal(media.candidates.length, other.candidates?.length ?? 0);
        assert.equal(media.ssrcGroups.length, other.ssrcGroups?.length ?? 0);
        assert.deepEqual(
          media.ssrcs.map(({ ssrc }) => ssrc),
          [...new Set((other.ssrcs ?? []).map(({ id }) => Number(id)))],
        );
      });
    });

    it(`reads ${name} again as it wrote it`, () => {
      const description = parseSessionDescription(fixture(name));
      assert.deepEqual(parseSessionDescription(writeSessionDescription(description)), description);
    });
  }

  it('reads what another parser loses: several fingerprints, and msids in braces', () => {
    const aiortc = parseSessionDescription(fixture('aiortc-audio-video'));
    assert.deepEqual(
      aiortc.media[0].fingerprints.map(({ algorithm }) => algorithm),
      ['sha-256', 'sha-384', 'sha-512'],
    );
    const { msids } = parseSessionDescription(fixture('firefox-simulcast')).media[0];
    assert.match(msids[0].streamId ?? '', /^\{[0-9a-f-]{36}\}$/);
  });

  it('accepts any line end', () => {
    const expected = parseSessionDescription(fixture('chromium-audio-video'));
    for (const end of ['\n', '\r']) {
      const text = fixture('chromium-audio-video').replaceAll('\r\n', end);
      assert.deepEqual(parseSessionDescription(text), expected);
    }
  });

  it('reads simulcast with alternatives and paused streams, and no old drafts', () => {
    const simulcast = (value: string) =>
      parseSessionDescription(`${minimal}a=simulcast:${value}\r\n`).media[0].simulcast;
    assert.deepEqual(simulcast('send 1,2;~3 recv 4'), { send: ['1', '3'], recv: ['4'] });
    assert.deepEqual(simulcast('recv a'), { send: [], recv: ['a'] });
    assert.equal(simulcast(' send rid=5;6'), null);
  });

  it('takes a direction of the session for lines that state none', () => {
    const text = minimal.replace('t=0 0\r\n', 't=0 0\r\na=recvonly\r\n');
    assert.equal(parseSessionDescription(text).media[0].direction, 'recvonly');
    assert.equal(parseSessionDescription(minimal).media[0].direction, 'sendrecv');
  });

  const bad: readonly (readonly [what: string, code: string, sdp: string])[] = [
    ['nothing', 'malformed-sdp', ''],
    ['no version', 'malformed-sdp', 'o=- 1 1 IN IP4 0.0.0.0\r\n'],
    ['no origin', 'malformed-sdp', 'v=0\r\ns=-\r\nt=0 0\r\n'],
    ['a malformed origin', 'malformed-sdp', 'v=0\r\no=-\r\n'],
    ['a line without type', 'malformed-sdp', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nhello\r\n'],
    ['JSON', 'malformed-sdp', '{"type":"offer","sdp":"v=0"}'],
    ['too long a text', 'limit-message-size', `v=0\r\n${' '.repeat(256 * 1024)}`],
    ['too long a line', 'malformed-sdp', `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=x:${'y'.repeat(5000)}\r\n`],
    [
      '600 m-lines',
      'limit-media-lines',
      `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n${'m=audio 9 RTP/AVP 0\r\n'.repeat(600)}`,
    ],
    ['the same mid twice', 'malformed-sdp', line('a=mid:a\r\nm=audio 9 RTP/SAVPF 0\r\na=mid:a')],
    ['a group of an unknown mid', 'malformed-sdp', minimal.replace('t=0 0', 't=0 0\r\na=group:BUNDLE x')],
    ['an m-line without protocol', 'malformed-sdp', minimal.replace('m=audio 9 RTP/SAVPF 0', 'm=audio 9')],
    ['a payload type of 128', 'malformed-sdp', minimal.replace('SAVPF 0', 'SAVPF 128')],
    ['200 formats', 'unsupported-sdp', minimal.replace('SAVPF 0', `SAVPF${' 0'.repeat(200)}`)],
    ['an a=rtpmap without rate', 'malformed-sdp', line('a=rtpmap:96 opus')],
    ['an a=fmtp without payload type', 'malformed-sdp', line('a=fmtp:x y=z')],
    ['an a=extmap without URI', 'malformed-sdp', line('a=extmap:1')],
    ['an unknown a=setup', 'malformed-sdp', line('a=setup:maybe')],
    ['a=setup:holdconn', 'unsupported-sdp', line('a=setup:holdconn')],
    ['an empty mid', 'malformed-sdp', line('a=mid:')],
    ['a mid of 100 letters', 'malformed-sdp', line(`a=mid:${'m'.repeat(100)}`)],
    ['a short ice-ufrag', 'malformed-sdp', line('a=ice-ufrag:abc')],
    ['a short ice-pwd', 'malformed-sdp', line('a=ice-pwd:short')],
    ['a long ice-pwd', 'malformed-sdp', line(`a=ice-pwd:${'p'.repeat(300)}`)],
    ['a fingerprint of no bytes', 'malformed-sdp', line('a=fingerprint:sha-256 xyz')],
    ['an SSRC of 33 bits', 'malformed-sdp', line('a=ssrc:4294967296 cname:x')],
    ['an SSRC group of words', 'malformed-sdp', line('a=ssrc-group:FID one two')],
    ['an a=rid without direction', 'malformed-sdp', line('a=rid:1')],
    [
      '70 candidates',
      'unsupported-sdp',
      line('a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n'.repeat(70).trim()),
    ],
    ['70 SSRCs', 'unsupported-sdp', line(numbered(70, (i) => `a=ssrc:${i} cname:c`))],
    ['70 header extensions', 'unsupported-sdp', line(numbered(70, (i) => `a=extmap:${i + 20} urn:x:${i}`))],
    ['20 RIDs', 'unsupported-sdp', line(numbered(20, (i) => `a=rid:r${i} send`))],
    ['10 fingerprints', 'unsupported-sdp', line(numbered(10, () => 'a=fingerprint:sha-256 AB:CD'))],
    [
      '50 format parameters',
      'unsupported-sdp',
      line(`a=fmtp:0 ${numbered(50, (i) => `p${i}=1`).replaceAll('\r\n', ';')}`),
    ],
  ];
  for (const [what, code, sdp] of bad) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseSessionDescription(sdp),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }

  it('ignores header extension identifiers that cannot be on the wire', () => {
    const text = line('a=extmap:0 urn:a\r\na=extmap:15 urn:b\r\na=extmap:4096 urn:c\r\na=extmap:255 urn:d');
    assert.deepEqual(
      parseSessionDescription(text).media[0].headerExtensions.map(({ id }) => id),
      [255],
    );
  });

  it('does not let a format parameter reach the prototype', () => {
    const { parameters } = parseSessionDescription(line('a=fmtp:0 __proto__=1;constructor=2')).media[0]
      .codecs[0];
    assert.deepEqual(Object.entries(parameters), [['constructor', '2']]);
    assert.equal(Object.getPrototypeOf(parameters), Object.prototype);
  });
});

function line(text: string): string {
  return `${minimal}${text}\r\n`;
}

function numbered(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join('\r\n');
}
