import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../simulation.test.ts';
import { maxStatuses, readTransportFeedback, writeTransportFeedback } from './transport-feedback.ts';

const mask = 2047;

/** Arrivals in µs; 0 for none. */
function write(times: readonly number[], from: number): { bytes: Uint8Array; next: number } {
  const ring = new Float64Array(mask + 1);
  times.forEach((time, index) => {
    ring[(from + index) & mask] = time;
  });
  const bytes = new Uint8Array(1400).fill(0xaa);
  const result = { end: 0, next: 0 };
  writeTransportFeedback(bytes, 0, 1, 2, 3, ring, mask, from, from + times.length - 1, result);
  return { bytes: bytes.slice(0, result.end), next: result.next };
}

function read(bytes: Uint8Array): { ok: boolean; statuses: [number, number][] } {
  const statuses: [number, number][] = [];
  const ok = readTransportFeedback(bytes, 0, bytes.length, (sequence, received, ticks) =>
    statuses.push([sequence, received ? (ticks >>> 0) * 250 : -1]),
  );
  return { ok, statuses };
}

test('the bytes are those of the draft', () => {
  // 64 ms reference of packet 5: 1; packets 5 and 7 arrived 1 ms and 3 ms after it.
  const { bytes, next } = write([65_000, 0, 67_000], 0x10005);
  assert.deepEqual(bytes, hex('8f cd 0005 00000001 00000002 0005 0003 000001 03 a800 04 08'));
  assert.equal(next, 0x10008);
});

test('what is read is what was written, to 250 µs, in as many packets as it takes', () => {
  const gaps = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 2, arbitrary: fc.constant(-1) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 30_000_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -60_000, max: -2 }) },
  );
  fc.assert(
    fc.property(
      fc.array(gaps, { minLength: 1, maxLength: 900 }),
      fc.integer({ min: 1e9, max: 9e11 }),
      (steps, start) => {
        let now = start;
        // The last one has arrived: a log never reports beyond what did.
        const times = [...steps, 5].map((step) => {
          if (step === -1) return 0;
          now += step;
          return now;
        });
        const from = 0x1fff0;
        let told = 0;
        while (told < times.length) {
          const part = times.slice(told, told + maxStatuses);
          if (part.every((time) => time === 0)) break;
          const { bytes, next } = write(part, from + told);
          assert.ok(bytes.length % 4 === 0 && bytes.length <= 1200);
          const { ok, statuses } = read(bytes);
          assert.ok(ok);
          assert.ok(statuses.length > 0 && statuses.length === next - from - told);
          const reference = 2 ** 24 * 64_000;
          statuses.forEach(([sequence, micros], index) => {
            assert.equal(sequence, (from + told + index) & 0xffff);
            const truth = times[told + index];
            if (truth === 0) assert.equal(micros, -1);
            else {
              const difference = (((micros - truth) % reference) + reference) % reference;
              assert.ok(Math.min(difference, reference - difference) <= 125, `${micros} for ${truth}`);
            }
          });
          told += statuses.length;
        }
      },
    ),
  );
});

const malformed: readonly (readonly [why: string, packet: string])[] = [
  ['too short', '8f cd 0003 00000001 00000002 00050003'],
  ['chunks beyond the end', '8f cd 0004 00000001 00000002 0005 00ff 000001 03'],
  ['an empty run', '8f cd 0005 00000001 00000002 0005 0003 000001 03 0000 0408'],
  ['deltas beyond the end', '8f cd 0005 00000001 00000002 0005 0003 000001 03 2003 0408'],
];

for (const [why, packet] of malformed) {
  test(`refused: ${why}`, () => assert.equal(read(hex(packet)).ok, false));
}
