import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../packet-io/layout.ts';
import { parseRtcp, type RtcpHandler } from './rtcp/rtcp-parser.ts';
import {
  addReportBlock,
  writeFullIntraRequest,
  writeGoodbye,
  writeNack,
  writePictureLoss,
  writeReceiverReport,
  writeSenderReport,
} from './rtcp/rtcp-writer.ts';
import { arrivalTicksPerMs, readTransportFeedback } from './rtcp/transport-feedback.ts';
import {
  opus,
  publisherExtensions,
  type RtpFields,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  vp8,
  vp8DeltaPayload,
  vp8KeyPayload,
} from './simulation.test.ts';

const publisherId = 0;
const subscriberId = 1;
const noExtensions = { headerExtensions: [] };

/** RTCP sent by a transport, as lines such as "NACK ssrc sequence bitmask". */
function heard(simulation: Simulation, transport: number): unknown[][] {
  const lines: unknown[][] = [];
  const handler: RtcpHandler = {
    senderReport: (...fields) => lines.push(['SR', ...fields]),
    reportBlock: (block) => lines.push(['block', { ...block }]),
    goodbye: (...fields) => lines.push(['BYE', ...fields]),
    nack: (...fields) => lines.push(['NACK', ...fields]),
    pictureLoss: (...fields) => lines.push(['PLI', ...fields]),
    fullIntraRequest: (...fields) => lines.push(['FIR', ...fields]),
    receiverEstimate: (...fields) => lines.push(['REMB', ...fields]),
    transportFeedback: (bytes, start, length) => lines.push(['TWCC', bytes.slice(start, start + length)]),
  };
  for (const { bytes } of simulation.take(transport, PacketKind.Rtcp)) {
    assert.ok(parseRtcp(bytes, 0, bytes.length, handler));
  }
  return lines;
}

function named(lines: unknown[][], name: string): unknown[][] {
  return lines.filter(([first]) => first === name);
}

function rtcp(write: (bytes: Uint8Array) => number): Uint8Array {
  const bytes = new Uint8Array(1500);
  return bytes.slice(0, write(bytes));
}

function video(
  simulation: Simulation,
  fields: Partial<RtpFields> & { sequenceNumber: number },
  transport = 0,
): void {
  const packet = { payloadType: 96, timestamp: 1, ssrc: 0x1111, payload: vp8DeltaPayload, ...fields };
  simulation.receive(transport, PacketKind.Rtp, rtp(packet));
}

function received(simulation: Simulation, transport = subscriberId) {
  return simulation.take(transport, PacketKind.Rtp).map(({ bytes }) => readRtp(bytes));
}

function scene(receive = receiveVideo(), send = sendVideo()) {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const subscriber = simulation.addTransport();
  const track = publisher.addReceiver(receive);
  const forwarder = subscriber.addSender(send);
  forwarder.setSource(track);
  video(simulation, { sequenceNumber: 100, payload: vp8KeyPayload });
  heard(simulation, publisherId);
  const [first] = received(simulation);
  return { simulation, publisher, subscriber, track, forwarder, first };
}

test('a packet goes from publisher to subscriber', () => {
  const { simulation, forwarder, first } = scene();
  assert.deepEqual([...first.payload], vp8KeyPayload);
  assert.equal(first.payloadType, 120);
  assert.equal(first.ssrc, 0xaaaa0001);
  assert.equal(forwarder.state, 'live');
  assert.deepEqual(simulation.started, ['1']);
});

test('what the publisher lost is asked for, and its RTX fills the gap', () => {
  const { simulation, track, first } = scene();
  video(simulation, { sequenceNumber: 103 });
  assert.equal(received(simulation)[0].sequenceNumber, (first.sequenceNumber + 3) & 0xffff);
  simulation.advance(10);
  assert.deepEqual(named(heard(simulation, publisherId), 'NACK'), [['NACK', 0x1111, 101, 1]]);
  const repair = { payloadType: 97, ssrc: 0x2222, payload: [0, 101, ...vp8DeltaPayload] };
  video(simulation, { sequenceNumber: 5, ...repair });
  const [filled] = received(simulation);
  assert.equal(filled.sequenceNumber, (first.sequenceNumber + 1) & 0xffff);
  assert.equal(filled.payloadType, 120);
  assert.deepEqual([...filled.payload], vp8DeltaPayload);
  // Repaired twice, and arriving after all: neither is sent again.
  video(simulation, { sequenceNumber: 6, ...repair });
  video(simulation, { sequenceNumber: 101 });
  assert.deepEqual(received(simulation), []);
  const stats = track.stats();
  assert.equal(stats.recovered, 1);
  assert.equal(stats.lost, 2);
});

