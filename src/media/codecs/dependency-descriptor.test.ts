import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntheticEncoder } from '../layers/synthetic-encoder.test.ts';
import { hex, seededRandom } from '../simulation.test.ts';
import {
  DependencyDescriptor,
  dependencyDescriptorGrowth,
  dependencyRewrite,
  rewriteDependencyDescriptor,
} from './dependency-descriptor.ts';

/**
 * L1T2, written by hand after appendix A of the AV1 RTP payload format:
 *
 *     1 1 000101 0000000100000000                   S, E, template 5, frame 256
 *     1 0 0 0 0                                     structure only
 *     000101 00001                                  offset 5, 2 decode targets
 *     01 11                                         templates T0, T1
 *     10 10  00 01                                  "SS", "-D"
 *     0  1 0000 0                                   differences: none; 1
 *     01 (ns(3) = 1)  (ns(1): no bits, twice)       1 chain, which protects both
 *     0000  0001                                    chain differences
 *     1 0000000100111111 0000000010110011           320 × 180
 */
const structure =
  '11000101' +
  '0000000100000000' +
  '10000' +
  '000101' +
  '00001' +
  '0111' +
  '1010' +
  '0001' +
  '0' +
  '100000' +
  '10' +
  '0000' +
  '0001' +
  '1' +
  '0000000100111111' +
  '0000000010110011';

function bits(text: string): Uint8Array {
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0');
  return Uint8Array.from({ length: padded.length / 8 }, (_, i) =>
    Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2),
  );
}

function read(descriptor: DependencyDescriptor, bytes: Uint8Array, extended: number): boolean {
  return descriptor.read(bytes, 0, bytes.length, extended);
}

test('a structure and what refers to it', () => {
  const descriptor = new DependencyDescriptor();
  assert.equal(read(descriptor, hex('860101'), 1), false, 'nothing is known of the templates yet');
  assert.equal(read(descriptor, bits(structure), 2), true);
  assert.deepEqual(
    [descriptor.startOfFrame, descriptor.endOfFrame, descriptor.frameNumber, descriptor.structureAttached],
    [true, true, 256, true],
  );
  assert.equal(descriptor.active, 0b11);
  const { structure: read1 } = descriptor;
  assert.deepEqual([...read1!.targetTemporal], [0, 1]);
  assert.deepEqual([read1!.widths[0], read1!.heights[0]], [320, 180]);
  assert.deepEqual([...read1!.includes], [0b01, 0b11]);
  assert.equal(read(descriptor, hex('860101'), 3), true);
  assert.deepEqual(
    [descriptor.temporal, descriptor.indication(0), descriptor.indication(1), descriptor.chainDiff(0)],
    [1, 0, 1, 1],
  );
  // The same structure again is the same object; a template nobody described is malformed.
  assert.equal(read(descriptor, bits(structure), 4), true);
  assert.equal(descriptor.structure, read1);
  assert.equal(read(descriptor, hex('870101'), 5), false);
});

test('a rewritten descriptor says the same but for its frame number and mask', () => {
  const original = bits(structure);
  const out = new Uint8Array(100).fill(0xff);
  for (const [source, mask] of [
    [original, 0b01],
    [hex('860101'), 0b01],
    [bits(`10000110000000010000000101000` + `10`), 0b01],
  ] as const) {
    const end = rewriteDependencyDescriptor(
      source,
      0,
      source.length,
      out,
      10,
      dependencyRewrite(777, true, 2),
      mask,
    );
    assert.ok(end - 10 <= source.length + dependencyDescriptorGrowth);
    const plain = new DependencyDescriptor();
    const rewritten = new DependencyDescriptor();
    for (const descriptor of [plain, rewritten]) assert.ok(read(descriptor, original, 1));
    assert.ok(read(plain, source, 2));
    assert.ok(rewritten.read(out, 10, end - 10, 2));
    assert.deepEqual(
      [rewritten.frameNumber, rewritten.active, rewritten.activeAttached, rewritten.temporal],
      [777, mask, true, plain.temporal],
    );
    assert.equal(rewritten.structureAttached, plain.structureAttached);
  }
});

test('every descriptor of an encoder survives rewriting', () => {
  const encoder = new SyntheticEncoder({
    codec: 'AV1',
    spatialLayers: 3,
    temporalLayers: 3,
    dependencyDescriptor: true,
  });
  const plain = new DependencyDescriptor();
  const rewritten = new DependencyDescriptor();
  const out = new Uint8Array(400);
  let extended = 0;
  for (let picture = 0; picture < 40; picture++) {
    if (picture === 20) encoder.requestKeyFrame();
    encoder.activeSpatialLayers = picture > 30 ? 2 : 3;
    for (const { descriptor } of encoder.encode()) {
      const source = Uint8Array.from(descriptor!);
      const end = rewriteDependencyDescriptor(
        source,
        0,
        source.length,
        out,
        3,
        dependencyRewrite(picture, true, 9),
        0b111,
      );
      extended++;
      assert.ok(read(plain, source, extended));
      assert.ok(rewritten.read(out, 3, end - 3, extended));
      const facts = (descriptor_: DependencyDescriptor) => [
        descriptor_.spatial,
        descriptor_.temporal,
        descriptor_.startOfFrame,
        descriptor_.endOfFrame,
        ...Array.from({ length: 9 }, (_, target) => descriptor_.indication(target)),
        ...Array.from({ length: 3 }, (_, chain) => descriptor_.chainDiff(chain)),
      ];
      assert.deepEqual(facts(rewritten), facts(plain));
      assert.equal(rewritten.active, 0b111);
    }
  }
});

test('mutated descriptors are read, and rewritten, without an error', () => {
  const random = seededRandom(9);
  const encoder = new SyntheticEncoder({
    codec: 'AV1',
    spatialLayers: 3,
    temporalLayers: 3,
    dependencyDescriptor: true,
  });
  const descriptor = new DependencyDescriptor();
  const out = new Uint8Array(600);
  for (let round = 0; round < 5000; round++) {
    if (random() % 4 === 0) encoder.requestKeyFrame();
    for (const packet of encoder.encode()) {
      const source = Uint8Array.from(packet.descriptor!);
      for (let change = random() % 4; change > 0; change--) source[random() % source.length] = random();
      const length = random() % 3 === 0 ? random() % (source.length + 1) : source.length;
      if (!descriptor.read(source, 0, length, round)) continue;
      const targets = descriptor.structure!.decodeTargetCount;
      const end = rewriteDependencyDescriptor(
        source,
        0,
        length,
        out,
        0,
        dependencyRewrite(1, true, targets),
        1,
      );
      assert.ok(end <= length + dependencyDescriptorGrowth);
      assert.equal(typeof descriptor.skippable, 'boolean');
    }
  }
});
