/** What browsers made of offers of ours: recorded exchanges. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import { fixture, newNegotiator } from './fixtures/peer.test.ts';

/** Whether each line of a receiving browser gets dependency descriptors: audio, its own video line, the one we offered. */
function described(browser: string): boolean[] {
  const negotiator = newNegotiator();
  negotiator.setRemoteOffer(fixture(`exchanges/${browser}-offer`));
  for (const transceiver of negotiator.transceivers) transceiver.direction = 'sendonly';
  negotiator.createAnswer();
  negotiator.addTransceiver('video', 'sendonly');
  const offer = negotiator.createOffer();
  assert.ok(offer.split('m=video').at(-1)!.includes(headerExtensionUri.dependencyDescriptor));
  negotiator.setRemoteAnswer(fixture(`exchanges/${browser}-answer`));
  return negotiator.transceivers.map(({ currentDirection, send }) => {
    assert.equal(currentDirection, 'sendonly');
    return send!.headerExtensions.some(({ uri }) => uri === headerExtensionUri.dependencyDescriptor);
  });
}

test('Chromium takes the dependency descriptor where we offer it, though it does not offer it by itself', () => {
  assert.deepEqual(described('chromium-plain'), [false, false, true]);
});

test('on the lines of the demo page, Chromium takes it on both', () => {
  assert.deepEqual(described('chromium-demo'), [false, true, true]);
});

test('Firefox takes it on none: it only sends it', () => {
  assert.deepEqual(described('firefox-demo'), [false, false, false]);
});
