import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import { fixture } from './fixtures/peer.test.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { acceptedRids, remoteEncodings } from './remote-encodings.ts';

const rid = { uri: headerExtensionUri.rid, id: 1, send: false, receive: true, statedDirection: null };

function videoWith(...attributes: string[]) {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    ...attributes,
  ];
  return parseSessionDescription(
    lines.map((line) => `a=${line}\r\n`.replace(/^a=([votm]|s)=/, '$1=')).join(''),
  ).media[0];
}

describe('acceptedRids', () => {
  it('takes the RIDs of a=simulcast, at most three, each declared', () => {
    const declared = ['a', 'b', 'c', 'd'].map((id) => `rid:${id} send`);
    assert.deepEqual(acceptedRids(videoWith(...declared, 'simulcast:send a;b;c;d'), [rid]), ['a', 'b', 'c']);
    assert.deepEqual(acceptedRids(videoWith(...declared, 'simulcast:send x;a,b;~d'), [rid]), ['a', 'd']);
    assert.deepEqual(acceptedRids(videoWith('rid:a recv', 'simulcast:send a'), [rid]), []);
    assert.deepEqual(acceptedRids(videoWith(...declared, 'simulcast:recv a;b'), [rid]), []);
  });

  it('takes a lone a=rid, and none without the header extension', () => {
    assert.deepEqual(acceptedRids(videoWith('rid:hi send'), [rid]), ['hi']);
    assert.deepEqual(acceptedRids(videoWith('rid:hi send'), []), []);
  });
});

describe('remoteEncodings', () => {
  it('names encodings by RID', () => {
    assert.deepEqual(remoteEncodings(videoWith('ssrc:1 cname:x'), ['h', 'l']), [
      { rid: 'h', ssrc: -1, rtxSsrc: -1 },
      { rid: 'l', ssrc: -1, rtxSsrc: -1 },
    ]);
  });

  it('reads a SIM group with its FID pairs', () => {
    const media = parseSessionDescription(fixture('legacy-without-mid')).media[0];
    assert.deepEqual(remoteEncodings(media, []), [
      { rid: null, ssrc: 1001, rtxSsrc: 2001 },
      { rid: null, ssrc: 1002, rtxSsrc: 2002 },
      { rid: null, ssrc: 1003, rtxSsrc: 2003 },
    ]);
  });

  it('finds the one SSRC that repairs no other', () => {
    const media = videoWith(
      'ssrc-group:FID 7 8',
      'ssrc-group:FEC-FR 7 9',
      'ssrc:8 cname:x',
      'ssrc:9 cname:x',
      'ssrc:7 cname:x',
    );
    assert.deepEqual(remoteEncodings(media, []), [{ rid: null, ssrc: 7, rtxSsrc: 8 }]);
  });

  it('yields one unknown encoding where nothing is said', () => {
    assert.deepEqual(remoteEncodings(videoWith(), []), [{ rid: null, ssrc: -1, rtxSsrc: -1 }]);
  });
});
