import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { parsePlainDescription } from './plain-description.ts';

/** As `ffmpeg -f rtp -sdp_file` writes it. */
const ffmpeg = `v=0
o=- 0 0 IN IP4 127.0.0.1
s=No Name
c=IN IP4 192.0.2.7
t=0 0
a=tool:libavformat 59.27.100
m=video 5004 RTP/AVP 96
b=AS:500
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAH9kAoD2hAAADAAEAAAMAMg8YMkg=,aMuDyyA=; profile-level-id=42C01F
m=audio 5006 RTP/AVP 97
b=AS:96
a=rtpmap:97 opus/48000/2
a=fmtp:97 sprop-stereo=1
`;

function one(lines: string, session = 'c=IN IP4 192.0.2.7') {
  return parsePlainDescription(
    `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n${session}\r\n${lines.replaceAll('\n', '\r\n')}\r\n`,
  )[0];
}

describe('descriptions without ICE', () => {
  it('one of ffmpeg', () => {
    const [video, audio] = parsePlainDescription(ffmpeg);
    assert.deepEqual(video.rtp, { family: 4, address: '192.0.2.7', port: 5004 });
    assert.deepEqual(video.rtcp, { family: 4, address: '192.0.2.7', port: 5005 });
    assert.deepEqual(video.profile, { secure: false, feedback: false });
    assert.equal(video.media.codecs[0].name, 'H264');
    assert.equal(video.media.direction, 'sendrecv');
    assert.equal(audio.rtp?.port, 5006);
    assert.equal(audio.symmetric, false);
  });

  it("addresses: the line's own, IPv6, none that can be sent to", () => {
    const m = 'm=audio 7000 RTP/AVP 0';
    assert.equal(one(`${m}\nc=IN IP4 198.51.100.1/127`).rtp?.address, '198.51.100.1');
    assert.deepEqual(one(`${m}\nc=IN IP6 2001:db8::1`).rtp, {
      family: 6,
      address: '2001:db8::1',
      port: 7000,
    });
    for (const connection of [
      'IN IP4 0.0.0.0',
      'IN IP4 239.1.1.1',
      'IN IP6 ff02::1',
      'IN IP6 ::',
      'IN IP4 host.example',
    ])
      assert.equal(one(`${m}\nc=${connection}`).rtp, null, connection);
    assert.equal(one('m=audio 9 RTP/AVP 0').rtp, null);
    assert.equal(one(m, 's=-').rtp, null);
  });

  it('where RTCP goes', () => {
    const m = 'm=audio 7000 RTP/AVPF 0';
    assert.deepEqual(one(`${m}\na=rtcp:7007`).rtcp, { family: 4, address: '192.0.2.7', port: 7007 });
    assert.deepEqual(one(`${m}\na=rtcp:7007 IN IP6 2001:db8::2`).rtcp, {
      family: 6,
      address: '2001:db8::2',
      port: 7007,
    });
    assert.equal(one(`${m}\na=rtcp-mux\na=rtcp:7007`).rtcp?.port, 7000);
    assert.throws(() => one(`${m}\na=rtcp:x`), ProtocolError);
  });

  it('profiles, keys, and who wants to be answered where it sends from', () => {
    assert.deepEqual(one('m=audio 7000 RTP/SAVPF 0').profile, { secure: true, feedback: true });
    assert.equal(one('m=audio 7000 UDP/TLS/RTP/SAVPF 0').profile, null);
    assert.equal(one('m=audio 7000 RTP/AVP 0\na=direction:active').symmetric, true);
    const key = 'inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
    const secured = one(
      `m=audio 7000 RTP/SAVP 0\na=crypto:1 F8_128_HMAC_SHA1_80 ${key}\na=crypto:2 AES_CM_128_HMAC_SHA1_80 ${key}`,
    );
    assert.deepEqual(
      secured.crypto.map(({ tag }) => tag),
      [2],
    );
    const many = Array.from({ length: 17 }, (_, i) => `a=crypto:${i} AES_CM_128_HMAC_SHA1_80 ${key}`).join(
      '\n',
    );
    assert.throws(() => one(`m=audio 7000 RTP/SAVP 0\n${many}`), { code: 'unsupported-sdp' });
  });
});
