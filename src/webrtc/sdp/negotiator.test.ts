import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import { fails, fixture, fixtureNames, linesOf, newNegotiator } from './fixtures/peer.test.ts';
import type { Negotiator } from './negotiator.ts';
import { parseSessionDescription } from './parse-session-description.ts';

/** The answer to a fixture, with what may be done before it is made. */
function answerTo(
  sdp: string,
  negotiator = newNegotiator(),
  before?: (negotiator: Negotiator) => void,
): string {
  negotiator.setRemoteOffer(sdp);
  before?.(negotiator);
  return negotiator.createAnswer();
}

const audioVideo = fixture('chromium-audio-video');

describe('Negotiator as answerer', () => {
  for (const name of fixtureNames) {
    it(`answers ${name} line by line`, () => {
      const offer = parseSessionDescription(fixture(name));
      const answer = parseSessionDescription(answerTo(fixture(name)));
      assert.equal(answer.iceLite, true);
      assert.equal(answer.media.length, offer.media.length);
      answer.media.forEach((line, index) => {
        const offered = offer.media[index];
        assert.equal(line.kind, offered.kind);
        assert.equal(line.mid, offered.mid);
        assert.equal(line.protocol, offered.protocol);
        if (line.port === 0) return;
        assert.equal(line.rtcpMux, true);
        assert.equal(line.setup, 'passive');
        assert.equal(line.rtcpReducedSize, offered.rtcpReducedSize);
        for (const format of line.codecs) {
          assert.ok(
            offered.codecs.some(
              ({ payloadType, name: codec }) =>
                payloadType === format.payloadType && codec.toLowerCase() === format.name.toLowerCase(),
            ),
          );
        }
        for (const { id, uri } of line.headerExtensions) {
          assert.ok(offered.headerExtensions.some((other) => other.id === id && other.uri === uri));
        }
      });
      const live = answer.media.filter(({ port }) => port !== 0);
      const bundled = live.flatMap(({ mid }) => mid ?? []);
      const grouped = offer.bundleGroups.length > 0 && bundled.length > 0;
      assert.deepEqual(answer.bundleGroups, grouped ? [bundled] : []);
      // The candidates are where the transport is: on the first line in use.
      live.forEach(({ candidates, endOfCandidates }, index) => {
        assert.equal(candidates.length, index === 0 ? 1 : 0);
        assert.equal(endOfCandidates, index === 0);
      });
    });
  }

  it('receives what the remote sends, and nothing else, by default', () => {
    const negotiator = newNegotiator();
    const remote = negotiator.setRemoteOffer(audioVideo);
    assert.equal(negotiator.signalingState, 'have-remote-offer');
    negotiator.createAnswer();
    assert.equal(negotiator.signalingState, 'stable');
    assert.equal(negotiator.negotiationNeeded, false);
    assert.equal(remote.setup, 'actpass');
    assert.equal(remote.iceRestart, false);
    assert.equal(remote.candidates.length, 4);
    const [audio, video] = negotiator.transceivers;
    assert.equal(audio.currentDirection, 'recvonly');
    assert.equal(video.receive?.codecs[0].name, 'VP8');
    assert.equal(video.receive?.codecs[0].rtxPayloadType, 97);
    assert.deepEqual(video.receive?.codecs[0].feedback, [
      'goog-remb',
      'transport-cc',
      'ccm fir',
      'nack',
      'nack pli',
    ]);
    assert.match(video.remoteMsid?.streamId ?? '', /^[0-9a-f-]{36}$/);
    assert.ok((video.receive?.encodings[0].rtxSsrc ?? -1) > 0);
    assert.equal(video.send, null);

    const viewer = newNegotiator();
    answerTo(fixture('chromium-recvonly'), viewer);
    assert.deepEqual(
      viewer.transceivers.map(({ currentDirection, receive, remoteReceives }) => [
        currentDirection,
        receive,
        remoteReceives,
      ]),
      [
        ['inactive', null, true],
        ['inactive', null, true],
      ],
    );
  });

  it('sends on lines the remote receives on, announced by the chosen msid', () => {
    const negotiator = newNegotiator();
    const answer = answerTo(fixture('chromium-recvonly'), negotiator, ({ transceivers }) => {
      for (const transceiver of transceivers) {
        transceiver.direction = 'sendrecv';
        transceiver.msid = { streamId: 'stream 1', trackId: `${transceiver.kind}-track` };
      }
    });
    const [audio, video] = negotiator.transceivers;
    assert.equal(video.currentDirection, 'sendonly');
    assert.ok(video.send);
    const { ssrc, rtxSsrc, cname, headerExtensions } = video.send;
    assert.deepEqual(linesOf(answer, 'a=msid:'), [
      'a=msid:stream_1 audio-track',
      'a=msid:stream_1 video-track',
    ]);
    assert.deepEqual(linesOf(answer, 'a=ssrc-group'), [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`]);
    assert.ok(linesOf(answer, `a=ssrc:${ssrc} cname:${cname}`).length === 1);
    assert.equal(audio.send?.rtxSsrc, -1);
    assert.equal(new Set([ssrc, rtxSsrc, audio.send?.ssrc]).size, 3);
    assert.ok(headerExtensions.some(({ uri }) => uri === headerExtensionUri.mid));
    assert.ok(headerExtensions.some(({ uri }) => uri === headerExtensionUri.transportWideCc));
    assert.ok(video.send.codecs[0].feedback.includes('transport-cc'));
    assert.deepEqual(linesOf(answer, 'a=sendonly').length, 2);
  });

  it('takes simulcast by RID', () => {
    for (const browser of ['chromium', 'firefox']) {
      const negotiator = newNegotiator();
      const answer = answerTo(fixture(`${browser}-simulcast`), negotiator);
      assert.deepEqual(
        negotiator.transceivers[1].receive?.encodings.map(({ rid }) => rid),
        ['h', 'm', 'l'],
      );
      assert.deepEqual(linesOf(answer, 'a=rid:'), ['a=rid:h recv', 'a=rid:m recv', 'a=rid:l recv']);
      assert.deepEqual(linesOf(answer, 'a=simulcast'), ['a=simulcast:recv h;m;l']);
      // Without it in our own offer the browser would drop the layers.
      negotiator.addTransceiver('audio', 'sendonly');
      assert.deepEqual(linesOf(negotiator.createOffer(), 'a=simulcast'), ['a=simulcast:recv h;m;l']);
    }
  });

  it('refuses data channels by port 0 and goes on with the rest', () => {
    const only = newNegotiator();
    assert.equal(only.setRemoteOffer(fixture('chromium-datachannel')).setup, 'actpass');
    const answer = only.createAnswer();
    assert.deepEqual(linesOf(answer, 'm='), ['m=application 0 UDP/DTLS/SCTP webrtc-datachannel']);
    assert.deepEqual(linesOf(answer, 'a=group'), []);
    assert.deepEqual(only.transceivers, []);
    const mixed = answerTo(fixture('firefox-datachannel-first'));
    assert.deepEqual(linesOf(mixed, 'a=group'), ['a=group:BUNDLE 1 2']);
  });

  it('understands a client without mids', () => {
    const negotiator = newNegotiator();
    const answer = answerTo(fixture('legacy-without-mid'), negotiator);
    assert.deepEqual([...linesOf(answer, 'a=mid'), ...linesOf(answer, 'a=group')], []);
    assert.equal(negotiator.transceivers[0].mid, '0');
    assert.deepEqual(negotiator.transceivers[0].remoteMsid, { streamId: 'stream', trackId: 'track' });
    assert.equal(negotiator.transceivers[0].receive?.encodings.length, 3);
    assert.deepEqual(linesOf(answer, 'm='), ['m=video 9 RTP/SAVPF 100 96']);
  });

  it('reads transport attributes that the session and the line share out between them', () => {
    const remote = newNegotiator().setRemoteOffer(fixture('legacy-without-mid'));
    assert.equal(remote.usernameFragment, 'F7gI');
    assert.equal(remote.setup, 'active');
  });

  it('gives an identifier one meaning on all lines where the offer gives it two', () => {
    // As aiortc 1.4 writes it.
    const offer = fixture('aiortc-audio-video').replace('a=extmap:3 ', 'a=extmap:2 ');
    const stated = linesOf(offer, 'a=extmap:2');
    assert.equal(new Set(stated).size, 2);
    assert.deepEqual(linesOf(answerTo(offer), 'a=extmap:2'), [stated[0]]);
  });

  it('reports all of several fingerprints', () => {
    const remote = newNegotiator().setRemoteOffer(fixture('aiortc-audio-video'));
    assert.deepEqual(
      remote.fingerprints.map(({ algorithm }) => algorithm),
      ['sha-256', 'sha-384', 'sha-512'],
    );
  });

  const refused: readonly (readonly [what: string, reason: string, edit: (sdp: string) => string])[] = [
    [
      'without a codec in common',
      'no-common-codec',
      (sdp) => sdp.replaceAll(/(VP8|VP9|H264|AV1)\/90000/g, 'H263/90000'),
    ],
    ['outside the group', 'not-bundled', (sdp) => sdp.replace('BUNDLE 0 1', 'BUNDLE 0')],
    ['without rtcp-mux', 'rtcp-mux-missing', (sdp) => sdp.replace(/(m=video[\s\S]*)a=rtcp-mux\r\n/, '$1')],
    [
      'of another protocol',
      'protocol-not-supported',
      (sdp) => sdp.replace(/m=video (\d+) \S+/, 'm=video $1 TCP/MSRP'),
    ],
  ];
  for (const [what, reason, edit] of refused) {
    it(`refuses a line ${what}, and says why`, () => {
      const negotiator = newNegotiator();
      const answer = answerTo(edit(audioVideo), negotiator);
      assert.match(linesOf(answer, 'm=')[1], /^m=video 0 /);
      assert.equal(negotiator.transceivers[1].stopReason, reason);
      assert.equal(negotiator.transceivers[0].currentDirection, 'recvonly');
      assert.deepEqual(linesOf(answer, 'a=group'), ['a=group:BUNDLE 0']);
    });
  }

  const bad: readonly (readonly [what: string, code: string, edit: (sdp: string) => string])[] = [
    ['without m-lines', 'unsupported-sdp', (sdp) => sdp.slice(0, sdp.indexOf('a=group'))],
    [
      'with sha-1 only',
      'unsupported-sdp',
      (sdp) => sdp.replaceAll(/sha-256 \S+/g, `sha-1 ${'AB:'.repeat(19)}CD`),
    ],
    ['with a short sha-256', 'malformed-sdp', (sdp) => sdp.replaceAll(/sha-256 \S+/g, 'sha-256 AB:CD')],
    ['without fingerprint', 'malformed-sdp', (sdp) => sdp.replaceAll(/a=fingerprint.*\r\n/g, '')],
    ['without ICE password', 'malformed-sdp', (sdp) => sdp.replaceAll(/a=ice-pwd.*\r\n/g, '')],
    ['with too many lines', 'limit-media-lines', (sdp) => sdp + 'm=audio 0 RTP/AVP 0\r\n'.repeat(20)],
    ['that is too long', 'limit-message-size', (sdp) => `${sdp}a=x:${'y'.repeat(100)}\r\n`.repeat(100)],
    ['of another ICE-lite agent', 'unsupported-sdp', (sdp) => sdp.replace('t=0 0', 't=0 0\r\na=ice-lite')],
    ['that is no SDP', 'malformed-sdp', () => 'hello'],
  ];
  for (const [what, code, edit] of bad) {
    it(`refuses an offer ${what}, and stays as it was`, () => {
      const negotiator = newNegotiator({ maxSdpBytes: 50_000 });
      assert.throws(() => negotiator.setRemoteOffer(edit(audioVideo)), fails(code));
      assert.equal(negotiator.signalingState, 'stable');
      assert.equal(negotiator.transceivers.length, 0);
      answerTo(audioVideo, negotiator);
      assert.throws(() => negotiator.setRemoteOffer(edit(audioVideo)), fails(code));
      assert.equal(negotiator.transceivers[1].currentDirection, 'recvonly');
    });
  }

  it('names the refused hash', () => {
    const sdp = audioVideo.replaceAll(/sha-256 \S+/g, `md5 ${'AB:'.repeat(15)}CD`);
    assert.throws(() => newNegotiator().setRemoteOffer(sdp), /md5/);
  });
});

describe('Negotiator: roles and restarts', () => {
  it('is the DTLS server for actpass and active, the client for passive', () => {
    for (const [setup, role] of [
      ['actpass', 'passive'],
      ['active', 'passive'],
      ['passive', 'active'],
    ]) {
      const negotiator = newNegotiator();
      const answer = answerTo(audioVideo.replaceAll('setup:actpass', `setup:${setup}`), negotiator);
      assert.equal(linesOf(answer, 'a=setup')[0], `a=setup:${role}`);
      assert.equal(negotiator.dtlsRole, role);
    }
  });

  it('keeps its role while the association goes on, and chooses anew with a new fingerprint', () => {
    const negotiator = newNegotiator();
    const passive = audioVideo.replaceAll('setup:actpass', 'setup:passive');
    answerTo(passive, negotiator);
    assert.equal(linesOf(answerTo(audioVideo, negotiator), 'a=setup')[0], 'a=setup:active');
    assert.throws(
      () => negotiator.setRemoteOffer(audioVideo.replaceAll('setup:actpass', 'setup:active')),
      fails('unsupported-sdp'),
    );
    const renewed = audioVideo.replaceAll(/sha-256 ..:/g, 'sha-256 00:');
    assert.equal(linesOf(answerTo(renewed, negotiator), 'a=setup')[0], 'a=setup:passive');
  });

  it('reports an ICE restart', () => {
    const negotiator = newNegotiator();
    answerTo(audioVideo, negotiator);
    assert.equal(negotiator.setRemoteOffer(audioVideo).iceRestart, false);
    negotiator.createAnswer();
    const restart = audioVideo.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:anew');
    const remote = negotiator.setRemoteOffer(restart);
    assert.equal(remote.iceRestart, true);
    assert.equal(remote.usernameFragment, 'anew');
  });
});
