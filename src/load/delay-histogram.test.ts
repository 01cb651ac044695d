import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DelayHistogram } from './delay-histogram.ts';

test('a quantile is never below the exact one and at most 1/32 above it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (delays, quantile) => {
        const histogram = new DelayHistogram();
        for (const delay of delays) histogram.record(delay);
        const sorted = [...delays].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1];
        const estimate = histogram.quantile(quantile);
        assert.ok(
          estimate >= exact && estimate <= exact + Math.max(0, exact / 32) + 1,
          `${estimate} for ${exact}`,
        );
      },
    ),
  );
});

test('negative delays count as none and reset empties', () => {
  const histogram = new DelayHistogram();
  histogram.record(-5);
  assert.equal(histogram.count, 1);
  assert.equal(histogram.quantile(0.5), 0);
  histogram.reset();
  assert.equal(histogram.count, 0);
});
