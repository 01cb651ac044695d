/** What of a description its owner may choose: the order of codecs, and how much is to be sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, linesOf, newNegotiator } from './fixtures/peer.test.ts';
import { parseSessionDescription } from './parse-session-description.ts';

const offer = fixture('chromium-audio-video');

/** An offer with the formats of its video the other way round. */
function reversed(sdp: string): string {
  return sdp.replace(
    /^(m=video \d+ \S+) (.*)\r$/m,
    (_, start: string, formats: string) => `${start} ${formats.split(' ').reverse().join(' ')}\r`,
  );
}

function videoCodecs(sdp: string, codecOrder?: 'local' | 'remote'): string[] {
  const negotiator = newNegotiator(codecOrder === undefined ? {} : { codecOrder });
  negotiator.setRemoteOffer(sdp);
  const { media } = parseSessionDescription(negotiator.createAnswer());
  const names = media.find(({ kind }) => kind === 'video')!.codecs.map(({ name }) => name);
  return names.filter((name, index) => name !== 'rtx' && names.indexOf(name) === index);
}

test('codecs are answered in the order of the offer, unless ours is asked for', () => {
  const ours = ['VP8', 'H264', 'VP9', 'AV1'];
  assert.deepEqual(videoCodecs(offer, 'local'), ours);
  assert.deepEqual(videoCodecs(reversed(offer), 'local'), ours);
  assert.notDeepEqual(videoCodecs(reversed(offer)), ours);
  assert.deepEqual(videoCodecs(reversed(offer)), videoCodecs(reversed(offer), 'remote'));
});

test('a bound is stated on lines that receive, and on no others', () => {
  const negotiator = newNegotiator();
  negotiator.setRemoteOffer(offer);
  const [audio, video] = negotiator.transceivers;
  video.maxReceiveKbps = 300;
  assert.deepEqual(linesOf(negotiator.createAnswer(), 'b='), ['b=AS:300']);
  const sender = newNegotiator();
  sender.addTransceiver('video', 'sendonly').maxReceiveKbps = 300;
  assert.deepEqual(linesOf(sender.createOffer(), 'b='), []);
  assert.equal(audio.maxReceiveKbps, null);
});
