/** Random layer switches of synthetic streams over a network that loses and reorders: what a receiver gets is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import type { Forwarder } from '../forwarding/forwarder.ts';
import type { InboundTrack } from '../forwarding/inbound-track.ts';
import { headerExtensionUri, type RtpCodecParameters } from '../rtp-parameters.ts';
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
import { checkReceived, type ReceivedPacket } from './received-video.test.ts';
import { type EncoderOptions, SyntheticEncoder } from './synthetic-encoder.test.ts';

const publisherId = 0;
const subscriberId = 1;
const frameMs = 33;
const descriptorId = 12;
const receiverDescriptorId = 8;
const mediaSsrcs = [0x1111, 0x1112, 0x1113];
const uri = headerExtensionUri.dependencyDescriptor;

interface Impairment {
  readonly loss: number;
  readonly reorder: number;
}

/** A publisher with one encoder per encoding, and one subscriber who NACKs what is missing. */
export class LayerScene {
  readonly simulation: Simulation;
  readonly track: InboundTrack;
  readonly forwarder: Forwarder;
  readonly received: ReceivedPacket[] = [];
  readonly encoders: SyntheticEncoder[];
  keyFrameRequests = 0;
  repaired = 0;
  readonly #random: () => number;
  readonly #sequences: number[];
  readonly #offsets: number[];
  #queue: { atMs: number; order: number; bytes: Uint8Array }[] = [];
  #order = 0;

  constructor(encoders: readonly EncoderOptions[], seed: number, receiverHasDescriptor = true) {
    this.simulation = new Simulation(seed, 16384);
    this.#random = seededRandom(seed + 1);
    this.encoders = encoders.map((options, encoding) => new SyntheticEncoder({ ...options, encoding }));
    this.#sequences = encoders.map(() => this.#random() & 0xffff);
    this.#offsets = encoders.map(() => this.#random());
    const publisher = this.simulation.addTransport({ keyFrameIntervalMs: 200 });
    const subscriber = this.simulation.addTransport();
    const codec: RtpCodecParameters = { ...vp8, name: encoders[0].codec };
    const descriptor = { uri, id: descriptorId };
    this.track = publisher.addReceiver(
      receiveVideo({
        codecs: [codec],
        headerExtensions: [...publisherExtensions, descriptor],
        encodings: encoders.map((_, i) => ({ rid: null, ssrc: mediaSsrcs[i], rtxSsrc: -1 })),
      }),
    );
    this.forwarder = subscriber.addSender(
      sendVideo({
        codecs: [{ ...codec, payloadType: 120, rtxPayloadType: 121 }],
        headerExtensions: receiverHasDescriptor
          ? [...subscriberExtensions, { uri, id: receiverDescriptorId }]
          : subscriberExtensions,
      }),
    );
    this.forwarder.setSource(this.track);
  }

  /** Sends for so long; `captured` is called before each picture. */
  run(ms: number, impairment: Impairment = { loss: 0, reorder: 0 }, captured: () => void = () => {}): void {
    const { clock } = this.simulation;
    const until = clock.nowMs + ms;
    while (clock.nowMs < until) {
      captured();
      this.#capture(impairment);
      const next = clock.nowMs + frameMs;
      this.#deliver(next);
      this.simulation.advance(next - clock.nowMs);
      this.#takeSent();
    }
  }

