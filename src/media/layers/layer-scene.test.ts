/** One publisher of synthetic video and one subscriber, over a network that loses and reorders. Holds no tests itself. */
import assert from 'node:assert/strict';
import { PacketKind } from '../../packet-io/layout.ts';
import type { Forwarder } from '../forwarding/forwarder.ts';
import type { InboundTrack } from '../forwarding/inbound-track.ts';
import type { MediaTransportOptions } from '../media-transport-options.ts';
import { headerExtensionUri, type ReceiveParameters, type RtpCodecParameters } from '../rtp-parameters.ts';
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
import type { ReceivedPacket } from './received-video.test.ts';
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
  /** Encodings that are not sent. */
  readonly stopped = new Set<number>();
  readonly #receive: ReceiveParameters;
  readonly #ssrcs: readonly number[];
  readonly #random: () => number;
  readonly #sequences: number[];
  readonly #offsets: number[];
  #queue: { atMs: number; order: number; bytes: Uint8Array }[] = [];
  #order = 0;

  /** `receive` is what was negotiated with the publisher, its encodings in the order of `encoders`. */
  constructor(
    encoders: readonly EncoderOptions[],
    seed: number,
    receiverHasDescriptor = true,
    receive = signaledBySsrc(encoders),
    subscriberOptions: MediaTransportOptions = {},
  ) {
    this.#receive = receive;
    this.#ssrcs = receive.encodings.map(({ ssrc }, i) => (ssrc < 0 ? mediaSsrcs[i] : ssrc));
    this.simulation = new Simulation(seed, 16384);
    this.#random = seededRandom(seed + 1);
    this.encoders = encoders.map((options, encoding) => new SyntheticEncoder({ ...options, encoding }));
    this.#sequences = encoders.map(() => this.#random() & 0xffff);
    this.#offsets = encoders.map(() => this.#random());
    const publisher = this.simulation.addTransport({ keyFrameIntervalMs: 200 });
    const subscriber = this.simulation.addTransport(subscriberOptions);
    const codec: RtpCodecParameters = { ...vp8, name: encoders[0].codec };
    this.track = publisher.addReceiver(receive);
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
      view.setUint32(4, this.#ssrcs[encoding]);
      view.setUint32(8, Math.floor(ntpMs / 1000));
      view.setUint32(12, Math.floor(((ntpMs % 1000) / 1000) * 2 ** 32));
      view.setUint32(16, (offset + Math.round(clock.nowMs * 90)) >>> 0);
      this.simulation.receive(publisherId, PacketKind.Rtcp, bytes);
    });
  }

  #capture({ loss, reorder }: Impairment): void {
    const { nowMs } = this.simulation.clock;
    const random = () => this.#random() / 2 ** 32;
    const { payloadType } = this.#receive.codecs.find(({ name }) => name === this.encoders[0].options.codec)!;
    this.encoders.forEach((encoder, encoding) => {
      if (this.stopped.has(encoding)) return;
      encoder.encode().forEach(({ payload, descriptor, marker }, i) => {
        const sequenceNumber = this.#sequences[encoding];
        this.#sequences[encoding] = (sequenceNumber + 1) & 0xffff;
        const bytes = rtp({
          payloadType,
          sequenceNumber,
          timestamp: (this.#offsets[encoding] + Math.round(nowMs * 90)) >>> 0,
          ssrc: this.#ssrcs[encoding],
          marker,
          payload,
          extensions: this.#extensions(encoding, descriptor),
        });
        // What is lost comes after all, as the publisher's retransmissions would.
        const late = random() < loss ? 20 + random() * 100 : random() < reorder ? random() * 10 : 0;
        this.#queue.push({ atMs: nowMs + 1 + i * 0.5 + encoding * 0.2 + late, order: this.#order++, bytes });
      });
    });
  }

  /** The dependency descriptor, and where encodings are told by name, MID and RID. */
  #extensions(encoding: number, descriptor: number[] | null): (readonly [number, readonly number[]])[] {
    const { mid, encodings, headerExtensions } = this.#receive;
    const { rid } = encodings[encoding];
    const values: readonly (readonly [string, Iterable<number> | null])[] = [
      [uri, descriptor],
      [headerExtensionUri.mid, rid === null ? null : Buffer.from(mid)],
      [headerExtensionUri.rid, rid === null ? null : Buffer.from(rid)],
    ];
    return values.flatMap(([name, value]) => {
      const id = headerExtensions.find((extension) => extension.uri === name)?.id;
      return value === null || id === undefined ? [] : [[id, [...value]] as const];
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
          this.encoders[this.#ssrcs.indexOf(ssrc)].requestKeyFrame();
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

function signaledBySsrc(encoders: readonly EncoderOptions[]): ReceiveParameters {
  return receiveVideo({
    codecs: [{ ...vp8, name: encoders[0].codec }],
    headerExtensions: [...publisherExtensions, { uri, id: descriptorId }],
    encodings: encoders.map((_, i) => ({ rid: null, ssrc: mediaSsrcs[i], rtxSsrc: -1 })),
  });
}

/** One encoding with several layers. */
export function svc(
  codec: 'VP9' | 'AV1',
  layers: readonly [spatial: number, temporal: number],
  more: Partial<EncoderOptions> = {},
): EncoderOptions[] {
  return [{ codec, spatialLayers: layers[0], temporalLayers: layers[1], width: 1280, height: 720, ...more }];
}

/** Three encodings, smallest first. */
export function simulcast(
  codec: 'VP8' | 'H264' | 'AV1' | 'VP9',
  temporalLayers: number,
  more: Partial<EncoderOptions> = {},
): EncoderOptions[] {
  return [4, 2, 1].map((divisor, i) => ({
    codec,
    spatialLayers: 1,
    temporalLayers,
    width: 1280 / divisor,
    height: 720 / divisor,
    start: 32_700 + i * 41,
    packetsPerFrame: i + 1,
    ...more,
  }));
}
