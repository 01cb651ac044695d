import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PacketKind } from '../../packet-io/layout.ts';
import type { RtpCodecParameters } from '../rtp-parameters.ts';
import {
  big,
  opus,
  publisherExtensions,
  type ReadRtp,
  readRtp,
  redPayload,
  rtp,
  Simulation,
  seededRandom,
  subscriberExtensions,
} from '../simulation.test.ts';
import type { Forwarder } from './forwarder.ts';
import type { InboundTrack } from './inbound-track.ts';

const audioLevelId = 1;
const frameTicks = 960;
const nacked: RtpCodecParameters = { ...opus, feedback: ['nack'] };
const red: RtpCodecParameters = {
  ...opus,
  name: 'red',
  payloadType: 63,
  parameters: { '111/111': '' },
  feedback: [],
};

/** A publisher of RED (transport 0), a receiver of Opus alone (1) and one of both (2). */
class Call {
  readonly simulation = new Simulation(7);
  readonly track: InboundTrack;
  readonly opusOnly: Forwarder;
  readonly both: Forwarder;
  readonly firstSequence: number;
  readonly firstTimestamp: number;

  constructor(firstSequence = 100, firstTimestamp = 5000) {
    this.firstSequence = firstSequence;
    this.firstTimestamp = firstTimestamp;
    const publisher = this.simulation.addTransport();
    const encodings = [{ rid: null, ssrc: 0x77, rtxSsrc: -1 }];
    this.track = publisher.addReceiver({
      mid: '0',
      kind: 'audio',
      codecs: [red, nacked],
      headerExtensions: publisherExtensions,
      encodings,
    });
    const send = {
      kind: 'audio' as const,
      headerExtensions: subscriberExtensions,
      rtxSsrc: -1,
      cname: 'c',
    };
    const receiver = this.simulation.addTransport();
    this.opusOnly = receiver.addSender({
      ...send,
      mid: '5',
      ssrc: 5,
      codecs: [{ ...nacked, payloadType: 96 }],
    });
    this.both = this.simulation
      .addTransport()
      .addSender({ ...send, mid: '6', ssrc: 6, codecs: [red, nacked] });
    this.opusOnly.setSource(this.track);
    this.both.setSource(this.track);
  }

  /** What Opus made of frame `index`: recognizable, and of varying length. */
  static frame(index: number): number[] {
    return [...big(index, 3), ...new Array<number>(index % 5).fill(index & 0xff)];
  }

  timestamp(index: number): number {
    return (this.firstTimestamp + index * frameTicks) >>> 0;
  }

  /** Frame `index` arrives, with the `distance` frames before it. */
  receive(index: number, distance: number, payload?: Uint8Array | readonly number[]): void {
    const repeated = Array.from(
      { length: Math.min(distance, index) },
      (_, i) => Math.min(distance, index) - i,
    );
    const redundant = repeated.map((back) => ({ before: back * frameTicks, data: Call.frame(index - back) }));
    this.receiveRtp(index, payload ?? redPayload(redundant, Call.frame(index)));
  }

  receiveRtp(index: number, payload: Uint8Array | readonly number[], payloadType = red.payloadType): void {
    this.simulation.receive(
      0,
      PacketKind.Rtp,
      rtp({
        payloadType,
        sequenceNumber: (this.firstSequence + index) & 0xffff,
        timestamp: this.timestamp(index),
        ssrc: 0x77,
        marker: index === 3,
        payload,
        extensions: [[audioLevelId, [0x80 | (index & 0x7f)]]],
      }),
    );
  }

  sent(transport: number): ReadRtp[] {
    return this.simulation.take(transport, PacketKind.Rtp).map(({ bytes }) => readRtp(bytes));
  }
}