test('packets that do not come end in a key frame request', () => {
  const { simulation } = scene();
  simulation.advance(1000);
  video(simulation, { sequenceNumber: 103 });
  heard(simulation, publisherId);
  simulation.advance(2500);
  const lines = heard(simulation, publisherId);
  assert.ok(named(lines, 'NACK').length >= 3);
  assert.ok(named(lines, 'PLI').length >= 1);
});

test('a gap beyond repair ends in a key frame request at once', () => {
  const { simulation } = scene();
  simulation.advance(1000);
  heard(simulation, publisherId);
  video(simulation, { sequenceNumber: 1100 });
  const lines = heard(simulation, publisherId);
  assert.equal(named(lines, 'PLI').length, 1);
  assert.equal(named(lines, 'NACK').length, 0);
});

test('a subscriber gets what it asks for by RTX, and not twice at once', () => {
  const { simulation, first, forwarder } = scene();
  for (const sequenceNumber of [101, 102, 103])
    video(simulation, { sequenceNumber, marker: true, timestamp: 77 });
  const sent = received(simulation);
  const wanted = Uint16Array.of(sent[0].sequenceNumber, sent[2].sequenceNumber);
  const nack = rtcp((bytes) => writeNack(bytes, 0, 1, forwarder.ssrc, wanted, 2));
  simulation.receive(subscriberId, PacketKind.Rtcp, nack);
  const repairs = received(simulation);
  assert.equal(repairs.length, 2);
  repairs.forEach((repair, index) => {
    assert.equal(repair.payloadType, 121);
    assert.equal(repair.ssrc, 0xaaaa0002);
    assert.equal(repair.marker, true);
    assert.equal(repair.timestamp, sent[0].timestamp);
    assert.equal((repair.payload[0] << 8) | repair.payload[1], wanted[index]);
    assert.deepEqual([...repair.payload.subarray(2)], vp8DeltaPayload);
  });
  assert.equal(repairs[1].sequenceNumber, (repairs[0].sequenceNumber + 1) & 0xffff);
  simulation.receive(subscriberId, PacketKind.Rtcp, nack);
  assert.deepEqual(received(simulation), []);
  simulation.advance(50);
  simulation.receive(subscriberId, PacketKind.Rtcp, nack);
  assert.equal(received(simulation).length, 2);
  assert.ok(first);
  assert.deepEqual(
    [
      forwarder.stats().nackReceived,
      forwarder.stats().retransmitted,
      forwarder.stats().retransmissionsMissed,
    ],
    [6, 4, 0],
  );
});

test('a packet that came by RTX can itself be sent again', () => {
  const { simulation, forwarder } = scene();
  video(simulation, { sequenceNumber: 102 });
  video(simulation, { sequenceNumber: 9, payloadType: 97, ssrc: 0x2222, payload: [0, 101, 8, 8, 8] });
  const filled = received(simulation)[1];
  const wanted = Uint16Array.of(filled.sequenceNumber);
  simulation.receive(
    subscriberId,
    PacketKind.Rtcp,
    rtcp((bytes) => writeNack(bytes, 0, 1, forwarder.ssrc, wanted, 1)),
  );
  assert.deepEqual([...received(simulation)[0].payload.subarray(2)], [8, 8, 8]);
});

