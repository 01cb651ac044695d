/** NACK that is negotiated, or given up, while a stream flows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../packet-io/layout.ts';
import type { RtcpFeedback } from './rtp-parameters.ts';
import { receiveVideo, rtp, Simulation, vp8, vp8DeltaPayload, vp8KeyPayload } from './simulation.test.ts';

const feedback = (...kinds: RtcpFeedback[]) => receiveVideo({ codecs: [{ ...vp8, feedback: kinds }] });
const withNack = feedback('nack', 'nack pli');
const without = feedback('nack pli');

function scene(parameters: typeof withNack) {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const track = publisher.addReceiver(parameters);
  const send = (sequenceNumber: number, payload = vp8DeltaPayload) => {
    const fields = { payloadType: 96, timestamp: 1, ssrc: 0x1111, sequenceNumber, payload };
    simulation.receive(0, PacketKind.Rtp, rtp(fields));
  };
  send(100, vp8KeyPayload);
  return { simulation, publisher, track, send };
}

test('NACK that is negotiated later is used for the stream that flows already', () => {
  const { simulation, publisher, track, send } = scene(without);
  send(103);
  simulation.advance(100);
  assert.equal(track.stats().nackSent, 0);
  publisher.updateReceiver(track, withNack);
  simulation.advance(100);
  assert.equal(track.stats().nackSent, 0, 'what was missing before is not asked for');
  send(106);
  simulation.advance(15);
  assert.equal(track.stats().nackSent, 2);
});

test('a renegotiation that keeps NACK forgets nothing that is missing', () => {
  const { simulation, publisher, track, send } = scene(withNack);
  send(103);
  publisher.updateReceiver(track, withNack);
  simulation.advance(15);
  assert.equal(track.stats().nackSent, 2);
});

test('without NACK any more nothing is asked for, but a key frame for what was missing', () => {
  const { simulation, publisher, track, send } = scene(withNack);
  send(103);
  simulation.advance(15);
  assert.equal(track.stats().pliSent, 0);
  publisher.updateReceiver(track, without);
  assert.equal(track.stats().pliSent, 1);
  send(110);
  simulation.advance(1000);
  assert.equal(track.stats().nackSent, 2, 'what was asked for stays counted');
});
