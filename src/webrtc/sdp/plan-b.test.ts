/** Plan B from the offer to what is received and written: tracks of a kind in one m-line. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import {
  exchange,
  fails,
  fixture,
  fixtureNames,
  linesOf,
  newClient,
  newNegotiator,
} from './fixtures/peer.test.ts';
import type { Negotiator } from './negotiator.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { isPlanB } from './plan-b-split.ts';
import type { SdpSemantics } from './sdp-semantics.ts';

const twoVideos = fixture('plan-b-chromium-two-videos');
const camera = { streamId: 'lgsCFqt9kN2fVKw5wg3NKqGdATQoltEwOdMS', ssrc: 2231627014, rtxSsrc: 632943048 };
const screen = { streamId: 'pT4rWm8yXbZs1cHnJeUv0gQa6LkDiFoR2tBx', ssrc: 4190270943, rtxSsrc: 1206340151 };

/** Kind, stream and SSRCs of each encoding of what a side receives. */
function received({ transceivers }: Negotiator) {
  return transceivers.flatMap(({ kind, remoteMsid, receive }) =>
    receive === null
      ? []
      : [[kind, remoteMsid?.streamId, ...receive.encodings.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc])]],
  );
}

function answered(offer: string, semantics?: SdpSemantics) {
  const negotiator = newNegotiator(semantics === undefined ? {} : { semantics });
  negotiator.setRemoteOffer(offer);
  return { negotiator, answer: negotiator.createAnswer() };
}

/** The offer without the tracks of a stream. */
function without(offer: string, { streamId, ssrc, rtxSsrc }: typeof camera): string {
  const lines = offer.split('\r\n').filter((line) => !line.includes(`FID ${ssrc}`));
  return lines
    .filter((line) => !new RegExp(`^a=ssrc:(${ssrc}|${rtxSsrc}) `).test(line))
    .map((line) => (line.startsWith('a=msid-semantic') ? line.replace(` ${streamId}`, '') : line))
    .join('\r\n');
}

describe('an offer of several tracks in one m-line', () => {
  for (const semantics of ['unified-plan-with-fallback', 'plan-b'] as const) {
    it(`is answered line by line, and each track received by its SSRCs (${semantics})`, () => {
      const { negotiator, answer } = answered(twoVideos, semantics);
      assert.deepEqual(received(negotiator), [
        ['audio', camera.streamId, [3365891912, -1]],
        ['video', camera.streamId, [camera.ssrc, camera.rtxSsrc]],
        ['video', screen.streamId, [screen.ssrc, screen.rtxSsrc]],
      ]);
      assert.deepEqual(linesOf(answer, 'a=group'), ['a=group:BUNDLE audio video']);
      assert.deepEqual(linesOf(answer, 'a=mid'), ['a=mid:audio', 'a=mid:video']);
      assert.deepEqual(
        parseSessionDescription(answer).media.map(({ direction, port }) => [direction, port]),
        [
          ['recvonly', 9],
          ['recvonly', 9],
        ],
      );
      assert.equal(linesOf(answer, 'a=candidate').length, 1);
    });
  }

  it('is one of one track for Unified Plan', () => {
    for (const semantics of [undefined, 'unified-plan'] as const) {
      const { negotiator } = answered(twoVideos, semantics);
      assert.deepEqual(received(negotiator), [
        ['audio', camera.streamId, [3365891912, -1]],
        ['video', camera.streamId, [camera.ssrc, camera.rtxSsrc]],
      ]);
    }
  });

  it('may have simulcast in one of them', () => {
    const { negotiator } = answered(fixture('plan-b-chromium-simulcast'), 'unified-plan-with-fallback');
    assert.deepEqual(received(negotiator).slice(1), [
      ['video', camera.streamId, [2001, 3001], [2002, 3002], [2003, 3003]],
      ['video', screen.streamId, [4001, 5001]],
    ]);
  });

  it('does not name lines in packets, where that would name the first track', () => {
    const mid = `a=extmap:10 ${headerExtensionUri.mid}\r\n`;
    const { negotiator, answer } = answered(
      twoVideos.replaceAll('a=rtcp-mux\r\n', `a=rtcp-mux\r\n${mid}`),
      'plan-b',
    );
    const [audio, video] = parseSessionDescription(answer).media;
    const named = ({ uri }: { uri: string }) => uri === headerExtensionUri.mid;
    assert.deepEqual(
      [audio, video].map((line) => line.headerExtensions.some(named)),
      [true, false],
    );
    for (const { kind, receive } of negotiator.transceivers) {
      assert.equal(receive?.headerExtensions.some(named), kind === 'audio');
      assert.equal(receive.statedSsrcsOnly, kind === 'video' ? true : undefined);
    }
  });

  it('is sent several in one m-line, too', () => {
    const negotiator = newNegotiator({ semantics: 'unified-plan-with-fallback' });
    negotiator.setRemoteOffer(twoVideos);
    const [audio, first, second] = negotiator.transceivers;
    for (const [transceiver, trackId] of [
      [audio, 'a0'],
      [first, 'v0'],
      [second, 'v1'],
    ] as const) {
      transceiver.direction = 'sendrecv';
      transceiver.msid = { streamId: 'room', trackId };
    }
    const answer = negotiator.createAnswer();
    const [audioLine, videoLine] = answer.split('m=video');
    assert.deepEqual(linesOf(audioLine, 'a=msid:'), ['a=msid:room a0']);
    assert.deepEqual(linesOf(videoLine, 'a=msid:'), []);
    assert.deepEqual(linesOf(videoLine, 'a=ssrc-group'), [
      `a=ssrc-group:FID ${first.ssrc} ${first.rtxSsrc}`,
      `a=ssrc-group:FID ${second.ssrc} ${second.rtxSsrc}`,
    ]);
    assert.deepEqual(
      linesOf(videoLine, 'a=ssrc:'),
      [
        [first.ssrc, 'v0'],
        [first.rtxSsrc, 'v0'],
        [second.ssrc, 'v1'],
        [second.rtxSsrc, 'v1'],
      ].flatMap(([ssrc, track]) => [
        `a=ssrc:${ssrc} cname:manifold`,
        `a=ssrc:${ssrc} msid:room ${track}`,
        `a=ssrc:${ssrc} mslabel:room`,
        `a=ssrc:${ssrc} label:${track}`,
      ]),
    );
    assert.deepEqual(
      [first, second].map(({ send }) => send?.ssrc),
      [first.ssrc, second.ssrc],
    );
  });
});

