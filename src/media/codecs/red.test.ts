import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RtpCodecParameters } from '../rtp-parameters.ts';
import { findRedPrimary, redPrimaryStart } from './red.ts';

function codec(name: string, payloadType: number, parameters = {}): RtpCodecParameters {
  const common = { kind: 'audio', clockRate: 48_000, channels: 2, rtxPayloadType: -1, feedback: [] } as const;
  return { ...common, name, payloadType, parameters };
}

const opus = codec('opus', 111);

const start = (payload: number[], before = 0) =>
  redPrimaryStart(
    Uint8Array.from([...new Array<number>(before).fill(0xff), ...payload]),
    before,
    payload.length,
  );

test('the primary codec of RED is the one its parameters name', () => {
  assert.equal(findRedPrimary(codec('red', 63, { '111/111': '' }), [opus]), opus);
  assert.equal(findRedPrimary(codec('red', 63, { '109/109': '' }), [opus]), null);
  assert.equal(findRedPrimary(codec('red', 63), [opus]), null);
  assert.equal(findRedPrimary(opus, [opus]), null);
});

test('the newest frame starts behind the headers and the earlier frames', () => {
  assert.equal(start([111, 0xaa]), 1);
  assert.equal(start([0x80 | 111, 0x0f, 0x00, 0x02, 111, 1, 2, 0xaa], 5), 7);
  // A block length has ten bits.
  const long = [0x80 | 111, 0, 0x01, 0x00, 111, ...new Array<number>(256).fill(0), 0xaa];
  assert.equal(start(long), long.length - 1);
});

test('a payload that ends early has no newest frame', () => {
  for (const payload of [[], [111], [0x80 | 111], [0x80 | 111, 0, 0, 2], [0x80 | 111, 0, 0, 2, 111, 1, 2]]) {
    assert.equal(start(payload), -1, JSON.stringify(payload));
  }
});

test('whatever the bytes, the start is within the payload or -1', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(20), (bytes, offset) => {
      const length = Math.max(0, bytes.length - offset);
      const found = redPrimaryStart(bytes, offset, length);
      assert.ok(found === -1 || (found > 0 && found < length));
    }),
  );
});
