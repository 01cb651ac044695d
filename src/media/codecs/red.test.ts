import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex, redPayload } from '../simulation.test.ts';
import { maxRedBlocks, RedPayload, redPrimary } from './red.ts';

const red = new RedPayload();

function blocks(bytes: Uint8Array): [payloadType: number, before: number, data: number[]][] {
  return Array.from({ length: red.count }, (_, block) => [
    red.payloadType[block],
    red.timestampOffset[block],
    [...bytes.subarray(red.offset[block], red.offset[block] + red.length[block])],
  ]);
}

test('a Chromium packet with one redundant block of 20 ms before', () => {
  // F=1 PT=111, offset 960 (0x3c0), length 3; F=0 PT=111; data.
  const bytes = hex('ef 0f 00 03 6f aabbcc 0102');
  assert.ok(red.parse(bytes, 0, bytes.length));
  assert.deepEqual(blocks(bytes), [
    [111, 960, [0xaa, 0xbb, 0xcc]],
    [111, 0, [1, 2]],
  ]);
});

test('a packet without redundancy, and an empty primary', () => {
  const alone = hex('ff 6f 0102');
  assert.ok(red.parse(alone, 1, 3));
  assert.deepEqual(blocks(alone), [[111, 0, [1, 2]]]);
  const empty = hex('6f');
  assert.ok(red.parse(empty, 0, 1));
  assert.deepEqual(blocks(empty), [[111, 0, []]]);
});

test('the largest offset and length', () => {
  const data = new Array<number>(1023).fill(7);
  const bytes = Uint8Array.from(redPayload([{ before: 16383, data }], [9]));
  assert.ok(red.parse(bytes, 0, bytes.length));
  assert.deepEqual(blocks(bytes), [
    [111, 16383, data],
    [111, 0, [9]],
  ]);
});

for (const [what, text] of [
  ['nothing', ''],
  ['a cut block header', 'ef 0f 00'],
  ['no header of the primary', 'ef 0f 00 00'],
  ['data beyond the end', 'ef 0f 00 03 6f aabb'],
  ['no end of headers', 'ef 0f 00 00'.repeat(maxRedBlocks + 1)],
  ['too many blocks', `${'ef 0f 00 00'.repeat(maxRedBlocks)} 6f`],
] as const) {
  test(`malformed: ${what}`, () => {
    const bytes = hex(text);
    // What lies behind the end must not be read as part of it.
    assert.equal(red.parse(Uint8Array.from([...bytes, 0x6f, 0, 0, 0, 0, 0]), 0, bytes.length), false);
  });
}

test('what was written is read', () => {
  const data = fc.uint8Array({ maxLength: 60 });
  const redundant = fc.array(fc.record({ before: fc.nat(16383), data }), { maxLength: maxRedBlocks - 1 });
  fc.assert(
    fc.property(redundant, data, fc.nat(127), (earlier, primary, payloadType) => {
      const bytes = Uint8Array.from(redPayload(earlier, primary, payloadType));
      assert.ok(red.parse(bytes, 0, bytes.length));
      assert.deepEqual(blocks(bytes), [
        ...earlier.map(({ before, data }) => [payloadType, before, [...data]]),
        [payloadType, 0, [...primary]],
      ]);
    }),
  );
});

test('whatever the bytes, no block reaches beyond them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(5), (bytes, start) => {
      if (start > bytes.length || !red.parse(bytes, start, bytes.length - start)) return;
      for (let block = 0; block < red.count; block++) {
        assert.ok(red.offset[block] > start);
        assert.ok(red.offset[block] + red.length[block] <= bytes.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a=fmtp of RED names what it repeats', () => {
  const primary = (key: string) => redPrimary({ parameters: { [key]: '' } });
  assert.equal(primary('111/111'), 111);
  assert.equal(primary('96/96/96'), 96);
  assert.equal(primary('111/0'), -1);
  assert.equal(primary('x'), -1);
  assert.equal(redPrimary({ parameters: {} }), -1);
});
