/** What becomes of a subscriber's NACKs: how often, how late and how much is sent again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import type { MediaTransportOptions } from '../media-transport-options.ts';
import { addReportBlock, writeNack, writeReceiverReport, writeSenderReport } from '../rtcp/rtcp-writer.ts';
import {
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../simulation.test.ts';
import type { Forwarder } from './forwarder.ts';

class Scene {
  readonly simulation = new Simulation();
  readonly forwarder: Forwarder;
  ticksPerPacket = 3000;
  #sequence = 100;
  /** What the subscriber was sent, by the order it was published in. */
  readonly numbers: number[] = [];

  constructor(options: MediaTransportOptions = {}) {
    const publisher = this.simulation.addTransport();
    const subscriber = this.simulation.addTransport(options);
    const track = publisher.addReceiver(receiveVideo());
    this.forwarder = subscriber.addSender(sendVideo());
    this.forwarder.setSource(track);
    this.publish(vp8KeyPayload);
  }

  get counters() {
    return this.simulation.context.counters;
  }

  publish(payload: readonly number[] | Uint8Array = vp8DeltaPayload): void {
    const sequenceNumber = this.#sequence++;
    this.simulation.receive(
      0,
      PacketKind.Rtp,
      rtp({
        payloadType: 96,
        sequenceNumber,
        timestamp: sequenceNumber * this.ticksPerPacket,
        ssrc: 0x1111,
        payload,
      }),
    );
    for (const { bytes } of this.simulation.take(1, PacketKind.Rtp)) {
      const { ssrc, sequenceNumber: number } = readRtp(bytes);
      if (ssrc === this.forwarder.ssrc) this.numbers.push(number);
    }
  }

  /** How many packets are sent again for a NACK of these. */
  nack(...numbers: readonly number[]): number {
    const bytes = new Uint8Array(200);
    const wanted = Uint16Array.from(numbers);
    const end = writeNack(bytes, 0, 1, this.forwarder.ssrc, wanted, wanted.length);
    this.simulation.receive(1, PacketKind.Rtcp, bytes.slice(0, end));
    return this.simulation.take(1, PacketKind.Rtp).length;
  }

  /** The subscriber answers a report: the round trip takes so long. */
  learnRtt(rttMs: number): void {
    const { clock } = this.simulation;
    const bytes = new Uint8Array(200);
    const fromPublisher = writeSenderReport(bytes, 0, 0x1111, 1000, 0, 300_000, 1, 1);
    this.simulation.receive(0, PacketKind.Rtcp, bytes.slice(0, fromPublisher));
    let report: { bytes: Uint8Array } | undefined;
    while (report === undefined) {
      this.simulation.advance(10);
      report = this.simulation.take(1, PacketKind.Rtcp).find((packet) => packet.bytes[1] === 200);
    }
    clock.nowMs += rttMs;
    const view = new DataView(report.bytes.buffer, report.bytes.byteOffset);
    const block = {
      ssrc: this.forwarder.ssrc,
      fractionLost: 0,
      cumulativeLost: 0,
      highestSequence: 1,
      jitter: 0,
      lastReport: (view.getUint16(10) << 16) | view.getUint16(12),
      delaySinceLastReport: 0,
    };
    const end = addReportBlock(bytes, 0, writeReceiverReport(bytes, 0, 1), block);
    this.simulation.receive(1, PacketKind.Rtcp, bytes.slice(0, end));
  }

  /** Key frames asked for since this was last asked. */
  get keyFrameRequests(): number {
    const isPictureLoss = ({ bytes }: { bytes: Uint8Array }) => bytes[1] === 206 && (bytes[0] & 31) === 1;
    return this.simulation.take(0, PacketKind.Rtcp).filter(isPictureLoss).length;
  }
}

test('a packet is sent again a few times at most, and not while it may be on its way', () => {
  const scene = new Scene();
  scene.publish();
  const [, number] = scene.numbers;
  let sent = 0;
  for (let ms = 0; ms < 5000; ms += 10) {
    sent += scene.nack(number);
    scene.simulation.advance(10);
  }
  assert.equal(sent, 5);
  assert.ok(scene.counters.retransmissionsThrottled > 0);
  assert.ok(scene.counters.retransmissionsRefused > 0);
});

test('as many packets are kept to be sent again as was said, a power of two or not', () => {
  for (const kept of [64, 100, 1000]) {
    const scene = new Scene({ videoHistoryPackets: kept });
    // Of a slow stream, less is kept.
    scene.ticksPerPacket = 30;
    for (let i = 0; i < 1100; i++) scene.publish();
    assert.equal(scene.nack(scene.numbers.at(-kept)!), 1, `the last but ${kept - 1}`);
    assert.equal(scene.nack(scene.numbers.at(-kept - 1)!), 0, `the one before`);
    assert.equal(scene.counters.retransmissionsMissed, 1);
  }
});

test('what is too old to be of use is not sent again', () => {
  const scene = new Scene();
  scene.publish();
  const [, number] = scene.numbers;
  scene.simulation.advance(1500);
  assert.equal(scene.nack(number), 0);
  assert.equal(scene.counters.retransmissionsRefused, 1);
});

test('a repair that is given up ends in a key frame, now and then', () => {
  const scene = new Scene();
  scene.publish();
  const [, number] = scene.numbers;
  scene.simulation.advance(1500);
  assert.ok(scene.keyFrameRequests >= 0);
  for (let i = 0; i < 10; i++) scene.nack(number);
  assert.equal(scene.keyFrameRequests, 1);
  scene.simulation.advance(400);
  scene.nack(number);
  assert.equal(scene.keyFrameRequests, 0);
  scene.simulation.advance(1000);
  scene.nack(number);
  assert.equal(scene.keyFrameRequests, 1);
  scene.simulation.advance(500);
  scene.publish(vp8KeyPayload);
  scene.simulation.advance(1000);
  scene.nack(number);
  assert.equal(scene.keyFrameRequests, 0, 'there has been a key frame since');
});

test('a picture that others do without is no reason for a key frame', () => {
  const scene = new Scene();
  // X, I, L, T: temporal layer 2.
  scene.publish([0x90, 0xe0, 0x80, 1, 0, 0x80, 1, 2, 3]);
  const [, number] = scene.numbers;
  scene.simulation.advance(1500);
  assert.ok(scene.keyFrameRequests >= 0);
  assert.equal(scene.nack(number), 0);
  assert.equal(scene.keyFrameRequests, 0);
});

for (const rttMs of [50, 100, 200, 300, 400]) {
  test(`repairs that all get lost are given up while libwebrtc still asks: round trip of ${rttMs} ms`, () => {
    const scene = new Scene();
    scene.learnRtt(rttMs);
    scene.publish();
    const [, number] = scene.numbers;
    assert.ok(scene.keyFrameRequests >= 0);
    let sent = 0;
    for (let asked = 0; asked < 10; asked++) {
      sent += scene.nack(number);
      scene.simulation.advance(100);
    }
    assert.ok(sent >= 2, `${sent}`);
    assert.ok(scene.keyFrameRequests > 0);
  });
}
