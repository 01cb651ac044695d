import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketLayers } from '../layers/packet-layers.ts';
import { hex, seededRandom } from '../simulation.test.ts';
import { KeyFrameSyntax } from './detect-key-frame.ts';
import { KeyFrame } from './key-frame.ts';

const { None, Start, WithoutParameterSets } = KeyFrame;

const cases: readonly (readonly [
  syntax: keyof typeof KeyFrameSyntax,
  what: string,
  payload: string,
  found: number,
])[] = [
  ['Vp8', 'key frame, short descriptor', '10 00 9d012a', Start],
  ['Vp8', 'delta frame', '10 01 0000', None],
  ['Vp8', 'continuation of partition 0', '00 00 9d', None],
  ['Vp8', 'start of partition 1', '11 00 9d', None],
  ['Vp8', 'key frame, 15-bit picture id, TL0PICIDX, TID', '90 e0 8123 05 20 00 9d012a', Start],
  ['Vp8', 'delta frame, 15-bit picture id, TL0PICIDX, TID', '90 e0 8123 05 20 01 000000', None],
  ['Vp8', 'key frame, 7-bit picture id', '90 80 23 00 9d', Start],
  ['Vp8', 'ends within the descriptor', '90 e0 81', None],
  ['Vp8', 'descriptor only', '10', None],
  ['Vp9', 'key picture, flexible, no layers', '98 8001 aa', Start],
  ['Vp9', 'inter picture', 'd8 8001 aa', None],
  ['Vp9', 'continuation of a key picture', '90 8001 aa', None],
  ['Vp9', 'key picture, spatial layer 0', 'a8 8001 00 07 aa', Start],
  ['Vp9', 'key picture, spatial layer 1 (predicted from 0)', 'a8 8001 03 07 aa', None],
  ['Vp9', 'ends within the descriptor', 'a8 80', None],
  ['H264', 'SPS alone', '67 42e01f', Start],
  ['H264', 'PPS alone', '68 ce3c80', None],
  ['H264', 'IDR alone', '65 8880', WithoutParameterSets],
  ['H264', 'non-IDR slice', '61 8880', None],
  ['H264', 'STAP-A with SPS and PPS', '78 0004 6742e01f 0002 68ce', Start],
  ['H264', 'STAP-A with SEI and IDR', '78 0002 0600 0003 658880', WithoutParameterSets],
  ['H264', 'STAP-A with a size beyond the end', '78 0004 6742', None],
  ['H264', 'STAP-A with an empty unit', '78 0000 6742', None],
  ['H264', 'FU-A, start of an IDR', '7c 85 88', WithoutParameterSets],
  ['H264', 'FU-A, middle of an IDR', '7c 05 88', None],
  ['H264', 'FU-A, start of an SPS', '7c 87 42', Start],
  ['H264', 'FU-A cut off', '7c', None],
  ['H264', 'empty', '', None],
  ['H265', 'VPS alone', '40 01 0c', Start],
  ['H265', 'SPS alone', '42 01 01', Start],
  ['H265', 'PPS alone', '44 01 c0', None],
  ['H265', 'IDR_W_RADL alone', '26 01 af', WithoutParameterSets],
  ['H265', 'CRA alone', '2a 01 af', WithoutParameterSets],
  ['H265', 'TRAIL_R', '02 01 d0', None],
  ['H265', 'aggregation packet with VPS', '60 01 0003 40010c 0003 420101', Start],
  ['H265', 'aggregation packet cut off', '60 01 0009 4001', None],
  ['H265', 'fragment, start of an IDR', '62 01 93 af', WithoutParameterSets],
  ['H265', 'fragment, end of an IDR', '62 01 53 af', None],
  ['H265', 'one byte', '40', None],
  ['Av1', 'N set', '18 0a0b', Start],
  ['Av1', 'N set, but continued', '88 0a0b', None],
  ['Av1', 'N not set, sequence header first', '10 08 00', Start],
  ['Av1', 'W = 0, temporal delimiter, then sequence header', '00 01 10 02 08 00', Start],
  ['Av1', 'frame', '10 30 00', None],
  ['Av1', 'size beyond the end', '00 7f 08', None],
  ['Av1', 'size without an end', '00 ff ff ff ff', None],
  ['Av1', 'header only', '10', None],
  ['None', 'any', '10 00', None],
];

for (const [syntax, what, payload, found] of cases) {
  test(`${syntax}: ${what}`, () => {
    // Surrounded by bytes that would change the answer if they were read.
    for (const around of [0x00, 0xff, 0x67, 0x9d]) {
      const bytes = hex(payload);
      const padded = new Uint8Array(bytes.length + 40).fill(around);
      padded.set(bytes, 20);
      assert.equal(new PacketLayers().read(KeyFrameSyntax[syntax], padded, 20, bytes.length), found);
    }
  });
}

test('random payloads are read without an error', () => {
  const layers = new PacketLayers();
  const random = seededRandom(5);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: random() % 24 }, () => random());
    for (const syntax of Object.values(KeyFrameSyntax)) layers.read(syntax, bytes, 0, bytes.length);
  }
});
