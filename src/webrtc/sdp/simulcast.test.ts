/** Simulcast from the offer to what a receiver gets: by RID of any names and order, and by SSRC group. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LayerScene, simulcast } from '../../media/layers/layer-scene.test.ts';
import { checkReceived } from '../../media/layers/received-video.test.ts';
import type { EncoderOptions } from '../../media/layers/synthetic-encoder.test.ts';
import type { ReceiveParameters } from '../../media/rtp-parameters.ts';
import { fixture, linesOf, newNegotiator } from './fixtures/peer.test.ts';

function negotiate(offer: string): { receive: ReceiveParameters; answer: string } {
  const negotiator = newNegotiator();
  negotiator.setRemoteOffer(offer);
  const answer = negotiator.createAnswer();
  const { receive } = negotiator.transceivers.find(({ kind }) => kind === 'video')!;
  assert.ok(receive !== null);
  return { receive, answer };
}

/** Goes through all encodings of a publisher, whichever order they were signaled in. */
function checkSwitching(receive: ReceiveParameters, encoders: readonly EncoderOptions[]): void {
  const scene = new LayerScene(encoders, 5, true, receive);
  scene.run(2500);
  assert.equal(scene.track.encodings.length, encoders.length);
  assert.equal(scene.simulation.context.counters.unknownSsrc, 0);
  const bySize = [...encoders.keys()].sort((a, b) => encoders[a].height! - encoders[b].height!);
  for (const spatial of [2, 0, 1, 0, 2, 1]) {
    if (spatial >= encoders.length) continue;
    scene.forwarder.setTarget(spatial, 9, 'test');
    scene.run(1500);
    assert.equal(scene.forwarder.current.spatial, spatial);
    const frames = checkReceived(scene.received, encoders[0].codec);
    assert.equal(frames[frames.length - 1].truth.encoding, bySize[spatial]);
  }
  assert.equal(scene.forwarder.layers().length, encoders.length * encoders[0].temporalLayers);
}

function withRids(offer: string, rids: readonly string[]): string {
  const [first] = linesOf(offer, 'a=rid:');
  return offer
    .split('\r\n')
    .flatMap((line) => {
      if (line === first) return rids.map((rid) => `a=rid:${rid} send`);
      if (line.startsWith('a=rid:')) return [];
      return line.startsWith('a=simulcast:') ? `a=simulcast:send ${rids.join(';')}` : line;
    })
    .join('\r\n');
}

describe('simulcast by RID', () => {
  for (const browser of ['chromium', 'firefox']) {
    it(`of ${browser}, largest first`, () => {
      const { receive } = negotiate(fixture(`${browser}-simulcast`));
      checkSwitching(receive, [...simulcast('VP8', 2)].reverse());
    });
  }

  for (const rids of [
    ['1', '0', '2'],
    ['r-low_0', 'HIGHEST', 'middle9'],
    ['low', 'high'],
    ['sixteenletters00', 'sixteenletters01', 'sixteenletters02'],
    ['a-name-that-only-fits-two-byte-headers', 'q', 'f'],
  ]) {
    it(`named ${rids.join(', ')}`, () => {
      const { receive, answer } = negotiate(withRids(fixture('chromium-simulcast'), rids));
      assert.deepEqual(linesOf(answer, 'a=simulcast'), [`a=simulcast:recv ${rids.join(';')}`]);
      assert.deepEqual(
        receive.encodings.map(({ rid }) => rid),
        rids,
      );
      const [small, middle, large] = simulcast('VP8', 1);
      checkSwitching(receive, [middle, large, small].slice(0, rids.length));
    });
  }
});

describe('simulcast by SSRC group', () => {
  const legacy = fixture('legacy-without-mid');

  it('of a client without mids, smallest first', () => {
    const { receive } = negotiate(legacy);
    assert.deepEqual(receive.encodings, [
      { rid: null, ssrc: 1001, rtxSsrc: 2001 },
      { rid: null, ssrc: 1002, rtxSsrc: 2002 },
      { rid: null, ssrc: 1003, rtxSsrc: 2003 },
    ]);
    checkSwitching(receive, simulcast('VP8', 3));
  });

  it('of two encodings, in whichever order, and without RTX', () => {
    const without = legacy
      .split('\r\n')
      .filter((line) => !/FID|ssrc:2|ssrc:1003|rtx|apt=/.test(line))
      .join('\r\n')
      .replace('SIM 1001 1002 1003', 'SIM 1001 1002')
      .replace(' 96\r\n', '\r\n');
    const { receive } = negotiate(without);
    assert.deepEqual(
      receive.encodings.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]),
      [
        [1001, -1],
        [1002, -1],
      ],
    );
    const [small, , large] = simulcast('VP8', 1);
    checkSwitching(receive, [large, small]);
  });

  it('takes other SSRCs of the group when offered again', () => {
    const negotiator = newNegotiator();
    negotiator.setRemoteOffer(legacy);
    negotiator.createAnswer();
    negotiator.setRemoteOffer(legacy.replaceAll('1003', '1004').replaceAll('2003', '2004'));
    negotiator.createAnswer();
    assert.deepEqual(
      negotiator.transceivers[0].receive?.encodings.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]),
      [
        [1001, 2001],
        [1002, 2002],
        [1004, 2004],
      ],
    );
  });
});