describe('an offer of one track in each m-line', () => {
  const names = fixtureNames.filter((name) => !isPlanB(parseSessionDescription(fixture(name))));

  for (const name of names) {
    it(`means the same whatever the server speaks: ${name}`, () => {
      const [unified, ...others] = (['unified-plan', 'unified-plan-with-fallback', 'plan-b'] as const).map(
        (semantics) => {
          const negotiator = newNegotiator({ semantics });
          negotiator.setRemoteOffer(fixture(name));
          for (const transceiver of negotiator.transceivers) {
            if (transceiver.remoteReceives) transceiver.direction = 'sendrecv';
            transceiver.msid = { streamId: 's', trackId: transceiver.kind };
          }
          const answer = negotiator.createAnswer();
          return {
            transceivers: negotiator.transceivers.map((transceiver) => ({ ...transceiver })),
            answer: answer.replace(/^a=ssrc:\d+ (?:ms)?label:.*\r\n/gm, ''),
          };
        },
      );
      for (const other of others) assert.deepEqual(other, unified);
    });
  }
});

describe('tracks of Plan B that come and go', () => {
  it('each keeps its line as long as it is there', () => {
    const one = without(twoVideos, screen);
    const { negotiator } = answered(one, 'unified-plan-with-fallback');
    const [, first] = negotiator.transceivers;
    const offer = (sdp: string) => {
      negotiator.setRemoteOffer(sdp);
      return negotiator.createAnswer();
    };
    offer(twoVideos);
    const second = negotiator.transceivers[2];
    assert.equal(second.isFurtherTrack, true);
    assert.equal(first.isFurtherTrack, false);
    assert.deepEqual(
      [first, second].map(({ receive }) => receive?.encodings[0].ssrc),
      [camera.ssrc, screen.ssrc],
    );
    offer(without(twoVideos, camera));
    assert.equal(first.receive, null);
    assert.equal(second.receive?.encodings[0].ssrc, screen.ssrc);
    offer(twoVideos);
    assert.deepEqual(
      [first, second].map(({ receive }) => receive?.encodings[0].ssrc),
      [camera.ssrc, screen.ssrc],
    );
    const answer = offer(
      without(without(twoVideos, camera), screen).replace(
        'a=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize',
        'a=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize',
      ),
    );
    assert.deepEqual(
      [first, second].map(({ receive }) => receive),
      [null, null],
    );
    assert.equal(negotiator.transceivers.length, 3);
    assert.deepEqual(linesOf(answer, 'm=').length, 2);
  });

  it('a track that takes another’s place is another', () => {
    const { negotiator } = answered(twoVideos, 'plan-b');
    const [, first, second] = negotiator.transceivers;
    const other = twoVideos
      .replaceAll(`${screen.ssrc}`, '77')
      .replaceAll(`${screen.rtxSsrc}`, '78')
      .replaceAll(screen.streamId, 'other');
    negotiator.setRemoteOffer(other);
    negotiator.createAnswer();
    assert.equal(first.receive?.encodings[0].ssrc, camera.ssrc);
    assert.equal(second.receive, null);
    assert.equal(negotiator.transceivers[3].receive?.encodings[0].ssrc, 77);
  });

  it('an offer that is rolled back, or refused, changes nothing', () => {
    const { negotiator } = answered(without(twoVideos, screen), 'unified-plan-with-fallback');
    const before = JSON.stringify(negotiator.transceivers);
    negotiator.setRemoteOffer(twoVideos);
    assert.equal(negotiator.transceivers.length, 3);
    negotiator.rollback();
    assert.equal(JSON.stringify(negotiator.transceivers), before);
    const renamed = twoVideos.replace('a=mid:video', 'a=mid:v').replace('audio video', 'audio v');
    assert.throws(() => negotiator.setRemoteOffer(renamed), fails('malformed-sdp'));
    const shorter = `${twoVideos.slice(0, twoVideos.indexOf('m=video'))}`.replace('audio video', 'audio');
    assert.throws(() => negotiator.setRemoteOffer(shorter), fails('malformed-sdp'));
    assert.equal(JSON.stringify(negotiator.transceivers), before);
  });
});