  /** Sender reports of all encodings, on one clock. */
  report(): void {
    const { clock } = this.simulation;
    const ntpMs = clock.nowMs + 3_000_000_000_000;
    this.#offsets.forEach((offset, encoding) => {
      const bytes = new Uint8Array(28);
      const view = new DataView(bytes.buffer);
      bytes.set([0x80, 200, 0, 6]);
      view.setUint32(4, mediaSsrcs[encoding]);
      view.setUint32(8, Math.floor(ntpMs / 1000));
      view.setUint32(12, Math.floor(((ntpMs % 1000) / 1000) * 2 ** 32));
      view.setUint32(16, (offset + Math.round(clock.nowMs * 90)) >>> 0);
      this.simulation.receive(publisherId, PacketKind.Rtcp, bytes);
    });
  }

  #capture({ loss, reorder }: Impairment): void {
    const { nowMs } = this.simulation.clock;
    const random = () => this.#random() / 2 ** 32;
    this.encoders.forEach((encoder, encoding) => {
      encoder.encode().forEach(({ payload, descriptor, marker }, i) => {
        const sequenceNumber = this.#sequences[encoding];
        this.#sequences[encoding] = (sequenceNumber + 1) & 0xffff;
        const bytes = rtp({
          payloadType: 96,
          sequenceNumber,
          timestamp: (this.#offsets[encoding] + Math.round(nowMs * 90)) >>> 0,
          ssrc: mediaSsrcs[encoding],
          marker,
          payload,
          extensions: descriptor === null ? [] : [[descriptorId, descriptor]],
        });
        // What is lost comes after all, as the publisher's retransmissions would.
        const late = random() < loss ? 20 + random() * 100 : random() < reorder ? random() * 10 : 0;
        this.#queue.push({ atMs: nowMs + 1 + i * 0.5 + encoding * 0.2 + late, order: this.#order++, bytes });
      });
    });
  }

  #deliver(untilMs: number): void {
    this.#queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    while (this.#queue.length > 0 && this.#queue[0].atMs <= untilMs) {
      const { atMs, bytes } = this.#queue.shift()!;
      this.simulation.advance(Math.max(0, atMs - this.simulation.clock.nowMs));
      this.simulation.receive(publisherId, PacketKind.Rtp, bytes);
      this.#takeSent();
    }
  }

  #takeSent(): void {
    for (const { bytes } of this.simulation.take(publisherId, PacketKind.Rtcp)) {
      for (let at = 0; at + 12 <= bytes.length; ) {
        if (bytes[at + 1] === 206 && (bytes[at] & 31) === 1) {
          this.keyFrameRequests++;
          const ssrc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 8);
          this.encoders[mediaSsrcs.indexOf(ssrc)].requestKeyFrame();
        }
        at += (((bytes[at + 2] << 8) | bytes[at + 3]) + 1) * 4;
      }
    }
    for (const { bytes } of this.simulation.take(subscriberId, PacketKind.Rtp)) {
      const packet = readRtp(bytes);
      if (packet.payloadType === 121) {
        this.#checkRepair(packet);
        continue;
      }
      this.received.push({
        rtp: packet,
        descriptor: packet.extensionById.get(receiverDescriptorId) ?? null,
        atMs: this.simulation.clock.nowMs,
      });
      if (this.#random() % 20 === 0) {
        const recent = this.received.slice(-60);
        this.forwarder.nacked(recent[this.#random() % recent.length].rtp.sequenceNumber);
      }
    }
    this.simulation.context.sendQueue.flush();
  }

  /** A retransmission is what was sent, byte for byte but for its header. */
  #checkRepair(repair: ReadRtp): void {
    this.repaired++;
    const sequenceNumber = (repair.payload[0] << 8) | repair.payload[1];
    const original = this.received.findLast(({ rtp: { sequenceNumber: sent } }) => sent === sequenceNumber)!;
    assert.deepEqual(repair.payload.subarray(2), original.rtp.payload);
    assert.equal(repair.marker, original.rtp.marker);
    assert.equal(repair.timestamp, original.rtp.timestamp);
    assert.deepEqual(repair.extensionById.get(receiverDescriptorId) ?? null, original.descriptor);
  }
}

const svc = (codec: 'VP9' | 'AV1', layers: readonly [number, number], more: Partial<EncoderOptions> = {}) => [
  { codec, spatialLayers: layers[0], temporalLayers: layers[1], width: 1280, height: 720, ...more },
];
const simulcast = (
  codec: 'VP8' | 'H264' | 'AV1' | 'VP9',
  temporalLayers: number,
  more: Partial<EncoderOptions> = {},
) =>
  [4, 2, 1].map((divisor, i) => ({
    codec,
    spatialLayers: 1,
    temporalLayers,
    width: 1280 / divisor,
    height: 720 / divisor,
    start: 32_700 + i * 41,
    packetsPerFrame: i + 1,
    ...more,
  }));
