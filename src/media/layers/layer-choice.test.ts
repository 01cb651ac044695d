import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';
import { LayerChoice } from './layer-choice.ts';

test('audio has no layers, whatever the video packet before it left behind', () => {
  const choice = new LayerChoice();
  choice.setLayers(null);
  const packet = new RtpPacket();
  // VP9 (RFC 9628): I, L and B set, picture id 1, spatial layer 2.
  packet.layers.read(KeyFrameSyntax.Vp9, Uint8Array.of(0xa8, 1, 0x44, 1), 0, 4, 0);
  assert.equal(packet.layers.vp9.spatialLayer, 2);
  choice.begin(packet);
  assert.equal(choice.selector, null);
});