test('without RTX a packet is sent again byte for byte', () => {
  const codecs = [{ ...vp8, payloadType: 120, rtxPayloadType: -1 }];
  const { simulation, forwarder } = scene(receiveVideo(), sendVideo({ codecs, rtxSsrc: -1 }));
  const extensions = [[13, [1]] as const];
  simulation.receive(
    publisherId,
    PacketKind.Rtp,
    rtp({
      payloadType: 96,
      sequenceNumber: 101,
      timestamp: 5,
      ssrc: 0x1111,
      payload: [0x10, 1, 2],
      extensions,
    }),
  );
  const [original] = simulation.take(subscriberId, PacketKind.Rtp);
  const wanted = Uint16Array.of(readRtp(original.bytes).sequenceNumber);
  const nack = rtcp((bytes) => writeNack(bytes, 0, 1, forwarder.ssrc, wanted, 1));
  simulation.clock.nowMs += 50;
  simulation.receive(subscriberId, PacketKind.Rtcp, nack);
  const [again] = simulation.take(subscriberId, PacketKind.Rtp);
  assert.deepEqual(again.bytes, original.bytes);
  // With another source the extensions could not be written the same: better not at all.
  forwarder.setSource(null);
  simulation.clock.nowMs += 50;
  simulation.receive(subscriberId, PacketKind.Rtcp, nack);
  assert.deepEqual(simulation.take(subscriberId, PacketKind.Rtp), []);
});

test('a packet whose slot has been used again is not sent', () => {
  const { simulation, first, forwarder } = scene();
  for (let i = 0; i < 2048 - 256; i++) {
    video(simulation, { sequenceNumber: 1, ssrc: 0x9999, payloadType: 50 });
  }
  simulation.receive(
    subscriberId,
    PacketKind.Rtcp,
    rtcp((bytes) => writeNack(bytes, 0, 1, forwarder.ssrc, Uint16Array.of(first.sequenceNumber), 1)),
  );
  assert.deepEqual(received(simulation), []);
  assert.equal(simulation.context.counters.retransmissionsMissed, 1);
});

test('however often packets are asked for, they are sent again once in the time a receiver needs to answer', () => {
  const { simulation, forwarder } = scene();
  for (let sequenceNumber = 101; sequenceNumber < 1000; sequenceNumber++)
    video(simulation, { sequenceNumber });
  const sequences = Uint16Array.from(received(simulation), ({ sequenceNumber }) => sequenceNumber);
  for (const expected of [sequences.length, 0]) {
    for (let i = 0; i < sequences.length; i += 200) {
      const part = sequences.subarray(i, i + 200);
      simulation.receive(
        subscriberId,
        PacketKind.Rtcp,
        rtcp((bytes) => writeNack(bytes, 0, 1, forwarder.ssrc, part, part.length)),
      );
    }
    assert.equal(received(simulation).length, expected);
  }
});

test('PLI and FIR of subscribers reach the publisher, once', () => {
  const { simulation, forwarder } = scene();
  const second = simulation.addTransport();
  second.addSender(sendVideo({ ssrc: 77, rtxSsrc: 78 })).setSource(forwarder.source);
  simulation.advance(3000);
  video(simulation, { sequenceNumber: 101, payload: vp8KeyPayload });
  simulation.advance(1000);
  heard(simulation, publisherId);
  simulation.receive(
    subscriberId,
    PacketKind.Rtcp,
    rtcp((bytes) => writePictureLoss(bytes, 0, 1, forwarder.ssrc)),
  );
  simulation.receive(
    2,
    PacketKind.Rtcp,
    rtcp((bytes) => writeFullIntraRequest(bytes, 0, 1, 77, 1)),
  );
  assert.deepEqual(named(heard(simulation, publisherId), 'PLI'), [['PLI', 0x1111]]);
  assert.equal(simulation.context.counters.pliReceived, 2);
});

test('receiver reports say what was lost, and since when the sender report is known', () => {
  const { simulation } = scene();
  simulation.receive(
    publisherId,
    PacketKind.Rtcp,
    rtcp((bytes) => writeSenderReport(bytes, 0, 0x1111, 0x1234_5678, 0x1abc_0000, 5, 1, 1)),
  );
  video(simulation, { sequenceNumber: 103 });
  const reported = simulation.clock.nowMs;
  simulation.advance(1000);
  const [[, first]] = named(heard(simulation, publisherId), 'block') as [string, Record<string, number>][];
  assert.equal(first.ssrc, 0x1111);
  assert.equal(first.fractionLost, 128);
  assert.equal(first.cumulativeLost, 2);
  assert.equal(first.highestSequence, 103);
  assert.equal(first.lastReport, 0x5678_1abc);
  const delayMs = first.delaySinceLastReport / 65.536;
  assert.ok(delayMs > 0 && delayMs <= simulation.clock.nowMs - reported);
  // A silent stream is not reported on.
  simulation.advance(3000);
  assert.deepEqual(named(heard(simulation, publisherId), 'block'), []);
});