describe('RED', () => {
  test('goes as it is to those who know it, and as Opus to those who do not', () => {
    const call = new Call();
    for (let index = 0; index < 4; index++) call.receive(index, 1);
    const whole = call.sent(2);
    assert.deepEqual(
      whole.map(({ payloadType }) => payloadType),
      [63, 63, 63, 63],
    );
    const last = redPayload([{ before: frameTicks, data: Call.frame(2) }], Call.frame(3));
    assert.deepEqual([...whole[3].payload], last);
    const unwrapped = call.sent(1);
    assert.deepEqual(
      unwrapped.map(({ payload }) => [...payload]),
      [0, 1, 2, 3].map(Call.frame),
    );
    assert.ok(unwrapped.every(({ payloadType }) => payloadType === 96));
    assert.deepEqual(
      unwrapped.map(({ marker }) => marker),
      [true, false, false, true],
    );
    assert.equal(call.opusOnly.state, 'live');
    assert.equal(call.both.state, 'live');
    assert.equal(call.track.stats().redRecovered, 0);
  });

  test('a lost packet is taken out of the next, under its own number and time', () => {
    const call = new Call(65_534, 0xffffff00);
    for (const index of [0, 1, 3, 4]) call.receive(index, 1);
    const unwrapped = call.sent(1);
    assert.deepEqual(
      unwrapped.map(({ payload }) => [...payload]),
      [0, 1, 2, 3, 4].map(Call.frame),
    );
    const [first] = unwrapped;
    unwrapped.forEach(({ sequenceNumber, timestamp }, index) => {
      assert.equal(sequenceNumber, (first.sequenceNumber + index) & 0xffff);
      assert.equal(timestamp, call.timestamp(index));
    });
    // The level in the extension is that of the packet that came.
    assert.equal(unwrapped[2].extensionById.has(6), false);
    assert.deepEqual([...unwrapped[3].extensionById.get(6)!], [0x83]);
    assert.equal(call.track.stats().redRecovered, 1);
    assert.equal(call.simulation.context.counters.redRecovered, 1);
    // Who knows RED repairs by itself.
    assert.equal(call.sent(2).length, 4);
  });

  test('a packet that was late, or sent again, is not sent twice', () => {
    const call = new Call();
    for (const index of [0, 2, 1, 3]) call.receive(index, 1);
    const sequences = call.sent(1).map(({ sequenceNumber }) => sequenceNumber);
    assert.deepEqual(
      sequences,
      [0, 1, 2, 3].map((index) => sequences[0] + index),
    );
    assert.equal(call.sent(2).length, 4);
  });

  test('more packets than it repeats leave a gap, which a late one fills', () => {
    const call = new Call();
    call.receive(0, 2);
    call.receive(4, 2);
    call.receive(1, 2);
    const unwrapped = call.sent(1);
    assert.deepEqual(
      unwrapped.map(({ payload }) => payload[2]),
      [0, 2, 3, 4, 1],
    );
    assert.deepEqual(
      unwrapped.map(({ sequenceNumber }) => sequenceNumber - unwrapped[0].sequenceNumber),
      [0, 2, 3, 4, 1],
    );
  });

  test('a publisher may change between RED and Opus at any packet', () => {
    const call = new Call();
    call.receive(0, 1);
    call.receiveRtp(1, Call.frame(1), 111);
    call.receive(3, 1);
    call.receiveRtp(4, Call.frame(4), 111);
    assert.deepEqual(
      call.sent(1).map(({ payload }) => [...payload]),
      [0, 1, 2, 3, 4].map(Call.frame),
    );
    assert.deepEqual(
      call.sent(2).map(({ payloadType }) => payloadType),
      [63, 111, 63, 111],
    );
  });

  test('redundancy of every second packet is numbered by its time', () => {
    const call = new Call();
    call.receive(0, 0);
    call.receive(1, 0);
    // 2 and 3 are lost; 4 repeats 2 alone.
    call.receive(4, 0, redPayload([{ before: 2 * frameTicks, data: Call.frame(2) }], Call.frame(4)));
    const unwrapped = call.sent(1);
    assert.deepEqual(
      unwrapped.map(({ payload, sequenceNumber }) => [
        payload[2],
        sequenceNumber - unwrapped[0].sequenceNumber,
      ]),
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [4, 4],
      ],
    );
  });

  test('DTX passes: its gaps in time stay, nothing is put in them', () => {
    const call = new Call();
    const send = (index: number, ticks: number, payload: number[]) =>
      call.simulation.receive(
        0,
        PacketKind.Rtp,
        rtp({ payloadType: 63, sequenceNumber: 100 + index, timestamp: ticks, ssrc: 0x77, payload }),
      );
    send(0, 0, redPayload([], [1, 2, 3]));
    send(1, 960, redPayload([{ before: 960, data: [1, 2, 3] }], [0xf8]));
    // 400 ms of silence; 2 is lost after it, and 3 comes 20 ms later.
    send(3, 960 + 19_200 + 960, redPayload([{ before: 960, data: [7, 7] }], [8, 8]));
    assert.deepEqual(
      call.sent(1).map(({ timestamp, payload }) => [timestamp, ...payload]),
      [
        [0, 1, 2, 3],
        [960, 0xf8],
        [20_160, 7, 7],
        [21_120, 8, 8],
      ],
    );
  });

  test('a NACK of the receiver is answered with the very packet it got', () => {
    const call = new Call();
    for (const index of [0, 1, 3, 4]) call.receive(index, 1);
    const original = call.simulation
      .take(1, PacketKind.Rtp)
      .map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    call.simulation.advance(200);
    call.simulation.take();
    const first = readRtp(Buffer.from(original[0], 'hex')).sequenceNumber;
    for (let index = 0; index < 5; index++) {
      const entry = big((first + index) & 0xffff, 2);
      const nack = [0x81, 205, 0, 3, ...big(1, 4), ...big(5, 4), ...entry, 0, 0];
      call.simulation.receive(1, PacketKind.Rtcp, Uint8Array.from(nack));
    }
    const again = call.simulation
      .take(1, PacketKind.Rtp)
      .map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    assert.deepEqual(again, original);
  });

  test('without Opus at the receiver there is nothing to send', () => {
    const call = new Call();
    const pcmu = { ...opus, name: 'PCMU', clockRate: 8000, channels: 1, payloadType: 0 };
    call.opusOnly.update({ ...call.opusOnly.parameters, codecs: [pcmu] });
    call.receive(0, 1);
    assert.equal(call.opusOnly.state, 'codec-not-supported');
    assert.equal(call.sent(1).length, 0);
  });

  test('a receiver whose RED repeats another payload type gets Opus', () => {
    const call = new Call();
    const codecs = [
      { ...red, parameters: { '96/96': '' } },
      { ...nacked, payloadType: 96 },
    ];
    call.both.update({ ...call.both.parameters, codecs });
    call.receive(0, 1);
    const [packet] = call.sent(2);
    assert.equal(packet.payloadType, 96);
    assert.deepEqual([...packet.payload], Call.frame(0));
  });

  test('with loss, reordering and duplicates every number carries its own frame, once', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        (seed, distance, firstSequence, loss) => {
          const random = seededRandom(seed);
          const chance = () => random() / 2 ** 32;
          const call = new Call(firstSequence, random());
          const arrivals: { index: number; at: number }[] = [{ index: 0, at: 0 }];
          for (let index = 1; index < 120; index++) {
            if (chance() < loss) continue;
            const at = index + (chance() < 0.1 ? chance() * 6 : 0);
            arrivals.push({ index, at });
            if (chance() < 0.05) arrivals.push({ index, at: at + 1 });
          }
          arrivals.sort((a, b) => a.at - b.at);
          for (const { index } of arrivals) call.receive(index, distance);
          const unwrapped = call.sent(1);
          const [first] = unwrapped;
          const seen = new Set<number>();
          for (const { sequenceNumber, timestamp, payload } of unwrapped) {
            const index = (sequenceNumber - first.sequenceNumber) & 0xffff;
            assert.equal(seen.has(index), false);
            seen.add(index);
            assert.deepEqual([...payload], Call.frame(index));
            assert.equal(timestamp, call.timestamp(index));
          }
          // Nothing that came is missing, nor anything that the packet after a gap repeats.
          let highest = -1;
          for (const { index } of arrivals) {
            assert.ok(seen.has(index));
            for (let lost = Math.max(highest + 1, index - distance); highest >= 0 && lost < index; lost++)
              assert.ok(seen.has(lost), `${lost} lost before ${index}`);
            highest = Math.max(highest, index);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('10 000 mutated payloads: each is dropped or forwarded whole, and those after it are as ever', () => {
    const call = new Call();
    const random = seededRandom(99);
    const { counters } = call.simulation.context;
    let forwarded = 0;
    call.receive(0, 2);
    call.sent(1);
    call.sent(2);
    for (let index = 1; index <= 10_000; index++) {
      const payload = Uint8Array.from(
        redPayload(
          [
            { before: 2 * frameTicks, data: Call.frame(index) },
            { before: frameTicks, data: Call.frame(index) },
          ],
          Call.frame(index),
        ),
      );
      const mutated = payload.slice(0, random() % 4 === 0 ? random() % payload.length : payload.length);
      for (let change = random() % 4; change >= 0 && mutated.length > 0; change--)
        mutated[random() % mutated.length] = random();
      call.receive(index, 2, mutated);
      const whole = call.sent(2);
      forwarded += whole.length;
      assert.ok(whole.length <= 1);
      for (const { payload: bytes } of whole) assert.deepEqual([...bytes], [...mutated]);
      const unwrapped = call.sent(1);
      assert.ok(unwrapped.length <= 17);
      for (const packet of unwrapped) {
        assert.equal(packet.payloadType, 96);
        assert.ok(packet.payload.length <= mutated.length);
      }
    }
    assert.ok(counters.malformedRed > 500 && forwarded > 500, `${counters.malformedRed}, ${forwarded}`);
    call.receive(10_001, 1);
    call.receive(10_002, 1);
    assert.deepEqual([...call.sent(1).at(-1)!.payload], Call.frame(10_002));
  });
});
