/** That what passes forwarders is what they would have sent is the property of packet-run.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import {
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../simulation.test.ts';
import { finishRun } from '../transport-link.ts';
import type { Forwarder } from './forwarder.ts';
import type { InboundTrack } from './inbound-track.ts';

class Call {
  readonly simulation = new Simulation();
  readonly track: InboundTrack;
  readonly forwarders: Forwarder[] = [];
  #sequenceNumber = 0;

  constructor(receivers: number) {
    this.track = this.simulation.addTransport().addReceiver(receiveVideo());
    for (let i = 0; i < receivers; i++) this.join();
  }

  join(): Forwarder {
    const ssrc = 100 + 2 * this.forwarders.length;
    const forwarder = this.simulation
      .addTransport()
      .addSender(sendVideo({ ssrc, rtxSsrc: ssrc + 1, headerExtensions: [] }));
    forwarder.setSource(this.track);
    this.forwarders.push(forwarder);
    return forwarder;
  }

  /** A picture of so many packets. */
  send(packets: number, payload: readonly number[] = vp8DeltaPayload): void {
    this.simulation.clock.nowMs += 33;
    const timestamp = this.#sequenceNumber * 1000;
    for (let i = 0; i < packets; i++) {
      const sequenceNumber = this.#sequenceNumber++ & 0xffff;
      const bytes = rtp({ payloadType: 96, ssrc: 0x1111, sequenceNumber, timestamp, payload });
      this.simulation.receiveOne(0, PacketKind.Rtp, bytes);
    }
    this.simulation.endBatch();
  }

  /** How many packets each receiver has got since this was last asked; their numbers follow one another. */
  take(): number[] {
    return this.forwarders.map((_, index) => {
      const numbers = this.simulation
        .take(index + 1, PacketKind.Rtp)
        .map(({ bytes }) => readRtp(bytes).sequenceNumber);
      for (let i = 1; i < numbers.length; i++) assert.equal(numbers[i], (numbers[i - 1] + 1) & 0xffff);
      return numbers.length;
    });
  }
}

test('nobody misses or repeats a packet when others leave', () => {
  const call = new Call(5);
  call.send(1, vp8KeyPayload);
  call.send(3);
  call.forwarders[1].setSource(null);
  call.forwarders[3].setSource(null);
  call.send(3);
  call.join();
  call.send(3);
  assert.deepEqual(call.take(), [10, 4, 10, 4, 10, 0]);
  assert.deepEqual(
    call.forwarders.map(({ packetsSent }) => packetsSent),
    [10, 4, 10, 4, 10, 0],
  );
});

test('nobody misses or repeats a packet when others leave and come while it is handed on', () => {
  const call = new Call(5);
  const { forwarders } = call;
  call.send(1, vp8KeyPayload);
  forwarders[2].pause('test');
  call.send(3);
  call.take();
  // The third goes live by the key frame, and the first and the fourth leave by that.
  forwarders[2].resume();
  forwarders[2].onStateChange = () => {
    forwarders[0].setSource(null);
    forwarders[3].setSource(null);
    call.join();
  };
  call.send(1, vp8KeyPayload);
  assert.deepEqual(call.take(), [1, 1, 1, 0, 1, 0]);
  call.send(4);
  assert.deepEqual(call.take(), [0, 4, 4, 0, 4, 0]);
});

test('the first of many receivers need not wait for the last', () => {
  const call = new Call(30);
  const { simulation } = call;
  call.send(1, vp8KeyPayload);
  call.take();
  for (let sequenceNumber = 1; sequenceNumber <= 6; sequenceNumber++) {
    const packet = { payloadType: 96, ssrc: 0x1111, timestamp: 3000, payload: vp8DeltaPayload };
    simulation.receiveOne(0, PacketKind.Rtp, rtp({ ...packet, sequenceNumber }));
  }
  const sent = () => simulation.sent.filter(({ kind }) => kind === PacketKind.Rtp).length;
  finishRun(simulation.context);
  // As many as a system call is worth, and no part of what goes to one receiver.
  assert.equal(sent(), 22 * 6);
  simulation.endBatch();
  assert.equal(sent(), 30 * 6);
});

test('what has passed is counted, repeated and told of as what was sent', () => {
  const call = new Call(1);
  const [forwarder] = call.forwarders;
  call.send(1, vp8KeyPayload);
  for (let picture = 0; picture < 60; picture++) call.send(3);
  const sent = call.simulation.take(1, PacketKind.Rtp).map(({ bytes }) => readRtp(bytes));
  const { packets, bytes } = forwarder.stats();
  assert.equal(packets, 181);
  assert.equal(
    bytes,
    sent.reduce((sum, { payload }) => sum + payload.length, 0),
  );
  forwarder.nacked(sent[90].sequenceNumber);
  const [repeated] = call.simulation.take(1, PacketKind.Rtp).map((item) => readRtp(item.bytes));
  assert.equal(repeated.timestamp, sent[90].timestamp);
  assert.deepEqual([...repeated.payload.subarray(2)], [...sent[90].payload]);
  assert.equal(forwarder.stats().freezes, 0);
  call.simulation.clock.nowMs += 400;
  call.send(3);
  assert.equal(forwarder.stats().freezes, 1);
});
