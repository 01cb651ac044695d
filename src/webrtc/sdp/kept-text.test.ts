/** What is kept of a session description: what clients have in common once, and of the rest no more than its lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defaultCodecs } from './codec-capabilities.ts';
import { answerCodecs } from './codec-negotiation.ts';
import { fixture } from './fixtures/peer.test.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { share, sharedResult } from './shared-results.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const offer = fixture('chromium-audio-video');

function heapAfter<T>(make: () => T): { readonly bytes: number; readonly made: T } {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const made = make();
  collectGarbage();
  return { bytes: process.memoryUsage().heapUsed - before, made };
}

test('a parsed description does not keep its text', () => {
  const descriptions = 100;
  const paddingBytes = 100_000;
  const padding = `b=X:${'x'.repeat(996)}\r\n`.repeat(paddingBytes / 1000);
  parseSessionDescription(offer);
  const { bytes, made } = heapAfter(() =>
    Array.from({ length: descriptions }, (_, number) => {
      // A text of its own, in one piece.
      const text = Buffer.from(`${offer}${padding}a=x-number:${number}\r\n`).toString();
      return parseSessionDescription(text);
    }),
  );
  assert.equal(made.length, descriptions);
  const each = bytes / descriptions;
  assert.ok(each < paddingBytes / 3, `${each.toFixed(0)} bytes are kept of each`);
});

test('what clients of one version have in common is there once', () => {
  const first = parseSessionDescription(offer).media;
  const other = offer.replace(/a=ice-ufrag:\S+/g, 'a=ice-ufrag:another').replace(/a=ssrc:\d/g, 'a=ssrc:1');
  parseSessionDescription(other).media.forEach((line, index) => {
    assert.equal(line.usernameFragment, 'another');
    assert.equal(line.codecs, first[index].codecs);
    assert.equal(line.headerExtensions, first[index].headerExtensions);
  });
  const [audio, video] = first;
  const capabilities = share([...defaultCodecs]);
  const answer = answerCodecs('video', video.codecs, capabilities, 'local');
  assert.equal(answerCodecs('video', video.codecs, capabilities, 'local'), answer);
  assert.notEqual(answerCodecs('video', video.codecs, capabilities), answer);
  assert.notEqual(answerCodecs('audio', audio.codecs, capabilities), answer);
  assert.notDeepEqual(answerCodecs('video', video.codecs, share(defaultCodecs.slice(0, 6))), answer);
});

test('another format, another payload type or another m-line is read for itself', () => {
  const of = (text: string) => parseSessionDescription(text).media[1];
  const video = of(offer);
  assert.notEqual(of(offer.replace('minptime=10', 'minptime=20')).codecs, undefined);
  const vp8 = (text: string) => of(text).codecs.find(({ name }) => name === 'VP8')?.payloadType;
  const payloadType = vp8(offer);
  const moved = offer.replaceAll(new RegExp(`(?<=a=rtpmap:)${payloadType} VP8`, 'g'), '126 VP8');
  assert.notEqual(vp8(moved), payloadType);
  const renumbered = of(
    offer.replace(/a=extmap:\d+ urn:3gpp:video-orientation/, 'a=extmap:9 urn:3gpp:video-orientation'),
  );
  assert.notDeepEqual(renumbered.headerExtensions, video.headerExtensions);
  assert.deepEqual(renumbered.codecs, video.codecs);
});

test('more texts than are remembered are all read right', () => {
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 200; number++) {
      const text = offer.replace('useinbandfec=1', `useinbandfec=1;x-number=${number}`);
      const opus = parseSessionDescription(text).media[0].codecs.find(({ name }) => name === 'opus');
      assert.equal(opus?.parameters['x-number'], String(number));
    }
  }
});

test('results of lists that are not shared are made anew', () => {
  const own: number[] = [];
  const make = () => ({});
  assert.notEqual(sharedResult(own, 'x', make), sharedResult(own, 'x', make));
  const common = share([1]);
  assert.equal(sharedResult(common, 'x', make), sharedResult(common, 'x', make));
  assert.notEqual(sharedResult(common, 'x', make), sharedResult(common, 'y', make));
  assert.notEqual(sharedResult(common, 'x', make, own), sharedResult(common, 'x', make, own));
});