describe('an offer of ours in Plan B', () => {
  /** A server with two videos and one of audio to send. */
  function server(): Negotiator {
    const negotiator = newNegotiator({
      semantics: 'plan-b',
      dataChannels: { port: 5000, maxMessageSize: 1000 },
    });
    for (const [kind, trackId] of [
      ['audio', 'a'],
      ['video', 'v'],
      ['video', 'w'],
    ] as const)
      negotiator.addTransceiver(kind, 'sendonly').msid = { streamId: 's', trackId };
    negotiator.addDataLine();
    return negotiator;
  }

  it('has one m-line for each kind, named after it, whose tracks its SSRCs name', () => {
    const offer = server().createOffer();
    assert.deepEqual(linesOf(offer, 'a=group'), ['a=group:BUNDLE audio video data']);
    const { media, extmapAllowMixed } = parseSessionDescription(offer);
    assert.deepEqual(
      media.map(({ kind, mid, direction, msids }) => [kind, mid, direction, msids.length]),
      [
        ['audio', 'audio', 'sendonly', 1],
        ['video', 'video', 'sendonly', 0],
        ['application', 'data', 'sendrecv', 0],
      ],
    );
    assert.deepEqual(
      [...new Set(linesOf(offer, 'a=ssrc:').flatMap((line) => /msid:(.*)$/.exec(line)?.[1] ?? []))],
      ['s a', 's v', 's w'],
    );
    assert.equal(linesOf(offer, 'a=ssrc-group:FID').length, 2);
    assert.equal(extmapAllowMixed, false, 'Chromium of Plan B cannot read it');
  });

  for (const semantics of ['plan-b', 'unified-plan-with-fallback'] as const) {
    it(`is understood by a client of its kind (${semantics})`, () => {
      const [offerer, client] = [server(), newClient({ semantics })];
      const { answer } = exchange(offerer, client);
      assert.deepEqual(linesOf(answer, 'a=mid'), ['a=mid:audio', 'a=mid:video', 'a=mid:data']);
      assert.deepEqual(
        received(client).map(([kind, , encoding]) => [kind, encoding]),
        offerer.transceivers.map(({ kind, ssrc, rtxSsrc }) => [kind, [ssrc, rtxSsrc]]),
      );
      assert.deepEqual(
        offerer.transceivers.map(({ currentDirection }) => currentDirection),
        ['sendonly', 'sendonly', 'sendonly'],
      );
    });
  }

  it('takes several tracks in the answer to one line', () => {
    const [offerer, client] = [newNegotiator({ semantics: 'plan-b' }), newClient({ semantics: 'plan-b' })];
    offerer.addTransceiver('video', 'sendrecv');
    client.setRemoteOffer(offerer.createOffer());
    const answer = client.createAnswer().replace('a=recvonly', 'a=sendrecv');
    const sources = [1, 2].flatMap((ssrc) => [`a=ssrc:${ssrc} cname:c`, `a=ssrc:${ssrc} msid:s t${ssrc}`]);
    offerer.setRemoteAnswer(`${answer}${sources.join('\r\n')}\r\n`);
    assert.deepEqual(received(offerer), [
      ['video', 's', [1, -1]],
      ['video', 's', [2, -1]],
    ]);
    const [first, second] = offerer.transceivers;
    assert.deepEqual([first.currentDirection, second.currentDirection], ['sendrecv', 'recvonly']);
    assert.deepEqual([first.isFurtherTrack, second.isFurtherTrack], [false, true]);
    assert.equal(parseSessionDescription(offerer.createOffer()).media.length, 1);
  });

  it('puts what is added later into the line there is, with the codecs agreed for it', () => {
    const [offerer, client] = [server(), newClient({ semantics: 'plan-b' })];
    exchange(offerer, client);
    const added = offerer.addTransceiver('video', 'sendonly');
    const { offer } = exchange(offerer, client);
    const { media } = parseSessionDescription(offer);
    assert.equal(media.length, 3);
    assert.equal(linesOf(offer, 'a=ssrc-group:FID').length, 3);
    assert.equal(received(client).at(-1)?.[2]?.toString(), `${added.ssrc},${added.rtxSsrc}`);
    offerer.transceivers[1].stop();
    const later = exchange(offerer, client).offer;
    assert.equal(linesOf(later, 'a=ssrc-group:FID').length, 2);
    assert.equal(received(client).length, 3);
  });

  it('is one of Unified Plan where each kind has one track', () => {
    const offerer = newNegotiator({ semantics: 'plan-b' });
    offerer.addTransceiver('audio', 'sendrecv');
    offerer.addTransceiver('video', 'sendrecv');
    const client = newClient();
    const { offer } = exchange(offerer, client);
    assert.equal(linesOf(offer, 'a=msid:').length, 2);
    assert.deepEqual(
      received(client).map(([kind]) => kind),
      ['audio', 'video'],
    );
  });
});

