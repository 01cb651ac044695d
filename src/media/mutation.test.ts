/** What an authenticated peer may send: anything. Nothing of it may throw or make state grow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../packet-io/layout.ts';
import {
  addReportBlock,
  writeFullIntraRequest,
  writeGoodbye,
  writeNack,
  writePictureLoss,
  writeReceiverEstimate,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from './rtcp/rtcp-writer.ts';
import {
  opus,
  publisherExtensions,
  receiveVideo,
  rtp,
  Simulation,
  seededRandom,
  sendVideo,
  vp8,
  vp8DeltaPayload,
  vp8KeyPayload,
} from './simulation.test.ts';

const mutations = 10_000;
const block = {
  ssrc: 0xaaaa0001,
  fractionLost: 1,
  cumulativeLost: 2,
  highestSequence: 3,
  jitter: 4,
  lastReport: 5,
  delaySinceLastReport: 6,
};

/** Flips, overwrites, cuts, repeats and lengthens. */
function mutate(packet: Uint8Array, random: () => number): Uint8Array {
  let bytes = packet.slice();
  for (let change = random() % 4; change >= 0; change--) {
    const at = bytes.length === 0 ? 0 : random() % bytes.length;
    switch (random() % 6) {
      case 0:
        bytes[at] ^= 1 << (random() % 8);
        break;
      case 1:
        bytes[at] = random();
        break;
      case 2:
        bytes[at] = random() % 2 === 0 ? 0xff : 0x00;
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = Uint8Array.of(...bytes, ...Array.from({ length: random() % 20 }, () => random() & 0xff));
        break;
      case 5:
        bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at >>> 1));
        break;
    }
  }
  return bytes.subarray(0, 1400);
}

function scene(): Simulation {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const codecs = ['VP8', 'VP9', 'H264', 'H265', 'AV1'].map((name, index) => ({
    ...vp8,
    name,
    payloadType: 96 + index * 2,
    rtxPayloadType: 97 + index * 2,
  }));
  const track = publisher.addReceiver(receiveVideo({ codecs }));
  const audio = publisher.addReceiver({
    mid: '0',
    kind: 'audio',
    codecs: [opus],
    headerExtensions: publisherExtensions,
    encodings: [{ rid: null, ssrc: -1, rtxSsrc: -1 }],
  });
  const subscriber = simulation.addTransport();
  subscriber.addSender(sendVideo({ codecs })).setSource(track);
  const audioCodecs = [{ ...opus, feedback: ['nack' as const] }];
  subscriber
    .addSender(sendVideo({ kind: 'audio', codecs: audioCodecs, ssrc: 9, rtxSsrc: -1 }))
    .setSource(audio);
  return simulation;
}

function rtpSeeds(round: number): Uint8Array[] {
  const extensions = [
    [4, [0x31]],
    [2, [1, 2, 3]],
    [3, [round >>> 8, round & 0xff]],
    [13, [1]],
  ] as const;
  const video = { sequenceNumber: round & 0xffff, timestamp: round * 3000, ssrc: 0x1111 };
  const payloads = [
    vp8KeyPayload,
    vp8DeltaPayload,
    [0x78, 0, 4, 0x67, 1, 2, 3],
    [0x18, 0x0a, 0x0b],
    [0x60, 1, 0, 2, 0x40, 1],
  ];
  return [
    ...payloads.map((payload, index) => rtp({ ...video, payloadType: 96 + index * 2, payload, extensions })),
    rtp({
      ...video,
      ssrc: 0x2222,
      payloadType: 97,
      payload: [0, round & 0xff, ...vp8DeltaPayload],
      extensions,
      padding: 5,
    }),
    rtp({
      ...video,
      ssrc: 5,
      payloadType: 111,
      payload: [1, 2, 3],
      extensions: [[1, [0x90]]],
      csrcs: [1, 2],
    }),
  ];
}

function rtcpSeeds(round: number): Uint8Array[] {
  const bytes = new Uint8Array(1500);
  const built = (end: number) => bytes.slice(0, end);
  const sequences = Uint16Array.from({ length: 20 }, (_, index) => round + index * 3);
  const compound = () => {
    let end = writeSenderReport(bytes, 0, 0x1111, 1, 2, 3, 4, 5);
    end = writeSourceDescription(bytes, end, 0x1111, 'mutation');
    const report = end;
    end = addReportBlock(bytes, report, writeReceiverReport(bytes, end, 7), block);
    return writeGoodbye(bytes, end, 0x1111);
  };
  return [
    built(compound()),
    built(writeNack(bytes, 0, 1, 0xaaaa0001, sequences, sequences.length)),
    built(writePictureLoss(bytes, 0, 1, 0xaaaa0001)),
    built(writeFullIntraRequest(bytes, 0, 1, 0xaaaa0001, 1)),
    built(writeReceiverEstimate(bytes, 0, 1, 1_000_000, [1, 2])),
    Uint8Array.from(Buffer.from('8fcd0005000000010000000200050003000001' + '03a8000408', 'hex')),
  ];
}

test('mutated RTP never throws', () => {
  const random = seededRandom(20);
  const simulation = scene();
  for (let round = 0; round < mutations; round++) {
    const seeds = rtpSeeds(round);
    simulation.receive(0, PacketKind.Rtp, mutate(seeds[random() % seeds.length], random));
    if (round % 10 === 0) simulation.advance(random() % 30);
    simulation.take();
  }
  const { counters } = simulation.context;
  assert.ok(counters.malformedRtp > 500 && counters.packetsOut > 500, JSON.stringify(counters));
});

test('mutated RTCP never throws', () => {
  const random = seededRandom(21);
  const simulation = scene();
  for (let round = 0; round < mutations; round++) {
    if (round % 10 === 0) simulation.receive(0, PacketKind.Rtp, rtpSeeds(round / 10)[0]);
    const seeds = rtcpSeeds(round);
    simulation.receive(random() % 2, PacketKind.Rtcp, mutate(seeds[random() % seeds.length], random));
    if (round % 10 === 0) simulation.advance(random() % 30);
    simulation.take();
  }
  const { counters } = simulation.context;
  assert.ok(counters.malformedRtcp > 500 && counters.nackReceived > 500, JSON.stringify(counters));
});