test('subscribers get the capture clock of the publisher, and tell the RTT by their answer', () => {
  const { simulation, subscriber, forwarder } = scene();
  simulation.receive(
    publisherId,
    PacketKind.Rtcp,
    rtcp((bytes) => writeSenderReport(bytes, 0, 0x1111, 1000, 0, 90_000, 1, 1)),
  );
  const reportedMs = simulation.clock.nowMs;
  simulation.advance(1500);
  const reports = named(heard(simulation, subscriberId), 'SR') as [string, number, number, number, number][];
  const [, ssrc, high, low, timestamp] = reports[reports.length - 1];
  assert.equal(ssrc >>> 0, forwarder.ssrc);
  const elapsed = (high - 1000) * 1000 + ((low >>> 0) / 2 ** 32) * 1000;
  assert.ok(elapsed > 0 && elapsed <= simulation.clock.nowMs - reportedMs);
  // One source, so timestamps are the publisher's.
  assert.ok(Math.abs(timestamp - 90_000 - elapsed * 90) <= 1);

  const sentMs = reportedMs + elapsed;
  simulation.clock.nowMs = sentMs + 180;
  const block = {
    ssrc: forwarder.ssrc,
    fractionLost: 64,
    cumulativeLost: 9,
    highestSequence: 1,
    jitter: 2,
    lastReport: (high << 16) | (low >>> 16),
    delaySinceLastReport: Math.round(0.1 * 65536),
  };
  simulation.receive(
    subscriberId,
    PacketKind.Rtcp,
    rtcp((bytes) => addReportBlock(bytes, 0, writeReceiverReport(bytes, 0, 1), block)),
  );
  assert.ok(Math.abs(subscriber.rttMs! - 80) < 1, `${subscriber.rttMs}`);
  assert.equal(forwarder.stats().fractionLost, 0.25);
  assert.equal(forwarder.stats().lost, 9);
});

test('publishers with transport-wide numbers hear how they arrived, lost ones included', () => {
  const { simulation } = scene();
  const numbers = [65534, 65535, 1];
  numbers.forEach((number, index) => {
    simulation.clock.nowMs += 10;
    video(simulation, { sequenceNumber: 101 + index, extensions: [[3, [number >>> 8, number & 0xff]]] });
  });
  simulation.advance(100);
  const [[, bytes]] = named(heard(simulation, publisherId), 'TWCC') as [string, Uint8Array][];
  const statuses: [sequence: number, received: boolean, ticks: number][] = [];
  assert.ok(readTransportFeedback(bytes, 0, bytes.length, (...status) => statuses.push(status)));
  assert.deepEqual(
    statuses.map(([number]) => number),
    [65534, 65535, 0, 1],
  );
  assert.equal(statuses[2][1], false);
  assert.equal(statuses[3][2] - statuses[0][2], 20 * arrivalTicksPerMs);
  simulation.advance(1000);
  assert.deepEqual(named(heard(simulation, publisherId), 'TWCC'), []);
  assert.deepEqual(simulation.context.counters.rembSent, 0);
});

test('publishers without are told a generous estimate', () => {
  const { simulation } = scene(receiveVideo({ codecs: [{ ...vp8, feedback: ['goog-remb', 'nack'] }] }));
  simulation.advance(1000);
  const [[, bitrate]] = named(heard(simulation, publisherId), 'REMB');
  assert.ok((bitrate as number) > 9_900_000);
});

test('an unknown SSRC is found by MID, or by a payload type only one m-line has', () => {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const unknown = [{ rid: null, ssrc: -1, rtxSsrc: -1 }];
  const first = publisher.addReceiver(receiveVideo({ mid: '1', encodings: unknown }));
  const second = publisher.addReceiver(receiveVideo({ mid: '2', encodings: unknown }));
  const audio = publisher.addReceiver({
    mid: '3',
    kind: 'audio',
    codecs: [opus],
    headerExtensions: publisherExtensions,
    encodings: unknown,
  });
  video(simulation, { sequenceNumber: 1, ssrc: 10, extensions: [[4, [0x32]]] });
  video(simulation, { sequenceNumber: 2, ssrc: 10 });
  video(simulation, { sequenceNumber: 1, ssrc: 11 });
  video(simulation, { sequenceNumber: 1, ssrc: 12, payloadType: 111 });
  video(simulation, { sequenceNumber: 1, ssrc: 13, extensions: [[4, [0x39]]] });
  assert.deepEqual(
    [first, second, audio].map((track) => track.stats().packets),
    [0, 2, 1],
  );
  assert.equal(simulation.context.counters.unknownSsrc, 2);
  // RTX without a RID belongs to the only encoding of its m-line.
  video(simulation, { sequenceNumber: 4, ssrc: 10 });
  video(simulation, {
    sequenceNumber: 1,
    ssrc: 20,
    payloadType: 97,
    extensions: [[4, [0x32]]],
    payload: [0, 3, ...vp8DeltaPayload],
  });
  assert.equal(second.stats().recovered, 1);
});

