import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { checkOffer, refusedMedia, type Way } from './offered-media.ts';

const sdp = (...lines: string[]): string => `${['v=0', 's=-', ...lines].join('\r\n')}\r\n`;

const codeOf = (offer: string, way: Way): string | null => {
  try {
    checkOffer(offer, way);
    return null;
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    return error.code;
  }
};

test('a publisher sends, a player receives', () => {
  const sending = sdp('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=sendonly');
  const receiving = sdp('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=recvonly');
  const both = sdp('m=audio 9 UDP/TLS/RTP/SAVPF 111');
  assert.equal(codeOf(sending, 'send'), null);
  assert.equal(codeOf(sending, 'recv'), 'unsupported-sdp');
  assert.equal(codeOf(receiving, 'send'), 'unsupported-sdp');
  assert.equal(codeOf(receiving, 'recv'), null);
  assert.equal(codeOf(both, 'send'), null);
  assert.equal(codeOf(both, 'recv'), null);
});

test('the direction of the session level counts where a line has none', () => {
  assert.equal(codeOf(sdp('a=recvonly', 'm=video 9 UDP/TLS/RTP/SAVPF 96'), 'send'), 'unsupported-sdp');
});

test('an offer without media, and what is no SDP, is refused', () => {
  assert.equal(codeOf(sdp(), 'send'), 'unsupported-sdp');
  assert.equal(codeOf(sdp('m=application 9 UDP/DTLS/SCTP webrtc-datachannel'), 'recv'), 'unsupported-sdp');
  for (const text of ['', 'hello', '{"type":"offer"}', '\r\nv=0'])
    assert.equal(codeOf(text, 'send'), 'malformed-sdp');
});

test('a line is refused when its answer has port 0 though it was offered', () => {
  const offer = sdp(
    'm=audio 9 RTP 0',
    'm=video 0 RTP 96',
    'a=bundle-only',
    'm=video 0 RTP 96',
    'm=application 9 SCTP webrtc-datachannel',
  );
  const answer = sdp('m=audio 9 RTP 0', 'm=video 0 RTP 96', 'm=video 0 RTP 96', 'm=application 0 SCTP x');
  assert.deepEqual(refusedMedia(offer, answer), ['video']);
  assert.deepEqual(refusedMedia(offer, offer), ['video']);
  assert.deepEqual(refusedMedia(offer, sdp('m=audio 9 RTP 0', 'm=video 9 RTP 96')), []);
});
