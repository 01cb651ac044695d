import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Activity,
  dominates,
  immediateScores,
  immediateUnits,
  longScores,
  longUnits,
  mediumScores,
  mediumUnits,
} from './activity-scores.ts';

const silent: Activity = { immediate: 0, medium: 0, long: 0 };

test('scores are the logarithm of likelihoods of speech against noise', () => {
  // log C(13, 7) + 13 log 0.5 - log 0.78 + 0.78 × 7
  assert.ok(Math.abs(immediateScores[7] - 4.144) < 0.01, `${immediateScores[7]}`);
  assert.equal(immediateScores[0], 1e-10);
  assert.equal(immediateScores[3], 1e-10);
  assert.ok(immediateScores[4] > 0.5);
  assert.equal(mediumScores[0], 1e-10);
  for (const scores of [mediumScores, longScores]) {
    for (let active = 1; active < scores.length; active++) assert.ok(scores[active] > scores[active - 1]);
  }
  assert.deepEqual(
    [immediateScores.length, mediumScores.length, longScores.length],
    [immediateUnits + 1, mediumUnits + 1, longUnits + 1],
  );
});

const cases: readonly (readonly [what: string, challenger: Activity, dominant: Activity, result: boolean])[] =
  [
    ['speech against silence', { immediate: 8, medium: 5, long: 2 }, silent, true],
    ['silence against silence', silent, silent, false],
    ['silence against speech', silent, { immediate: 8, medium: 5, long: 6 }, false],
    [
      'speech against one who spoke for longer',
      { immediate: 8, medium: 5, long: 2 },
      { immediate: 0, medium: 0, long: 4 },
      false,
    ],
    [
      'speech against one who has paused',
      { immediate: 8, medium: 5, long: 4 },
      { immediate: 0, medium: 0, long: 3 },
      true,
    ],
    [
      'speech against speech',
      { immediate: 9, medium: 5, long: 6 },
      { immediate: 6, medium: 4, long: 5 },
      false,
    ],
    ['a bang against silence', { immediate: 13, medium: 0, long: 0 }, silent, false],
  ];

for (const [what, challenger, dominant, result] of cases) {
  test(`dominance: ${what}`, () => assert.equal(dominates(challenger, dominant), result));
}