test('encodings are found by RID, their RTX by repaired RID', () => {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const encodings = ['h', 'q'].map((rid) => ({ rid, ssrc: -1, rtxSsrc: -1 }));
  const track = publisher.addReceiver(receiveVideo({ encodings }));
  const mid = [4, [0x31]] as const;
  video(simulation, { sequenceNumber: 1, ssrc: 21, extensions: [mid, [10, [0x71]]] });
  video(simulation, { sequenceNumber: 1, ssrc: 22, extensions: [mid, [10, [0x68]]] });
  video(simulation, { sequenceNumber: 3, ssrc: 21 });
  const payload = [0, 2, ...vp8DeltaPayload];
  video(simulation, {
    sequenceNumber: 9,
    ssrc: 31,
    payloadType: 97,
    payload,
    extensions: [mid, [11, [0x71]]],
  });
  const [high, low] = track.stats().encodings;
  assert.deepEqual([high.rid, high.ssrc, high.packets], ['h', 22, 1]);
  assert.deepEqual([low.rid, low.ssrc, low.packets], ['q', 21, 3]);
});

test('a new SSRC of an m-line takes the place of the old one', () => {
  const { simulation, track } = scene();
  video(simulation, { sequenceNumber: 7, ssrc: 99, payload: vp8KeyPayload, extensions: [[4, [0x31]]] });
  assert.equal(received(simulation).length, 1);
  assert.equal(track.stats().encodings[0].ssrc, 99);
});

test('a renegotiation that says the same changes nothing', () => {
  const { simulation, publisher, subscriber, track, forwarder, first } = scene();
  publisher.updateReceiver(track, receiveVideo());
  subscriber.updateSender(forwarder, sendVideo());
  video(simulation, { sequenceNumber: 101 });
  assert.equal(received(simulation)[0].sequenceNumber, (first.sequenceNumber + 1) & 0xffff);
  assert.equal(forwarder.state, 'live');
});

test('a renegotiated payload type is used from then on', () => {
  const { simulation, subscriber, forwarder } = scene();
  subscriber.updateSender(
    forwarder,
    sendVideo({ codecs: [{ ...vp8, payloadType: 33, rtxPayloadType: 34 }] }),
  );
  video(simulation, { sequenceNumber: 101 });
  assert.equal(received(simulation)[0].payloadType, 33);
});

test('a track of stated SSRCs only takes no other, though its payload type is no one else’s', () => {
  for (const statedSsrcsOnly of [false, true]) {
    const { simulation, track } = scene({ ...receiveVideo(), statedSsrcsOnly });
    const [stated] = track.encodings;
    video(simulation, { sequenceNumber: 1, ssrc: stated.ssrc });
    video(simulation, { sequenceNumber: 1, ssrc: 0x7777 });
    assert.equal(simulation.context.counters.unknownSsrc, statedSsrcsOnly ? 1 : 0);
    assert.equal(track.encodings[0].stream?.ssrc, statedSsrcsOnly ? stated.ssrc | 0 : 0x7777);
  }
});

test('streams per transport are limited', () => {
  const simulation = new Simulation();
  const publisher = simulation.addTransport({ maxStreams: 4 });
  for (let i = 0; i < 20; i++) {
    publisher.addReceiver(receiveVideo({ mid: `m${i}`, encodings: [{ rid: null, ssrc: -1, rtxSsrc: -1 }] }));
  }
  for (let i = 0; i < 20; i++) {
    const mid = [...Buffer.from(`m${i}`)];
    video(simulation, { sequenceNumber: 1, ssrc: 1000 + i, extensions: [[4, mid]] });
  }
  assert.equal(simulation.started.length, 8);
  assert.equal(simulation.context.counters.unknownSsrc, 12);
});

