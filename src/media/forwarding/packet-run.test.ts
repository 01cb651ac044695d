import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PacketKind } from '../../packet-io/layout.ts';
import { type EncoderOptions, SyntheticEncoder } from '../layers/synthetic-encoder.test.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import { headerExtensionUri } from '../rtp-parameters.ts';
import {
  publisherExtensions,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  subscriberExtensions,
  vp8,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../simulation.test.ts';
import type { Forwarder } from './forwarder.ts';
import type { InboundTrack } from './inbound-track.ts';

const receivers = 3;
const descriptorUri = headerExtensionUri.dependencyDescriptor;

/** What each receiver has negotiated: something of its own in each packet, nothing, and numbers for the transport. */
const extensionsOf = [
  [...subscriberExtensions, { uri: descriptorUri, id: 8 }],
  [],
  [
    { uri: headerExtensionUri.transportWideCc, id: 2 },
    { uri: headerExtensionUri.playoutDelay, id: 4 },
  ],
];

/**
 * A publisher and receivers, to whom packets are handed on in runs and past those for whom nothing is to be decided; or
 * one by one, with each decided on.
 */
class Call {
  readonly simulation = new Simulation();
  readonly forwarders: Forwarder[] = [];
  readonly track: InboundTrack;
  /** The number of the packet that each receiver has got last. */
  readonly latest = new Array<number>(receivers).fill(0);
  readonly #inRuns: boolean;

  constructor(inRuns: boolean, codec: string = 'VP8') {
    this.#inRuns = inRuns;
    const codecs = [{ ...vp8, name: codec }];
    this.track = this.simulation.addTransport().addReceiver(
      receiveVideo({
        codecs,
        headerExtensions: [...publisherExtensions, { uri: descriptorUri, id: 12 }],
      }),
    );
    for (let i = 0; i < receivers; i++) {
      const forwarder = this.simulation.addTransport().addSender(
        sendVideo({
          codecs: [{ ...codecs[0], payloadType: 120, rtxPayloadType: 121 }],
          headerExtensions: extensionsOf[i],
          ssrc: 100 + i * 2,
          rtxSsrc: 101 + i * 2,
        }),
      );
      forwarder.setSource(this.track);
      this.forwarders.push(forwarder);
    }
  }

  receive(packets: readonly Uint8Array[]): void {
    for (const packet of packets) {
      if (!this.#inRuns) for (const forwarder of this.forwarders) forwarder.leaveLane();
      this.simulation.receiveOne(0, PacketKind.Rtp, packet);
      if (!this.#inRuns) this.simulation.endBatch();
    }
    this.simulation.endBatch();
  }

  stats(): unknown[] {
    const { context, transports } = this.simulation;
    return [
      this.forwarders.map((forwarder) => forwarder.stats()),
      transports.map((transport) => transport.bandwidthStats()),
      context.counters,
    ];
  }

  /** What each receiver has got since this was last asked, in its order. */
  take(): string[][] {
    return this.forwarders.map(({ ssrc }, index) => {
      const sent = this.simulation.take(index + 1, PacketKind.Rtp).map(({ bytes }) => bytes);
      const last = sent.map(readRtp).findLast((packet) => packet.ssrc === ssrc);
      if (last !== undefined) this.latest[index] = last.sequenceNumber;
      return sent.map((bytes) => Buffer.from(bytes).toString('hex'));
    });
  }
}

const encoderOptions: fc.Arbitrary<EncoderOptions> = fc.record({
  codec: fc.constantFrom('VP8' as const, 'VP9' as const, 'AV1' as const, 'H264' as const),
  spatialLayers: fc.constantFrom(1, 3),
  temporalLayers: fc.constantFrom(1, 3),
  packetsPerFrame: fc.integer({ min: 1, max: 20 }),
  dependencyDescriptor: fc.boolean(),
  start: fc.constantFrom(0, 0x7ffe),
});

/** Some pictures of the publisher, what becomes of it on the way, and what is asked of the server before the next. */
const step = fc.record({
  lost: seldom(fc.nat(20)),
  swapped: seldom(fc.nat(20)),
  repeated: seldom(fc.nat(20)),
  pictures: fc.integer({ min: 1, max: 4 }),
  rotated: fc.boolean(),
  batch: fc.integer({ min: 1, max: 40 }),
  key: seldom(fc.constant(true)),
  target: fc.option(fc.tuple(fc.nat(receivers - 1), fc.integer({ min: -1, max: 2 }), fc.nat(2))),
  paused: seldom(fc.nat(receivers - 1)),
  nacked: fc.option(fc.tuple(fc.nat(receivers - 1), fc.nat(150))),
  pictureLost: seldom(fc.nat(receivers - 1)),
  reported: seldom(fc.nat(receivers - 1)),
  resourced: seldom(fc.nat(receivers - 1)),
  disabled: seldom(fc.nat(receivers - 1)),
  negotiated: seldom(fc.nat(receivers - 1)),
  silence: seldom(fc.integer({ min: 1, max: 1000 })),
});

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test('what is handed on in runs, or past forwarders, reaches every receiver as if each packet were decided on', () => {
  fc.assert(
    fc.property(
      encoderOptions,
      fc.array(step, { minLength: 6, maxLength: 20, size: 'max' }),
      (options, steps) => {
        const layered = options.codec === 'VP9' || options.codec === 'AV1';
        const encoder = new SyntheticEncoder({
          ...options,
          spatialLayers: layered ? options.spatialLayers : 1,
          dependencyDescriptor: options.codec === 'AV1' || options.dependencyDescriptor === true,
        });
        const alone = new Call(false, options.codec);
        const inRuns = new Call(true, options.codec);
        let sequenceNumber = 0xfff0;
        let picture = 0;
        const nextPicture = (rotated: boolean) =>
          encoder.encode().map(({ payload, descriptor, marker }) =>
            rtp({
              payloadType: 96,
              ssrc: 0x1111,
              sequenceNumber: sequenceNumber++ & 0xffff,
              timestamp: picture * 3000,
              marker,
              payload,
              extensions: [
                [4, [0x31]],
                ...(rotated && marker ? [[13, [1]] as const] : []),
                ...(descriptor === null ? [] : [[12, descriptor] as const]),
              ],
            }),
          );
        for (const todo of steps) {
          if (todo.key === true) encoder.requestKeyFrame();
          const packets: Uint8Array[] = [];
          for (let i = 0; i < todo.pictures; i++, picture++) packets.push(...nextPicture(todo.rotated));
          const arrived = onTheWay(packets, todo);
          for (const call of [alone, inRuns]) {
            for (let at = 0; at < arrived.length; at += todo.batch)
              call.receive(arrived.slice(at, at + todo.batch));
            ask(call, todo);
            call.simulation.advance(33 + (todo.silence ?? 0));
          }
          assert.deepEqual(inRuns.take(), alone.take());
          assert.deepEqual(inRuns.stats(), alone.stats());
        }
        assert.deepEqual(inRuns.simulation.failures, []);
      },
    ),
    { numRuns: 300, seed: 20_261_128 },
  );
});

function onTheWay(packets: readonly Uint8Array[], { lost, swapped, repeated }: Step): Uint8Array[] {
  const arrived = packets.filter((_, index) => index !== lost);
  if (swapped !== null && swapped + 1 < arrived.length)
    arrived.splice(swapped, 2, arrived[swapped + 1], arrived[swapped]);
  if (repeated !== null && repeated < arrived.length) arrived.push(arrived[repeated]);
  return arrived;
}

const noReport: ReportBlock = {
  ssrc: 0,
  fractionLost: 0,
  cumulativeLost: 0,
  highestSequence: 0,
  jitter: 0,
  lastReport: 0,
  delaySinceLastReport: 0,
};

function ask(call: Call, todo: Step): void {
  const { forwarders, latest, simulation, track } = call;
  const { target, paused, nacked, pictureLost, reported, resourced, disabled, negotiated } = todo;
  if (nacked !== null) forwarders[nacked[0]].nacked((latest[nacked[0]] - nacked[1]) & 0xffff);
  if (pictureLost !== null) forwarders[pictureLost].keyFrameRequested();
  if (reported !== null) forwarders[reported].receiverReported(noReport);
  if (resourced !== null) {
    forwarders[resourced].setSource(null);
    forwarders[resourced].setSource(track);
  }
  for (const index of forwarders.keys()) simulation.transports[index + 1].setSendEnabled(index !== disabled);
  if (negotiated !== null) {
    const forwarder = forwarders[negotiated];
    const headerExtensions = extensionsOf[(negotiated + 1) % receivers];
    simulation.transports[negotiated + 1].updateSender(forwarder, {
      ...forwarder.parameters,
      headerExtensions,
    });
  }
  if (target !== null) forwarders[target[0]].setTarget(target[1], target[1] < 0 ? -1 : target[2], 'test');
  for (const [index, forwarder] of forwarders.entries()) {
    if (index === paused) forwarder.pause('test');
    else forwarder.resume();
  }
}

test('a receiver gets its packets of a run before the next receiver does', () => {
  const call = new Call(true);
  const packet = (sequenceNumber: number, payload: readonly number[]) =>
    rtp({ payloadType: 96, ssrc: 0x1111, timestamp: 0, sequenceNumber, payload });
  call.receive([
    packet(0, vp8KeyPayload),
    packet(1, vp8DeltaPayload),
    packet(2, vp8DeltaPayload),
    packet(3, vp8DeltaPayload),
  ]);
  const order = call.simulation.take(undefined, PacketKind.Rtp).map(({ transport }) => transport);
  // What starts a key frame goes alone.
  assert.deepEqual(order, [1, 2, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
});

test('packets with equal numbers of another publisher do not go on with a run', () => {
  const call = new Call(true);
  const other = call.simulation.addTransport();
  const track = other.addReceiver(receiveVideo());
  const receiver = call.simulation.addTransport();
  receiver.addSender(sendVideo({ ssrc: 300, rtxSsrc: 301 })).setSource(track);
  const packet = (sequenceNumber: number, payload: readonly number[]) =>
    rtp({ payloadType: 96, ssrc: 0x1111, timestamp: 0, sequenceNumber, payload });
  const { simulation } = call;
  simulation.receive(0, PacketKind.Rtp, packet(0, vp8KeyPayload));
  simulation.receive(receivers + 1, PacketKind.Rtp, packet(0, vp8KeyPayload));
  simulation.take();
  simulation.receiveOne(0, PacketKind.Rtp, packet(1, vp8DeltaPayload));
  simulation.receiveOne(receivers + 1, PacketKind.Rtp, packet(2, [...vp8DeltaPayload, 9]));
  simulation.endBatch();
  assert.equal(simulation.take(1, PacketKind.Rtp).length, 1);
  const [sent] = simulation.take(receivers + 2, PacketKind.Rtp);
  assert.equal(sent.bytes.at(-1), 9);
});

test('the numbers of pictures go on from those of the last run', () => {
  const call = new Call(true);
  const encoder = new SyntheticEncoder({ codec: 'VP8', spatialLayers: 1, temporalLayers: 3 });
  let sequenceNumber = 0;
  const receivePicture = (picture: number) =>
    call.receive(
      encoder.encode().map(({ payload }) =>
        rtp({
          payloadType: 96,
          ssrc: 0x1111,
          sequenceNumber: sequenceNumber++,
          timestamp: picture * 3000,
          payload,
        }),
      ),
    );
  // Nine pictures: TL0PICIDX goes from 1 to 3.
  for (let picture = 0; picture < 9; picture++) receivePicture(picture);
  const [forwarder] = call.forwarders;
  forwarder.pause('test');
  for (let picture = 9; picture < 20; picture++) receivePicture(picture);
  forwarder.resume();
  call.simulation.take();
  encoder.requestKeyFrame();
  receivePicture(20);
  const [sent] = call.simulation.take(1, PacketKind.Rtp);
  const { payload } = readRtp(sent.bytes);
  assert.equal(payload[4], 4, 'TL0PICIDX of the key frame');
});
