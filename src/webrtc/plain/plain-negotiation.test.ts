import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { findMatchingCodec } from '../../media/codecs/codec-matching.ts';
import type { RtpCodecParameters } from '../../media/rtp-parameters.ts';
import { MediaLine } from '../media-line.ts';
import { defaultCodecs } from '../sdp/codec-capabilities.ts';
import { Transceiver } from '../sdp/transceiver.ts';
import { parsePlainDescription } from './plain-description.ts';
import {
  acceptPlainLine,
  agreePlainLine,
  offerPlainLine,
  type PlainNegotiation,
  planPlainLine,
} from './plain-negotiation.ts';

const negotiation: PlainNegotiation = {
  codecs: defaultCodecs,
  crypto: null,
  createKey: (bytes) => randomBytes(bytes),
  randomUint32: () => randomBytes(4).readUInt32BE(),
  cname: 'us',
};
const suite = 'AES_CM_128_HMAC_SHA1_80';
const secured: PlainNegotiation = { ...negotiation, crypto: { suite, key: randomBytes(30) } };

function line(text: string) {
  return parsePlainDescription(`v=0\no=- 1 1 IN IP4 0.0.0.0\nc=IN IP4 192.0.2.7\n${text}\n`)[0];
}

/** What is agreed where a peer offers this line. */
function answered(text: string, ours = negotiation) {
  const remote = line(text);
  const live = planPlainLine(remote, 0, ours)?.live ?? null;
  if (live === null) return null;
  live.line.transceiver.direction = 'sendrecv';
  agreePlainLine(live, remote, ours);
  return live;
}

/** Under which payload type a source of this profile is sent. */
function payloadTypeFor(
  profile: string,
  codecs: readonly RtpCodecParameters[],
  packetizationMode = '1',
): number | null {
  const parameters = { 'packetization-mode': packetizationMode, 'profile-level-id': profile };
  const source = { kind: 'video', name: 'H264', clockRate: 90_000, channels: 1, parameters } as const;
  return findMatchingCodec(source, codecs)?.payloadType ?? null;
}

const offered = (ours: PlainNegotiation) =>
  offerPlainLine(new MediaLine(new Transceiver('video', 'sendrecv')), 0, ours);

describe('lines without ICE', () => {
  it('H264 without its parameters is received as browsers decode it, and sent whatever it is', () => {
    const live = answered('m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000');
    const { receive, send } = live!.line.transceiver;
    assert.equal(receive?.codecs[0].parameters['packetization-mode'], '1');
    assert.equal(receive?.codecs[0].parameters['profile-level-id']?.slice(0, 4), '42e0');
    assert.equal(send?.codecs[0].parameters['packetization-mode'], '1');
    for (const profile of ['42e01f', '42001f', '4d001f', '64001f', '640c1f'])
      assert.equal(payloadTypeFor(profile, send!.codecs), 96, profile);
    const stated = answered(
      'm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=0;profile-level-id=42c01f',
    );
    assert.equal(stated!.line.transceiver.send?.codecs[0].parameters['packetization-mode'], '0');
    const { codecs } = stated!.line.transceiver.send!;
    assert.equal(payloadTypeFor('42001f', codecs, '0'), 96);
    assert.equal(payloadTypeFor('42001f', codecs, '1'), null);
    assert.equal(payloadTypeFor('64001f', codecs, '0'), null);
  });

  it('feedback is for AVPF only, and never transport-wide; there is no RTX and no RED', () => {
    const text = (profile: string) =>
      `m=video 5004 ${profile} 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtcp-fb:* nack\na=rtcp-fb:* nack pli\na=rtcp-fb:* transport-cc`;
    const plain = answered(text('RTP/AVP'))!.line.transceiver.receive!.codecs;
    assert.deepEqual(plain[0].feedback, []);
    const [codec] = answered(text('RTP/AVPF'))!.line.transceiver.receive!.codecs;
    assert.deepEqual(codec.feedback, ['nack', 'nack pli']);
    assert.equal(codec.rtxPayloadType, -1);
  });

  it('with keys, that of the first suite we know is taken; with a chosen suite, no other', () => {
    const key = randomBytes(30).toString('base64');
    const long = randomBytes(46).toString('base64');
    const text = `m=audio 5004 RTP/SAVP 0\na=crypto:1 F8_128_HMAC_SHA1_80 inline:${key}\na=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:${long}\na=crypto:3 ${suite} inline:${key}`;
    const { keys } = answered(text)!.agreed!;
    assert.equal(keys?.suite, 'AES_256_CM_HMAC_SHA1_80');
    assert.deepEqual(keys?.inbound, Buffer.from(long, 'base64'));
    assert.equal(keys?.outbound.length, 46);
    const chosen = answered(text, secured)!.agreed!.keys;
    assert.deepEqual(
      [chosen?.suite, chosen?.inbound, chosen?.outbound],
      [suite, Buffer.from(key, 'base64'), secured.crypto!.key],
    );
    assert.equal(answered('m=audio 5004 RTP/SAVP 0'), null, 'no key');
    assert.equal(answered('m=audio 5004 RTP/AVP 0', secured), null, 'no protection');
  });

  it('an answer may give up feedback, and neither the keys nor the kind', () => {
    const plain = offered(negotiation);
    assert.equal(plain.protocol, 'RTP/AVPF');
    const accepted = acceptPlainLine(plain, line('m=video 6000 RTP/AVP 96\na=rtpmap:96 VP8/90000'));
    assert.deepEqual(
      accepted.live?.codecs.map(({ capability, feedback }) => [capability.name, feedback]),
      [['VP8', []]],
    );
    assert.equal(acceptPlainLine(plain, line('m=video 0 RTP/AVPF 96')).live, null);
    for (const [text, code] of [
      ['m=audio 6000 RTP/AVPF 0', 'malformed-sdp'],
      ['m=video 6000 RTP/SAVPF 96\na=rtpmap:96 VP8/90000', 'unsupported-sdp'],
      ['m=video 6000 RTP/AVPF 96\na=rtpmap:96 theora/90000', 'malformed-sdp'],
    ] as const)
      assert.throws(() => acceptPlainLine(plain, line(text)), { name: 'ProtocolError', code });
    const protectedLine = offered(secured);
    const vp8 = 'm=video 6000 RTP/SAVPF 96\na=rtpmap:96 VP8/90000';
    const inline = `inline:${randomBytes(30).toString('base64')}`;
    for (const text of [
      'm=video 6000 RTP/AVPF 96\na=rtpmap:96 VP8/90000',
      vp8,
      `${vp8}\na=crypto:2 ${suite} ${inline}`,
      `${vp8}\na=crypto:1 AES_CM_128_HMAC_SHA1_32 ${inline}`,
    ])
      assert.throws(() => acceptPlainLine(protectedLine, line(text)), { code: 'unsupported-sdp' }, text);
    const agreed = acceptPlainLine(protectedLine, line(`${vp8}\na=crypto:1 ${suite} ${inline}`));
    assert.equal(agreed.live?.remoteCrypto?.tag, 1);
  });
});
