/**
 * Pictures of several frames over a path that loses packets and their repairs: libwebrtc asks once for what it misses
 * of a picture whose lower frames are complete, then never again, and decodes nothing more without it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import { headerExtensionUri } from '../rtp-parameters.ts';
import {
  publisherExtensions,
  type ReadRtp,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  seededRandom,
  sendVideo,
  subscriberExtensions,
  vp8,
} from '../simulation.test.ts';
import { svc } from './layer-scene.test.ts';
import { LibwebrtcReceiver } from './libwebrtc-receiver.test.ts';
import {
  type EncoderOptions,
  type PacketTruth,
  readTruth,
  SyntheticEncoder,
} from './synthetic-encoder.test.ts';

const publisherId = 0;
const subscriberId = 1;
const mediaSsrc = 0x1111;
const descriptorId = 12;
const transportWideId = 11;
const rtxPayloadType = 121;
const frameMs = 33;
const delayMs = 25;
/** A repair, the report that it is lost, and another. */
const repairedTwiceMs = 400;

/** Whether a packet gets lost that was sent so many times before. */
type Loss = (truth: PacketTruth, copies: number, nowMs: number) => boolean;

class Scene {
  readonly simulation = new Simulation(1, 4096);
  readonly receiver: LibwebrtcReceiver;
  keyFrameRequests = 0;
  readonly #encoder: SyntheticEncoder;
  readonly #path: { atMs: number; deliver: () => void }[] = [];
  readonly #copies = new Map<number, number>();
  #sequence = 7;
  #nextFrameMs = 0;

  constructor(encoder: EncoderOptions) {
    const publisher = this.simulation.addTransport();
    const subscriber = this.simulation.addTransport();
    const uri = headerExtensionUri.dependencyDescriptor;
    const track = publisher.addReceiver(
      receiveVideo({
        codecs: [{ ...vp8, name: encoder.codec }],
        headerExtensions: [...publisherExtensions, { uri, id: descriptorId }],
      }),
    );
    const forwarder = subscriber.addSender(
      sendVideo({
        codecs: [{ ...vp8, name: encoder.codec, payloadType: 120, rtxPayloadType }],
        headerExtensions: [
          ...subscriberExtensions,
          { uri, id: 8 },
          { uri: headerExtensionUri.transportWideCc, id: transportWideId },
        ],
      }),
    );
    forwarder.setSource(track);
    this.#encoder = new SyntheticEncoder(encoder);
    this.receiver = new LibwebrtcReceiver(forwarder.ssrc, transportWideId);
  }

  run(ms: number, loss: Loss = () => false): void {
    const { clock } = this.simulation;
    const until = clock.nowMs + ms;
    while (clock.nowMs < until) {
      this.simulation.advance(1);
      if (clock.nowMs >= this.#nextFrameMs) {
        this.#nextFrameMs = clock.nowMs + frameMs;
        this.#publish();
      }
      for (const { bytes } of this.simulation.take(subscriberId, PacketKind.Rtp))
        this.#send(readRtp(bytes), bytes, loss);
      for (const bytes of this.receiver.feedback(clock.nowMs))
        this.#later(() => this.simulation.receive(subscriberId, PacketKind.Rtcp, bytes));
      while (this.#path.length > 0 && this.#path[0].atMs <= clock.nowMs) this.#path.shift()!.deliver();
    }
  }

  /** The longest time without a picture since then. */
  longestPauseMs(sinceMs: number): number {
    const edges = [...this.receiver.shownMs.filter((ms) => ms >= sinceMs), this.simulation.clock.nowMs];
    return Math.max(...edges.slice(1).map((ms, index) => ms - edges[index]));
  }

  #publish(): void {
    for (const { bytes } of this.simulation.take(publisherId, PacketKind.Rtcp)) {
      if (bytes[1] !== 206 || (bytes[0] & 31) !== 1) continue;
      this.keyFrameRequests++;
      this.#encoder.requestKeyFrame();
    }
    const timestamp = Math.round(this.simulation.clock.nowMs * 90);
    for (const { payload, descriptor, marker } of this.#encoder.encode()) {
      const extensions = descriptor === null ? [] : [[descriptorId, descriptor] as const];
      const sequenceNumber = this.#sequence++;
      const bytes = rtp({
        payloadType: 96,
        sequenceNumber,
        timestamp,
        ssrc: mediaSsrc,
        marker,
        payload,
        extensions,
      });
      this.simulation.receive(publisherId, PacketKind.Rtp, bytes);
    }
  }

  #send(packet: ReadRtp, bytes: Uint8Array, loss: Loss): void {
    const repeated = packet.payloadType === rtxPayloadType;
    // Padding alone.
    if (repeated && (bytes[0] & 0x20) !== 0) return;
    const number = repeated ? (packet.payload[0] << 8) | packet.payload[1] : packet.sequenceNumber;
    const payload = repeated ? packet.payload.subarray(2) : packet.payload;
    const copies = this.#copies.get(number) ?? 0;
    this.#copies.set(number, copies + 1);
    if (loss(readTruth(payload), copies, this.simulation.clock.nowMs)) return;
    this.#later(() => this.receiver.receive(packet, number, payload, this.simulation.clock.nowMs));
  }

  #later(deliver: () => void): void {
    this.#path.push({ atMs: this.simulation.clock.nowMs + delayMs, deliver });
  }
}

const described = { dependencyDescriptor: true };

for (const [name, [encoder]] of Object.entries({
  'AV1 L3T3': svc('AV1', [3, 3], described),
  'AV1 L2T1': svc('AV1', [2, 1], described),
  'AV1 L3T3_KEY': svc('AV1', [3, 3], { keyPicturesOnly: true, ...described }),
  'VP9 L3T3': svc('VP9', [3, 3]),
  'VP9 L3T3_KEY, flexible': svc('VP9', [3, 3], { keyPicturesOnly: true, flexible: true }),
})) {
  for (let spatial = 0; spatial < encoder.spatialLayers; spatial++) {
    for (const copies of [1, 2]) {
      test(`${name}: a packet of S${spatial} that is lost ${copies + 1} times does not stop the picture`, () => {
        const scene = new Scene(encoder);
        scene.run(2000);
        const sinceMs = scene.simulation.clock.nowMs;
        const requests = scene.keyFrameRequests;
        let picture = -1;
        scene.run(3000, (truth, sent) => {
          if (picture < 0 && truth.temporal === 0 && !truth.key) picture = truth.picture;
          return (
            truth.picture === picture && truth.spatial === spatial && truth.packet === 0 && sent <= copies
          );
        });
        assert.ok(picture > 0);
        assert.equal(scene.receiver.keyFrameRequests, 0);
        assert.equal(scene.keyFrameRequests, requests, 'no key frame is needed');
        const pauseMs = scene.longestPauseMs(sinceMs);
        assert.ok(pauseMs < repairedTwiceMs, `${pauseMs} ms`);
      });
    }
  }

  test(`${name}: losses of half of everything for a moment stop the picture for less than a second`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const scene = new Scene(encoder);
      const random = seededRandom(seed);
      scene.run(2000);
      const sinceMs = scene.simulation.clock.nowMs;
      scene.run(5000, (_, __, nowMs) => nowMs < sinceMs + 300 && random() / 2 ** 32 < 0.5);
      const pauseMs = scene.longestPauseMs(sinceMs);
      assert.ok(pauseMs < 1000, `${pauseMs} ms, seed ${seed}`);
    }
  });
}
