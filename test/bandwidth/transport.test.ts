/** The whole of it in a MediaTransport: numbers in header extensions, padding by RTX, feedback by RTCP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalLog } from '../../src/media/receiving/arrival-log.ts';
import { maxStatuses, writeTransportFeedback } from '../../src/media/rtcp/transport-feedback.ts';
import { headerExtensionUri } from '../../src/media/rtp-parameters.ts';
import {
  opus,
  publisherExtensions,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  subscriberExtensions,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../../src/media/simulation.test.ts';
import { PacketKind } from '../../src/packet-io/layout.ts';
import { NetworkEmulator } from '../network/network-emulator.ts';

const transportWideId = 11;
const extensions = [
  ...subscriberExtensions,
  { uri: headerExtensionUri.transportWideCc, id: transportWideId },
];
const videoSsrc = 0xaaaa0001;
const rtxSsrc = 0xaaaa0002;
const audioSsrc = 0xbbbb0001;
const wireOverhead = 44;
const feedbackMs = 50;

interface OnWire {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly sentMs: number;
}

/** A publisher of 1.2 Mbit/s of video and some audio, and a subscriber behind a bottleneck. */
class Scene {
  readonly simulation = new Simulation(1, 4096);
  readonly publisher = this.simulation.addTransport();
  readonly subscriber = this.simulation.addTransport();
  readonly video = this.subscriber.addSender(sendVideo({ headerExtensions: extensions }));
  readonly audio = this.subscriber.addSender({
    ...sendVideo({ headerExtensions: extensions }),
    mid: '8',
    kind: 'audio',
    codecs: [opus],
    ssrc: audioSsrc,
    rtxSsrc: -1,
  });
  readonly link: NetworkEmulator<OnWire>;
  /** Packets that have arrived, by SSRC, since reset(). */
  arrived = new Map<number, number>();
  audioDelaysMs: number[] = [];
  readonly states: string[] = [];
  withFeedback = true;
  readonly #log = new ArrivalLog();
  readonly #arrivals = new Float64Array(1);
  #sequence = 1;
  #audioSequence = 1;
  #frame = 0;
  #keyFrame = true;

  constructor(capacityBps: number) {
    this.link = new NetworkEmulator<OnWire>({ capacityBps, queueMs: 300, delayMs: 30 }, 1);
    const track = this.publisher.addReceiver(receiveVideo());
    const audioTrack = this.publisher.addReceiver({
      ...receiveVideo(),
      mid: '0',
      kind: 'audio',
      codecs: [opus],
      encodings: [{ rid: null, ssrc: 0x3333, rtxSsrc: -1 }],
      headerExtensions: publisherExtensions,
    });
    this.video.setSource(track);
    this.audio.setSource(audioTrack);
    this.video.onStateChange = (state) => this.states.push(state);
  }

  run(seconds: number): void {
    const until = this.simulation.clock.nowMs + seconds * 1000;
    while (this.simulation.clock.nowMs < until) {
      this.simulation.advance(1);
      const now = Math.round(this.simulation.clock.nowMs);
      if (now % 20 === 0) this.#publishAudio();
      if (now % 40 === 0) this.#publishFrame();
      this.#network(this.simulation.clock.nowMs);
      if (this.withFeedback && now % feedbackMs === 0) this.#report();
    }
  }

  reset(): void {
    this.arrived = new Map();
    this.audioDelaysMs = [];
  }