test('closing says goodbye, and leaves nothing to do', () => {
  const { simulation, publisher, subscriber, track, forwarder } = scene();
  subscriber.close();
  assert.deepEqual(named(heard(simulation, subscriberId), 'BYE'), [['BYE', forwarder.ssrc | 0]]);
  assert.equal(subscriber.nextDeadline(), Number.POSITIVE_INFINITY);
  assert.equal(track.forwarders.length, 0);
  video(simulation, { sequenceNumber: 101 });
  assert.deepEqual(received(simulation), []);
  publisher.close();
  assert.equal(track.ended, true);
  video(simulation, { sequenceNumber: 102 });
  assert.equal(publisher.nextDeadline(), Number.POSITIVE_INFINITY);
});

test('a remote has said goodbye when it did so of all that it sends, until it speaks again', () => {
  const { simulation, publisher, subscriber } = scene();
  const goodbye = (transport: number, ssrc: number) =>
    simulation.receive(
      transport,
      PacketKind.Rtcp,
      rtcp((bytes) => writeGoodbye(bytes, 0, ssrc)),
    );
  publisher.addReceiver(receiveVideo({ mid: '2', encodings: [{ rid: null, ssrc: 0x3333, rtxSsrc: -1 }] }));
  video(simulation, { sequenceNumber: 1, ssrc: 0x3333 });
  assert.equal(publisher.silent, false);
  goodbye(publisherId, 0x1111);
  goodbye(publisherId, 0x7777);
  assert.deepEqual(simulation.goodbyes, [], 'the other stream goes on');
  goodbye(publisherId, 0x3333);
  assert.deepEqual(simulation.goodbyes, [publisherId]);
  assert.equal(publisher.silent, true);
  video(simulation, { sequenceNumber: 101 });
  assert.equal(publisher.silent, false);
  goodbye(publisherId, 0x3333);
  assert.deepEqual(simulation.goodbyes, [publisherId], 'one has spoken since');
  assert.equal(subscriber.silent, true, 'never heard');
  goodbye(subscriberId, 0x5555);
  assert.deepEqual(simulation.goodbyes, [publisherId, subscriberId], 'one that only receives');
});

test('tracks of other transports are not touched by updates', () => {
  const { simulation, publisher, subscriber, track } = scene();
  subscriber.removeReceiver(track);
  subscriber.updateReceiver(track, receiveVideo(noExtensions));
  assert.equal(track.ended, false);
  assert.ok(publisher.nextDeadline() > simulation.clock.nowMs);
});

test('feedback and reports wait for permission to send', () => {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  publisher.setSendEnabled(false);
  publisher.addReceiver(receiveVideo()).requestKeyFrame();
  video(simulation, { sequenceNumber: 1, extensions: [[3, [0, 1]]] });
  video(simulation, { sequenceNumber: 5, extensions: [[3, [0, 5]]] });
  simulation.advance(3000);
  assert.deepEqual(simulation.take(), []);
});

test('sender reports of many forwarders take several compounds, each within a datagram', () => {
  const simulation = new Simulation();
  const track = simulation.addTransport().addReceiver(receiveVideo());
  const subscriber = simulation.addTransport();
  for (let i = 0; i < 40; i++) {
    subscriber
      .addSender(sendVideo({ mid: `${i}`, ssrc: 100 + i * 2, rtxSsrc: 101 + i * 2 }))
      .setSource(track);
  }
  simulation.receive(
    publisherId,
    PacketKind.Rtcp,
    rtcp((bytes) => writeSenderReport(bytes, 0, 0x1111, 1000, 0, 90_000, 1, 1)),
  );
  video(simulation, { sequenceNumber: 1, payload: vp8KeyPayload });
  simulation.advance(100);
  const compounds = simulation.take(subscriberId, PacketKind.Rtcp);
  assert.ok(compounds.length > 1);
  assert.ok(compounds.every(({ bytes }) => bytes.length <= 1200));
  simulation.sent.push(...compounds);
  const reported = named(heard(simulation, subscriberId), 'SR').map(([, ssrc]) => ssrc);
  assert.deepEqual(
    reported,
    Array.from({ length: 40 }, (_, index) => 100 + index * 2),
  );
});