describe('Plan B without bounds', () => {
  const many = (count: number, line: (index: number) => string) =>
    twoVideos + Array.from({ length: count }, (_, index) => `${line(index)}\r\n`).join('');

  for (const semantics of ['unified-plan-with-fallback', 'plan-b'] as const) {
    it(`ends in a clear error, and in no time (${semantics})`, () => {
      const negotiator = newNegotiator({ semantics });
      const refusal = (offer: string, code: string, text: RegExp) =>
        assert.throws(
          () => negotiator.setRemoteOffer(offer),
          (error: unknown) =>
            error instanceof ProtocolError && error.code === code && text.test(error.message),
        );
      refusal(
        many(5000, (index) => `a=ssrc:${index} msid:s t${index}`),
        'unsupported-sdp',
        /More than 64 SSRCs in an m-line/,
      );
      refusal(
        many(5000, (index) => `a=ssrc-group:SIM ${index} 1`),
        'unsupported-sdp',
        /Too many SSRC groups/,
      );
      refusal(
        many(30, (index) => `a=ssrc:${index + 1} msid:s t${index}`),
        'limit-media-lines',
        /more than 20 m-lines and tracks/,
      );
      refusal(
        many(10_000, (index) => `a=ssrc:1 x:${index}${'y'.repeat(20)}`),
        'limit-message-size',
        /too long/,
      );
      assert.equal(negotiator.transceivers.length, 0);
      negotiator.setRemoteOffer(many(16, (index) => `a=ssrc:${index + 1} msid:s t${index}`));
      negotiator.createAnswer();
      assert.equal(received(negotiator).length, 19);
    });
  }

  it('holds for answers', () => {
    const [offerer, client] = [newNegotiator({ semantics: 'plan-b' }), newClient({ semantics: 'plan-b' })];
    offerer.addTransceiver('audio', 'recvonly');
    client.setRemoteOffer(offerer.createOffer());
    const answer = client.createAnswer().replace('a=inactive', 'a=sendonly');
    const sources = Array.from({ length: 40 }, (_, index) => `a=ssrc:${index + 1} msid:s t${index}\r\n`);
    assert.throws(() => offerer.setRemoteAnswer(answer + sources.join('')), fails('limit-media-lines'));
    assert.equal(offerer.signalingState, 'have-local-offer');
    assert.equal(offerer.transceivers.length, 1);
  });
});
