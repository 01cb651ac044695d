import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../simulation.test.ts';
import { parseRtcp, type ReportBlock, type RtcpHandler } from './rtcp-parser.ts';
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
} from './rtcp-writer.ts';

/** Writes down what it is told. */
class Recorder implements RtcpHandler {
  readonly heard: unknown[] = [];
  senderReport(...fields: number[]): void {
    this.heard.push(['SR', ...fields]);
  }
  reportBlock(block: ReportBlock): void {
    this.heard.push(['block', { ...block }]);
  }
  goodbye(ssrc: number): void {
    this.heard.push(['BYE', ssrc]);
  }
  nack(...fields: number[]): void {
    this.heard.push(['NACK', ...fields]);
  }
  pictureLoss(ssrc: number): void {
    this.heard.push(['PLI', ssrc]);
  }
  fullIntraRequest(ssrc: number): void {
    this.heard.push(['FIR', ssrc]);
  }
  receiverEstimate(bitrate: number): void {
    this.heard.push(['REMB', bitrate]);
  }
  transportFeedback(_bytes: Uint8Array, start: number, length: number): void {
    this.heard.push(['TWCC', start, length]);
  }
}

function parse(bytes: Uint8Array): { ok: boolean; heard: unknown[] } {
  const recorder = new Recorder();
  const padded = new Uint8Array(bytes.length + 64).fill(0xff);
  padded.set(bytes, 32);
  const ok = parseRtcp(padded, 32, bytes.length, recorder);
  return { ok, heard: recorder.heard };
}

function build(write: (bytes: Uint8Array, at: number) => number): Uint8Array {
  const bytes = new Uint8Array(1500).fill(0xaa);
  return bytes.slice(5, write(bytes, 5));
}

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

const blocks: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: int32,
  fractionLost: fc.integer({ min: 0, max: 255 }),
  cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: int32,
  jitter: int32,
  lastReport: int32,
  delaySinceLastReport: fc.integer({ min: 0, max: 0xffff_ffff }),
});

test('a compound of SR, SDES, RR with blocks and BYE comes back as it was written', () => {
  const senderInfo = fc.tuple(int32, int32, int32, int32, int32, int32);
  const anyBlocks = fc.array(blocks, { maxLength: 31 });
  fc.assert(
    fc.property(senderInfo, anyBlocks, fc.string({ maxLength: 40 }), int32, (info, reported, cname, ssrc) => {
      const bytes = build((bytes, at) => {
        let end = writeSenderReport(bytes, at, ...info);
        end = writeSourceDescription(bytes, end, ssrc, cname);
        const report = end;
        end = writeReceiverReport(bytes, end, ssrc);
        for (const block of reported) end = addReportBlock(bytes, report, end, block);
        return writeGoodbye(bytes, end, ssrc);
      });
      const { ok, heard } = parse(bytes);
      assert.ok(ok);
      const expectedBlocks = reported.map((block) => ['block', { ...block }]);
      assert.deepEqual(heard, [['SR', ...info.slice(0, 4)], ...expectedBlocks, ['BYE', ssrc]]);
    }),
  );
});

test('cumulative loss is kept within 24 bits', () => {
  for (const [lost, seen] of [
    [0x900000, 0x7fffff],
    [-0x900000, -0x800000],
  ]) {
    const block = {
      ssrc: 1,
      fractionLost: 9,
      cumulativeLost: lost,
      highestSequence: 2,
      jitter: 3,
      lastReport: 4,
      delaySinceLastReport: 5,
    };
    const bytes = build((bytes, at) => addReportBlock(bytes, at, writeReceiverReport(bytes, at, 1), block));
    assert.deepEqual(parse(bytes).heard, [['block', { ...block, cumulativeLost: seen }]]);
  }
});