const described = { dependencyDescriptor: true };

const streams: Readonly<Record<string, EncoderOptions[]>> = {
  'VP8 L1T1': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 1 }],
  'VP8 L1T2': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 2, start: 127 }],
  'VP8 L1T3': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 3, start: 32_760 }],
  'VP8 L1T3 with descriptors': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 3, ...described }],
  'VP8 simulcast': simulcast('VP8', 1),
  'VP8 simulcast, L1T3': simulcast('VP8', 3),
  'VP8 simulcast, L1T3, with descriptors': simulcast('VP8', 3, described),
  'H264 simulcast': simulcast('H264', 1),
  'H264 L1T3 with descriptors': [{ codec: 'H264', spatialLayers: 1, temporalLayers: 3, ...described }],
  'H264 simulcast, L1T2, with descriptors': simulcast('H264', 2, described),
  'VP9 L1T3': svc('VP9', [1, 3]),
  'VP9 L2T1': svc('VP9', [2, 1]),
  'VP9 L3T3': svc('VP9', [3, 3]),
  'VP9 L3T3, flexible': svc('VP9', [3, 3], { flexible: true, start: 32_700 }),
  'VP9 L2T2_KEY': svc('VP9', [2, 2], { keyPicturesOnly: true }),
  'VP9 L3T3_KEY': svc('VP9', [3, 3], { keyPicturesOnly: true }),
  'VP9 L3T3_KEY, flexible': svc('VP9', [3, 3], { keyPicturesOnly: true, flexible: true }),
  'VP9 L3T3_KEY, flexible, with descriptors': svc('VP9', [3, 3], {
    keyPicturesOnly: true,
    flexible: true,
    ...described,
  }),
  'VP9 simulcast, L1T3': simulcast('VP9', 3),
  'AV1 L1T1': svc('AV1', [1, 1], described),
  'AV1 L1T3': svc('AV1', [1, 3], described),
  'AV1 L2T1': svc('AV1', [2, 1], described),
  'AV1 L3T3': svc('AV1', [3, 3], { start: 65_500, ...described }),
  'AV1 L3T3_KEY': svc('AV1', [3, 3], { keyPicturesOnly: true, ...described }),
  'AV1 simulcast, L1T3': simulcast('AV1', 3, described),
};

for (const [name, encoders] of Object.entries(streams)) {
  const { codec } = encoders[0];
  for (const [network, impairment] of Object.entries({
    'a good network': { loss: 0, reorder: 0 },
    reordering: { loss: 0, reorder: 0.1 },
    loss: { loss: 0.03, reorder: 0.03 },
  })) {
    test(`${name}: random switches over ${network}`, () => {
      for (let seed = 1; seed <= 2; seed++) {
        const scene = new LayerScene(encoders, seed);
        const random = seededRandom(seed * 77);
        scene.run(3000, impairment);
        scene.report();
        scene.run(12_000, impairment, () => {
          if (random() % 40 !== 0) return;
          scene.forwarder.setTarget(random() % 4, random() % 4, 'test');
        });
        scene.forwarder.setTarget(255, 255, 'test');
        scene.run(2500);
        const { spatial, temporal } = scene.forwarder.current;
        const layers = scene.forwarder.layers();
        const top = layers[layers.length - 1];
        assert.deepEqual({ spatial, temporal }, { spatial: top.spatial, temporal: top.temporal });
        const frames = checkReceived(scene.received, codec);
        const last = frames[frames.length - 1].truth;
        assert.equal(last.encoding, encoders.length - 1);
        assert.equal(last.spatial, encoders[0].spatialLayers - 1);
        assert.ok(scene.repaired > 20);
      }
    });
  }
}
