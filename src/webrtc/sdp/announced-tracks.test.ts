import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { announcedTracks } from './announced-tracks.ts';
import { fixture, fixtureNames } from './fixtures/peer.test.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { isPlanB } from './plan-b-split.ts';

function videoWith(...attributes: string[]) {
  const head = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96'];
  const lines = [...head, 'a=mid:video', 'a=sendrecv', ...attributes.map((text) => `a=${text}`)];
  return parseSessionDescription(`${lines.join('\r\n')}\r\n`).media[0];
}

/** "track: SSRCs". */
function tracks(...attributes: string[]): string[] {
  return announcedTracks(videoWith(...attributes)).map(
    ({ msid, ssrcs }) => `${msid.trackId}: ${ssrcs.map(({ ssrc }) => ssrc).join(' ')}`,
  );
}

const named = (ssrc: number, track: string) => `ssrc:${ssrc} msid:stream ${track}`;

describe('announcedTracks', () => {
  it('tells tracks by their msids, in the order of the line', () => {
    assert.deepEqual(tracks(named(1, 'b'), named(2, 'a'), named(3, 'b')), ['b: 1 3', 'a: 2']);
    assert.deepEqual(tracks('ssrc:1 msid:s t', 'ssrc:2 msid:other t'), ['t: 1', 't: 2']);
  });

  it('takes the SSRCs of a group for one track, whichever of them names it', () => {
    const lines = ['ssrc-group:FID 1 2', 'ssrc-group:FEC-FR 1 3', 'ssrc:2 cname:x', 'ssrc:3 cname:x'];
    assert.deepEqual(tracks(...lines, named(1, 'a'), named(4, 'b')), ['a: 2 3 1', 'b: 4']);
    assert.deepEqual(tracks('ssrc-group:SIM 1 2 3', named(1, 'a'), named(2, 'x'), named(3, 'y')), [
      'a: 1 2 3',
    ]);
    const chain = ['ssrc-group:FID 3 4', 'ssrc-group:FID 2 3', 'ssrc-group:SIM 1 2'];
    assert.deepEqual(tracks(...chain, named(4, 'a'), named(1, 'b')), ['a: 4 1']);
  });

  it('gives each track its groups', () => {
    const line = videoWith('ssrc-group:FID 1 2', 'ssrc-group:FID 3 4', named(1, 'a'), named(3, 'b'));
    assert.deepEqual(
      announcedTracks(line).map(({ ssrcGroups }) => ssrcGroups),
      [[{ semantics: 'FID', ssrcs: [1, 2] }], [{ semantics: 'FID', ssrcs: [3, 4] }]],
    );
  });

  it('reads the names that were before msid', () => {
    const older = ['ssrc:1 mslabel:s', 'ssrc:1 label:a', 'ssrc:2 mslabel:s', 'ssrc:2 label:b'];
    assert.deepEqual(tracks(...older), ['a: 1', 'b: 2']);
    assert.deepEqual(tracks('ssrc:1 mslabel:s', 'ssrc:2 label:b'), []);
  });

  it('leaves out SSRCs that nobody names', () => {
    assert.deepEqual(tracks('ssrc:1 cname:x', named(2, 'a'), 'ssrc:3 cname:x'), ['a: 2']);
  });

  it('finds none on lines of Unified Plan, and on those that send nothing', () => {
    const both = [named(1, 'a'), named(2, 'b')];
    assert.deepEqual(tracks('msid:stream a', ...both), []);
    assert.deepEqual(tracks('rid:h send', ...both), []);
    assert.deepEqual(tracks('recvonly', ...both), []);
    assert.equal(tracks(...both).length, 2);
  });

  it('puts each SSRC into one track at most, whatever the groups are', () => {
    const ssrc = fc.integer({ min: 1, max: 12 });
    const group = fc.tuple(
      fc.constantFrom('FID', 'SIM', 'FEC-FR', 'X'),
      fc.array(ssrc, { minLength: 1, maxLength: 5 }),
    );
    const source = fc.tuple(ssrc, fc.constantFrom('a', 'b', 'c'));
    fc.assert(
      fc.property(
        fc.array(group, { maxLength: 8 }),
        fc.array(source, { maxLength: 12 }),
        (groups, sources) => {
          const line = videoWith(
            ...groups.map(([semantics, ssrcs]) => `ssrc-group:${semantics} ${ssrcs.join(' ')}`),
            ...sources.map(([id, track]) => named(id, track)),
          );
          const found = announcedTracks(line).flatMap(({ ssrcs }) => ssrcs.map((each) => each.ssrc));
          assert.deepEqual(found.sort(), line.ssrcs.map((each) => each.ssrc).sort());
        },
      ),
      { numRuns: 300, seed: 20_260_103 },
    );
  });
});

describe('isPlanB', () => {
  const severalTracks = [
    'plan-b-chromium-two-videos',
    'plan-b-chromium-simulcast',
    'plan-b-libwebrtc-two-videos',
  ];

  for (const name of fixtureNames) {
    const expected = severalTracks.includes(name);
    it(`is ${expected} of ${name}`, () => {
      assert.equal(isPlanB(parseSessionDescription(fixture(name))), expected);
    });
  }

  it('is not of Unified Plan under the mids of Plan B', () => {
    for (const name of ['chromium-audio-video', 'firefox-audio-video', 'chromium-simulcast']) {
      const renamed = fixture(name)
        .replace(/a=group:BUNDLE .*/, 'a=group:BUNDLE audio video')
        .replace(/a=mid:.*/, 'a=mid:audio')
        .replace(/(a=mid:)(?!audio).*/, '$1video');
      const description = parseSessionDescription(renamed);
      assert.deepEqual(
        description.media.map(({ mid }) => mid),
        ['audio', 'video'].slice(0, description.media.length),
      );
      assert.equal(isPlanB(description), false);
    }
  });

  it('is not of the simulcast of kurento-utils, which is one track', () => {
    const simulcast = fixture('chromium-audio-video').replace(
      /a=ssrc-group:FID[\s\S]*$/,
      [
        'a=x-google-flag:conference',
        'a=ssrc-group:SIM 1 2 3',
        ...[1, 2, 3].flatMap((ssrc) => [`a=ssrc:${ssrc} cname:c`, `a=ssrc:${ssrc} msid:s t`]),
        '',
      ].join('\r\n'),
    );
    assert.equal(isPlanB(parseSessionDescription(simulcast)), false);
    assert.equal(isPlanB(parseSessionDescription(simulcast.replace(/a=msid:.*\r\n/g, ''))), false);
  });
});