test('a NACK names exactly the sequence numbers it was made of', () => {
  const distances = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65535 }), distances, (first, steps) => {
      const sequences = new Uint16Array(steps.length);
      let at = first;
      steps.forEach((step, index) => {
        sequences[index] = at;
        at += step;
      });
      const bytes = build((bytes, at) => writeNack(bytes, at, 1, 0x99, sequences, sequences.length));
      const named: number[] = [];
      for (const [, ssrc, sequence, bitmask] of parse(bytes).heard as number[][]) {
        assert.equal(ssrc, 0x99);
        named.push(sequence);
        for (let bit = 0; bit < 16; bit++)
          if (bitmask & (1 << bit)) named.push((sequence + 1 + bit) & 0xffff);
      }
      assert.deepEqual(named, [...sequences]);
    }),
  );
});

test('PLI and FIR', () => {
  assert.deepEqual(parse(build((bytes, at) => writePictureLoss(bytes, at, 1, 7))).heard, [['PLI', 7]]);
  assert.deepEqual(parse(build((bytes, at) => writeFullIntraRequest(bytes, at, 1, 7, 3))).heard, [
    ['FIR', 7],
  ]);
});

test('REMB loses less than 1/2^17 of the bit rate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (bitrate) => {
      const bytes = build((bytes, at) => writeReceiverEstimate(bytes, at, 1, bitrate, [7, 8]));
      const [[name, seen]] = parse(bytes).heard as [string, number][];
      assert.equal(name, 'REMB');
      assert.ok(seen <= bitrate && seen >= bitrate * (1 - 2 ** -17) - 1, `${seen} of ${bitrate}`);
    }),
  );
});

test('a REMB as Chromium sends it', () => {
  const remb = hex('8f ce 0005 00000001 00000000 52454d42 01 0b 6dd0 00001234');
  assert.deepEqual(parse(remb), { ok: true, heard: [['REMB', 0x36dd0 * 4]] });
});

test('packets of unknown types and formats are skipped', () => {
  const unknown = hex('80 cf 0001 00000001  83 ce 0002 00000001 00000002  81 ce 0002 00000001 00000007');
  assert.deepEqual(parse(unknown), { ok: true, heard: [['PLI', 7]] });
});

test('padding of the last packet is taken off', () => {
  const nack = hex('a1 cd 0004 00000001 00000002 0005 0000 00000004');
  assert.deepEqual(parse(nack), { ok: true, heard: [['NACK', 2, 5, 0]] });
});

const pli = '81 ce 0002 00000001 00000007';
const malformed: readonly (readonly [why: string, packet: string])[] = [
  ['a rest too short for a header', '81 ce'],
  ['version 1', '41 ce 0002 00000001 00000007'],
  ['a length beyond the end', '81 ce 0003 00000001 00000007'],
  [
    'report blocks beyond the packet',
    '82 c9 0007 00000001 00000001 00000000 00000000 00000000 00000000 00000000',
  ],
  ['an SR without sender info', '80 c8 0001 00000001'],
  ['BYE with SSRCs beyond the packet', '82 cb 0001 00000001'],
  ['feedback without a media SSRC', '81 cd 0001 00000001'],
  ['transport feedback without a body', '8f cd 0002 00000001 00000001'],
  ['REMB cut off after the media SSRC', '8f ce 0001 00000001'],
  ['padding longer than the packet', 'a1 ce 0002 00000001 00000010'],
  ['padding of 0', 'a1 ce 0002 00000001 00000000'],
];

for (const [why, packet] of malformed) {
  test(`refused: ${why}; what came before is used`, () => {
    assert.deepEqual(parse(hex(pli + packet)), { ok: false, heard: [['PLI', 7]] });
  });
}

test('padding before the end of a compound is refused', () => {
  assert.equal(parse(hex(`a1 cd 0004 00000001 00000002 0005 0000 00000004 ${pli}`)).ok, false);
});

test('an empty packet is refused', () => assert.equal(parse(new Uint8Array(0)).ok, false));
