import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InboxField, PacketKind, slotBytes } from '../packet-io/layout.ts';
import { SyntheticEncoder } from './layers/synthetic-encoder.test.ts';
import { headerExtensionUri } from './rtp-parameters.ts';
import {
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  vp8,
  vp8DeltaPayload,
  vp8KeyPayload,
} from './simulation.test.ts';
import { finishRun } from './transport-link.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const warmUpPackets = 50_000;
const forwardedPackets = 1_000_000;
const subscribers = 10;
const growthLimitBytes = 1_000_000;

test('forwarding a million packets leaves nothing on the heap', () => {
  const simulation = new Simulation();
  simulation.keepsSent = false;
  const { context, clock } = simulation;
  const publisher = simulation.addTransport();
  const track = publisher.addReceiver(receiveVideo());
  for (let i = 0; i < subscribers; i++) {
    const subscriber = simulation.addTransport();
    subscriber.addSender(sendVideo({ ssrc: 100 + i * 2, rtxSsrc: 101 + i * 2 })).setSource(track);
  }
  const common = { payloadType: 96, ssrc: 0x1111, sequenceNumber: 0, timestamp: 0 };
  const extensions = [[3, [0, 0]] as const, [4, [0x31]] as const];
  const keyFrame = rtp({ ...common, extensions, payload: vp8KeyPayload });
  const delta = rtp({ ...common, extensions, payload: vp8DeltaPayload });
  const { inbox, arena, arrivals, slotCount, counters } = context;

  const forward = (from: number, packets: number) => {
    for (let number = from; number < from + packets; number++) {
      const bytes = number === 0 ? keyFrame : delta;
      const offset = (number % slotCount) * slotBytes;
      arena.set(bytes, offset);
      arena[offset + 2] = number >>> 8;
      arena[offset + 3] = number;
      arena[offset + 17] = number >>> 8;
      arena[offset + 18] = number;
      inbox[InboxField.Offset] = offset;
      inbox[InboxField.Length] = bytes.length;
      inbox[InboxField.Kind] = PacketKind.Rtp;
      inbox[InboxField.PacketNumber] = number;
      clock.nowMs += 1;
      arrivals[0] = clock.nowMs * 1000;
      publisher.receiveRtp(0);
      finishRun(context);
      if (publisher.nextDeadline() <= clock.nowMs) publisher.handleTimeout();
      context.sendQueue.flush();
    }
  };
  forward(0, warmUpPackets);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const sentBefore = counters.packetsOut;
  forward(warmUpPackets, forwardedPackets / subscribers);
  collectGarbage();
  const growth = process.memoryUsage().heapUsed - before;
  assert.equal(counters.packetsOut - sentBefore, forwardedPackets);
  assert.ok(growth < growthLimitBytes, `the heap grew by ${growth} bytes`);
});

/** Pictures encoded once and sent over and over, with a key frame at the start of each round. */
const picturesPerRound = 60;

for (const [name, options] of Object.entries({
  'VP8 L1T3': { codec: 'VP8', spatialLayers: 1, temporalLayers: 3 },
  'VP9 L3T3_KEY': { codec: 'VP9', spatialLayers: 3, temporalLayers: 3, keyPicturesOnly: true },
  'AV1 L3T3': { codec: 'AV1', spatialLayers: 3, temporalLayers: 3, dependencyDescriptor: true },
} as const)) {
  test(`choosing layers of ${name} leaves nothing on the heap`, () => {
    const simulation = new Simulation();
    simulation.keepsSent = false;
    const { context, clock } = simulation;
    const publisher = simulation.addTransport();
    const codec = { ...vp8, name: options.codec };
    const uri = headerExtensionUri.dependencyDescriptor;
    const track = publisher.addReceiver(
      receiveVideo({ codecs: [codec], headerExtensions: [{ uri, id: 12 }] }),
    );
    for (let i = 0; i < subscribers; i++) {
      const forwarder = simulation.addTransport().addSender(
        sendVideo({
          codecs: [{ ...codec, payloadType: 120, rtxPayloadType: 121 }],
          headerExtensions: [{ uri, id: 8 }],
          ssrc: 100 + i * 2,
          rtxSsrc: 101 + i * 2,
        }),
      );
      forwarder.setSource(track);
      forwarder.setTarget(options.spatialLayers - 1 - (i % 2), 1, 'test');
    }
    const encoder = new SyntheticEncoder(options);
    const packets = Array.from({ length: picturesPerRound }, (_, picture) =>
      encoder.encode().map(({ payload, descriptor, marker }) =>
        rtp({
          payloadType: 96,
          ssrc: 0x1111,
          sequenceNumber: 0,
          timestamp: picture * 3000,
          marker,
          payload,
          extensions: descriptor === null ? [] : [[12, descriptor]],
        }),
      ),
    ).flat();
    const { inbox, arena, arrivals, slotCount, counters } = context;
    let number = 0;
    const rounds = (count: number) => {
      for (let i = 0; i < count * packets.length; i++) {
        const bytes = packets[i % packets.length];
        const offset = (number % slotCount) * slotBytes;
        arena.set(bytes, offset);
        arena[offset + 2] = number >>> 8;
        arena[offset + 3] = number;
        // Timestamps go on from round to round.
        arena[offset + 4] = Math.floor(number / packets.length) & 0x7f;
        inbox[InboxField.Offset] = offset;
        inbox[InboxField.Length] = bytes.length;
        inbox[InboxField.Kind] = PacketKind.Rtp;
        inbox[InboxField.PacketNumber] = number++;
        clock.nowMs += 1;
        arrivals[0] = clock.nowMs * 1000;
        publisher.receiveRtp(0);
        finishRun(context);
        if (publisher.nextDeadline() <= clock.nowMs) publisher.handleTimeout();
        context.sendQueue.flush();
      }
    };
    rounds(60);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const sentBefore = counters.packetsOut;
    rounds(200);
    collectGarbage();
    const growth = process.memoryUsage().heapUsed - before;
    assert.ok(counters.packetsOut - sentBefore > 20_000);
    assert.ok(growth < growthLimitBytes / 4, `the heap grew by ${growth} bytes`);
  });
}