  #publishAudio(): void {
    this.simulation.receive(
      0,
      PacketKind.Rtp,
      rtp({
        payloadType: 111,
        sequenceNumber: this.#audioSequence & 0xffff,
        timestamp: this.#audioSequence++ * 960,
        ssrc: 0x3333,
        payload: new Uint8Array(80),
      }),
    );
  }

  /** 25 frames of 6 kB; a key frame where one was asked for. */
  #publishFrame(): void {
    const asked = this.simulation.take(0, PacketKind.Rtcp).some(({ bytes }) => bytes[1] === 206);
    const key = this.#keyFrame || asked;
    this.#keyFrame = false;
    this.#frame++;
    for (let i = 0; i < 6; i++) {
      const payload = new Uint8Array(1000);
      payload.set(i === 0 && key ? vp8KeyPayload : i === 0 ? vp8DeltaPayload : [0, 1]);
      const sequenceNumber = this.#sequence++ & 0xffff;
      this.simulation.receive(
        0,
        PacketKind.Rtp,
        rtp({
          payloadType: 96,
          sequenceNumber,
          timestamp: this.#frame * 3600,
          ssrc: 0x1111,
          marker: i === 5,
          payload,
        }),
      );
    }
  }

  #network(nowMs: number): void {
    for (const { bytes } of this.simulation.take(1, PacketKind.Rtp)) {
      this.link.enqueue(nowMs, { length: bytes.length + wireOverhead, bytes, sentMs: nowMs });
    }
    for (let at = this.link.nextDeadline(); at <= nowMs; at = this.link.nextDeadline()) {
      for (const { bytes, sentMs } of this.link.take(at)) {
        const { ssrc, extensionById } = readRtp(bytes);
        this.arrived.set(ssrc, (this.arrived.get(ssrc) ?? 0) + 1);
        if (ssrc === audioSsrc) this.audioDelaysMs.push(at - sentMs);
        const number = extensionById.get(transportWideId)!;
        this.#arrivals[0] = 5_000_000 + at * 1000;
        this.#log.record((number[0] << 8) | number[1], this.#arrivals, 0);
      }
    }
  }

  #report(): void {
    const result = { end: 0, next: 0 };
    while (this.#log.pending) {
      const bytes = new Uint8Array(1400);
      const to = Math.min(this.#log.highest, this.#log.from + maxStatuses - 1);
      writeTransportFeedback(bytes, 0, 1, 2, 0, this.#log.times, this.#log.mask, this.#log.from, to, result);
      this.#log.reported(result.next);
      this.simulation.receive(1, PacketKind.Rtcp, bytes.subarray(0, result.end));
    }
  }
}

test('a path with room carries everything, and nothing waits', () => {
  const scene = new Scene(20_000_000);
  scene.run(10);
  assert.equal(scene.video.state, 'live');
  const { estimate, reason, pacing, packetsWaiting } = scene.subscriber.bandwidthStats();
  assert.ok(estimate! > 1_300_000, `${estimate}`);
  assert.notEqual(reason, 'not-measured');
  assert.equal(pacing, false);
  assert.equal(packetsWaiting, 0);
  // All of the publisher's video has come, the first key frame included.
  assert.ok(scene.arrived.get(videoSsrc)! >= 10 * 150 - 20);
  assert.deepEqual(scene.states, ['live']);
});

test('video that does not fit is left out with a reason, audio goes on; it comes back when there is room', () => {
  const scene = new Scene(700_000);
  scene.run(15);
  assert.equal(scene.video.targetReason, 'estimate-too-low');
  scene.reset();
  scene.run(10);
  assert.equal(scene.video.targetReason, 'estimate-too-low');
  assert.ok(scene.arrived.get(audioSsrc)! > 490);
  assert.equal(scene.arrived.get(videoSsrc), undefined);
  // What is sent to keep the estimate up goes by RTX, and leaves the audio alone.
  assert.ok(scene.arrived.get(rtxSsrc)! > 100);
  assert.ok(Math.max(...scene.audioDelaysMs) < 150);
  const { estimate } = scene.subscriber.bandwidthStats();
  assert.ok(estimate! > 550_000 && estimate! < 740_000, `${estimate}`);
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 3_000_000 });
  scene.run(10);
  assert.equal(scene.video.targetReason, 'all-wanted');
  assert.equal(scene.video.state, 'live');
});

test('bursts of video are spread where the path is just wide enough', () => {
  const scene = new Scene(1_450_000);
  scene.run(5);
  // It has to have been too narrow for a moment, or there would be nothing known to pace to.
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 1_100_000 });
  scene.run(3);
  scene.link.update(scene.simulation.clock.nowMs, { capacityBps: 1_500_000 });
  scene.run(12);
  assert.equal(scene.video.state, 'live');
  const { pacing, packetsPaced, packetsExpired } = scene.subscriber.bandwidthStats();
  assert.equal(pacing, true);
  assert.ok(packetsPaced > 500);
  assert.equal(packetsExpired, 0);
  scene.reset();
  scene.run(5);
  assert.ok(scene.arrived.get(videoSsrc)! >= 5 * 150 - 10);
  assert.ok(Math.max(...scene.audioDelaysMs) < 150);
});

test('without feedback the promise of it counts for a moment only', () => {
  const scene = new Scene(20_000_000);
  scene.withFeedback = false;
  scene.run(6);
  const { estimate, reason } = scene.subscriber.bandwidthStats();
  assert.equal(estimate, null);
  assert.equal(reason, 'not-measured');
  assert.equal(scene.video.state, 'live');
});
