import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import type { MediaTransport } from '../media-transport.ts';
import {
  opus,
  publisherExtensions,
  type ReadRtp,
  type RtpFields,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  vp8,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../simulation.test.ts';
import type { Forwarder, ForwarderState } from './forwarder.ts';
import type { InboundTrack } from './inbound-track.ts';

const publisherId = 0;
const subscriberId = 1;

class Scene {
  readonly simulation = new Simulation();
  readonly publisher: MediaTransport;
  readonly subscriber: MediaTransport;
  readonly track: InboundTrack;
  readonly forwarder: Forwarder;
  readonly states: ForwarderState[] = [];

  constructor(receive = receiveVideo(), send = sendVideo()) {
    this.publisher = this.simulation.addTransport();
    this.subscriber = this.simulation.addTransport();
    this.track = this.publisher.addReceiver(receive);
    this.forwarder = this.subscriber.addSender(send);
    this.forwarder.onStateChange = (state) => this.states.push(state);
    this.forwarder.setSource(this.track);
  }

  /** One video packet of the publisher 1 ms after the one before; what the subscriber gets for it. */
  video(
    sequenceNumber: number,
    payload: readonly number[] = vp8DeltaPayload,
    more: Partial<RtpFields> = {},
  ): ReadRtp[] {
    this.simulation.clock.nowMs += 1;
    const fields = {
      payloadType: 96,
      sequenceNumber,
      timestamp: 1000 + sequenceNumber * 90,
      ssrc: 0x1111,
      payload,
    };
    this.simulation.receive(publisherId, PacketKind.Rtp, rtp({ ...fields, ...more }));
    return this.received();
  }

  received(): ReadRtp[] {
    return this.simulation.take(subscriberId, PacketKind.Rtp).map(({ bytes }) => readRtp(bytes));
  }

  keyFrameRequests(): number {
    const { counters } = this.simulation.context;
    return counters.pliSent + counters.firSent;
  }
}

test('video waits for a key frame, and starts with it', () => {
  const scene = new Scene();
  assert.equal(scene.forwarder.state, 'waiting-keyframe');
  assert.deepEqual(scene.video(10), []);
  assert.deepEqual(scene.video(11), []);
  assert.equal(scene.video(12, vp8KeyPayload).length, 1);
  assert.equal(scene.video(13).length, 1);
  // From before the start.
  assert.deepEqual(scene.video(9), []);
  assert.deepEqual(scene.states, ['waiting-keyframe', 'live']);
});

test('a late start of a key frame is no start: what followed it is gone', () => {
  const scene = new Scene();
  scene.video(10);
  scene.video(12);
  const requests = scene.keyFrameRequests();
  assert.deepEqual(scene.video(11, vp8KeyPayload), []);
  assert.equal(scene.forwarder.state, 'waiting-keyframe');
  scene.simulation.advance(1000);
  assert.ok(scene.keyFrameRequests() > requests);
});

test('who waits for a stream whose SSRC is not known yet asks once it is', () => {
  const scene = new Scene(receiveVideo({ encodings: [{ rid: null, ssrc: -1, rtxSsrc: -1 }] }));
  assert.equal(scene.keyFrameRequests(), 0);
  scene.video(10);
  assert.equal(scene.keyFrameRequests(), 1);
});

test('parameter sets that got lost make the IDR no start where they come in band', () => {
  const h264 = { ...vp8, name: 'H264' };
  const scene = new Scene(
    receiveVideo({ codecs: [h264] }),
    sendVideo({ codecs: [{ ...h264, payloadType: 120 }] }),
  );
  assert.equal(scene.video(10, [0x67, 1]).length, 1);
  scene.forwarder.pause('test');
  scene.forwarder.resume();
  assert.equal(scene.video(12, [0x65, 1]).length, 0);
  assert.equal(scene.video(13, [0x67, 1]).length, 1);
  const bare = new Scene(
    receiveVideo({ codecs: [h264] }),
    sendVideo({ codecs: [{ ...h264, payloadType: 120 }] }),
  );
  assert.equal(bare.video(10, [0x65, 1]).length, 1);
});

test('losses leave gaps that late packets fill; padding leaves none', () => {
  const scene = new Scene();
  const numbers: number[] = [];
  const send = (sequenceNumber: number, payload = vp8DeltaPayload) => {
    for (const packet of scene.video(sequenceNumber, payload)) numbers.push(packet.sequenceNumber);
  };
  send(65533, vp8KeyPayload);
  const first = numbers[0];
  for (const sequenceNumber of [65534, 0, 65535]) send(sequenceNumber);
  send(1, []);
  send(2, []);
  send(3);
  send(5);
  // Empty, but its number is kept: it fills the gap.
  send(4, []);
  send(6);
  assert.deepEqual(
    numbers.map((number) => (number - first) & 0xffff),
    [0, 1, 3, 2, 4, 6, 5, 7],
  );
});

test('padding of a packet with payload is taken off', () => {
  const scene = new Scene();
  const [packet] = scene.video(10, vp8KeyPayload, { padding: 20, csrcs: [1, 2], marker: true });
  assert.deepEqual([...packet.payload], vp8KeyPayload);
  assert.equal(packet.marker, true);
});

test('duplicates are not forwarded', () => {
  const scene = new Scene();
  scene.video(10, vp8KeyPayload);
  assert.equal(scene.video(11).length, 1);
  assert.equal(scene.video(11).length, 0);
  assert.equal(scene.simulation.context.counters.duplicates, 1);
});

test('extensions get the ids of the receiver; the MID is told until it is known', () => {
  const scene = new Scene();
  const extensions = [
    [13, [2]],
    [4, [0x31]],
    [2, [1, 2, 3]],
    [3, [0, 9]],
  ] as const;
  const [first] = scene.video(10, vp8KeyPayload, { extensions });
  assert.deepEqual([...first.extensionById.keys()].sort(), [3, 5, 9]);
  assert.deepEqual(first.extensionById.get(5), Uint8Array.of(2));
  assert.deepEqual(first.extensionById.get(9), Uint8Array.from(Buffer.from('7')));
  const block = { fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0, lastReport: 0 };
  scene.forwarder.receiverReported({ ...block, ssrc: scene.forwarder.ssrc | 0, delaySinceLastReport: 0 });
  const [second] = scene.video(11, vp8DeltaPayload, { extensions });
  assert.deepEqual([...second.extensionById.keys()].sort(), [3, 5]);
});

test('another source goes on with the next number and a timestamp as much later as it is', () => {
  const scene = new Scene();
  const [before] = scene.video(10, vp8KeyPayload);
  const other = scene.simulation.addTransport();
  const track = other.addReceiver(receiveVideo({ encodings: [{ rid: null, ssrc: 0x3333, rtxSsrc: -1 }] }));
  scene.forwarder.setSource(track);
  assert.equal(scene.forwarder.state, 'waiting-keyframe');
  assert.deepEqual(scene.video(11), []);
  scene.simulation.clock.nowMs += 499;
  const fields = {
    payloadType: 96,
    sequenceNumber: 40000,
    timestamp: 7,
    ssrc: 0x3333,
    payload: vp8KeyPayload,
  };
  scene.simulation.receive(2, PacketKind.Rtp, rtp(fields));
  const [after] = scene.received();
  assert.equal(after.sequenceNumber, (before.sequenceNumber + 1) & 0xffff);
  assert.equal((after.timestamp - before.timestamp) >>> 0, 500 * 90);
  assert.equal(after.ssrc, before.ssrc);
});

test('the same source after a pause: numbers go on, timestamps are the publisher’s', () => {
  const scene = new Scene();
  const [before] = scene.video(10, vp8KeyPayload);
  scene.forwarder.pause('muted');
  assert.equal(scene.forwarder.state, 'paused');
  assert.deepEqual(scene.video(11, vp8KeyPayload), []);
  scene.simulation.advance(2000);
  const requests = scene.keyFrameRequests();
  scene.forwarder.resume();
  assert.equal(scene.keyFrameRequests(), requests + 1);
  assert.deepEqual(scene.video(12), []);
  const [after] = scene.video(13, vp8KeyPayload);
  assert.equal(after.sequenceNumber, (before.sequenceNumber + 1) & 0xffff);
  assert.equal(after.timestamp - before.timestamp, 3 * 90);
});

test('a source that starts its numbers anew goes on at the next key frame', () => {
  const scene = new Scene();
  const [before] = scene.video(10, vp8KeyPayload);
  scene.simulation.advance(1000);
  const requests = scene.keyFrameRequests();
  scene.video(30000);
  assert.deepEqual(scene.video(30001), []);
  assert.equal(scene.forwarder.state, 'waiting-keyframe');
  assert.equal(scene.keyFrameRequests(), requests + 1);
  const [after] = scene.video(30002, vp8KeyPayload);
  assert.equal(after.sequenceNumber, (before.sequenceNumber + 1) & 0xffff);
});

test('key frame requests are coalesced and kept apart, and repeated while unanswered', () => {
  const scene = new Scene();
  scene.video(10);
  scene.simulation.advance(5600);
  const before = scene.keyFrameRequests();
  scene.video(11, vp8KeyPayload);
  for (let i = 0; i < 10; i++) scene.track.requestKeyFrame();
  assert.equal(scene.keyFrameRequests(), before + 1);
  scene.simulation.advance(400);
  scene.track.requestKeyFrame();
  assert.equal(scene.keyFrameRequests(), before + 1);
  scene.simulation.advance(101);
  assert.equal(scene.keyFrameRequests(), before + 2);
  scene.video(12, vp8KeyPayload);
  scene.simulation.advance(5000);
  assert.equal(scene.keyFrameRequests(), before + 2);
  scene.forwarder.pause('test');
  scene.forwarder.resume();
  scene.simulation.advance(3000);
  assert.equal(scene.keyFrameRequests(), before + 6);
});

test('FIR is used where only that was negotiated', () => {
  const scene = new Scene(receiveVideo({ codecs: [{ ...vp8, feedback: ['ccm fir', 'nack'] }] }));
  assert.equal(scene.simulation.context.counters.firSent, 1);
  scene.forwarder.keyFrameRequested();
  assert.equal(scene.simulation.context.counters.pliSent, 0);
});

test('a codec the receiver lacks is said to be not supported, and forwarded again when it comes back', () => {
  const vp9 = { ...vp8, name: 'VP9', payloadType: 98, rtxPayloadType: 99 };
  const scene = new Scene(receiveVideo({ codecs: [vp8, vp9] }));
  const [before] = scene.video(10, vp8KeyPayload);
  assert.deepEqual(scene.video(11, [0x08, 1, 2], { payloadType: 98 }), []);
  assert.equal(scene.forwarder.state, 'codec-not-supported');
  assert.deepEqual(scene.video(12), []);
  assert.equal(scene.forwarder.state, 'waiting-keyframe');
  const [after] = scene.video(13, vp8KeyPayload);
  assert.equal(after.sequenceNumber, (before.sequenceNumber + 1) & 0xffff);
  assert.deepEqual(scene.states, [
    'waiting-keyframe',
    'live',
    'codec-not-supported',
    'waiting-keyframe',
    'live',
  ]);
});

test('a receiver with none of the codecs is told so before any packet', () => {
  const h264 = { ...vp8, name: 'H264' };
  const scene = new Scene(receiveVideo(), sendVideo({ codecs: [h264] }));
  assert.equal(scene.forwarder.state, 'codec-not-supported');
  scene.forwarder.setSource(null);
  assert.equal(scene.forwarder.state, 'no-source');
});

test('audio is live at once and needs no key frame', () => {
  const receive = { mid: '0', kind: 'audio' as const, codecs: [opus], headerExtensions: publisherExtensions };
  const scene = new Scene(
    { ...receive, encodings: [{ rid: null, ssrc: 5, rtxSsrc: -1 }] },
    { ...sendVideo({ kind: 'audio', rtxSsrc: -1 }), codecs: [{ ...opus, payloadType: 109 }] },
  );
  assert.equal(scene.forwarder.state, 'live');
  assert.equal(scene.keyFrameRequests(), 0);
  const extensions = [[1, [0x85]]] as const;
  const [packet] = scene.video(1, [1, 2, 3], { payloadType: 111, ssrc: 5, extensions });
  assert.equal(packet.payloadType, 109);
  assert.deepEqual(packet.extensionById.get(6), Uint8Array.of(0x85));
});

test('audio goes on after a pause with the next number, the right time and the mark of a talkspurt', () => {
  const scene = new Scene(
    {
      mid: '0',
      kind: 'audio',
      codecs: [opus],
      headerExtensions: [],
      encodings: [{ rid: null, ssrc: 5, rtxSsrc: -1 }],
    },
    { ...sendVideo({ kind: 'audio', rtxSsrc: -1 }), codecs: [opus], headerExtensions: [] },
  );
  const send = (index: number) =>
    scene.video(index, [1, 2, 3], { payloadType: 111, ssrc: 5, timestamp: index * 960 })[0];
  const before = [send(1), send(2)];
  scene.forwarder.pause('not-among-last-speakers');
  for (let index = 3; index < 50; index++) assert.equal(send(index), undefined);
  scene.forwarder.resume();
  const after = [send(50), send(51)];
  const all = [...before, ...after];
  assert.deepEqual(
    all.map(({ sequenceNumber }) => (sequenceNumber - all[0].sequenceNumber) & 0xffff),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    all.map(({ timestamp }) => timestamp),
    [960, 1920, 48_000, 48_960],
  );
  assert.deepEqual(
    all.map(({ marker }) => marker),
    [true, false, true, false],
  );
});

test('a receiver without RED gets its newest frame alone; one with the same RED gets it whole', () => {
  const red = { ...opus, name: 'red', payloadType: 63, parameters: { '111/111': '' } };
  const receive = { mid: '0', kind: 'audio' as const, codecs: [red, opus], headerExtensions: [] };
  const payload = [0x80 | 111, 0x0f, 0x00, 0x02, 111, 1, 2, 3, 4, 5];
  const otherOpus = { ...opus, payloadType: 109 };
  for (const [codecs, payloadType, expected] of [
    [[otherOpus], 109, [3, 4, 5]],
    [[otherOpus, { ...red, parameters: { '109/109': '' } }], 109, [3, 4, 5]],
    [[opus, { ...red, payloadType: 64 }], 64, payload],
  ] as const) {
    const scene = new Scene(
      { ...receive, encodings: [{ rid: null, ssrc: 5, rtxSsrc: -1 }] },
      { ...sendVideo({ kind: 'audio', rtxSsrc: -1 }), codecs, headerExtensions: [] },
    );
    const [packet] = scene.video(1, payload, { payloadType: 63, ssrc: 5 });
    assert.equal(scene.forwarder.state, 'live');
    assert.equal(packet.payloadType, payloadType);
    assert.deepEqual([...packet.payload], expected);
    assert.equal(scene.video(2, [0x80 | 111, 0, 0, 9, 111, 1], { payloadType: 63, ssrc: 5 }).length, 0);
    assert.deepEqual([...scene.video(3, [7, 8], { payloadType: 111, ssrc: 5 })[0].payload], [7, 8]);
  }
});

test('a removed track leaves its forwarders without a source', () => {
  const scene = new Scene();
  scene.publisher.removeReceiver(scene.track);
  assert.equal(scene.forwarder.state, 'no-source');
  assert.equal(scene.track.ended, true);
  scene.forwarder.setSource(scene.track);
  assert.equal(scene.forwarder.source, null);
});

test('nothing is queued while sending is disabled; a key frame is asked for after', () => {
  const scene = new Scene();
  scene.video(10, vp8KeyPayload);
  scene.subscriber.setSendEnabled(false);
  assert.deepEqual(scene.video(11), []);
  scene.simulation.advance(1000);
  const requests = scene.keyFrameRequests();
  scene.subscriber.setSendEnabled(true);
  assert.equal(scene.keyFrameRequests(), requests + 1);
  assert.deepEqual(scene.video(12), []);
  assert.equal(scene.video(13, vp8KeyPayload).length, 1);
});

test('a forwarder detached while a packet is handed round does not disturb the others', () => {
  const scene = new Scene();
  const second = scene.subscriber.addSender(sendVideo({ mid: '8', ssrc: 50, rtxSsrc: 51 }));
  second.setSource(scene.track);
  scene.forwarder.onStateChange = (state) => {
    if (state === 'live') scene.subscriber.removeSender(scene.forwarder);
  };
  assert.deepEqual(
    scene.video(10, vp8KeyPayload).map(({ ssrc }) => ssrc),
    [scene.forwarder.ssrc, 50],
  );
  assert.deepEqual(
    scene.video(11).map(({ ssrc }) => ssrc),
    [50],
  );
});
