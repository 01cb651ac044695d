import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, missedGoals } from './figures.ts';
import { scenarios } from './scenarios.ts';
import { simulate } from './simulation.ts';
import { plotTrace } from './svg-plot.ts';

/** `npm run sim:bandwidth` runs more of them. */
const seeds = [1, 2];

for (const scenario of scenarios) {
  test(`RFC 8867 ${scenario.id}: ${scenario.title}`, () => {
    for (const seed of seeds) assert.deepEqual(missedGoals(figuresOf(simulate(scenario, seed), seed)), []);
  });
}

test('the same seed gives the same run, another one does not', () => {
  const scenario = { ...scenarios[0], durationMs: 20_000 };
  const estimates = (seed: number) => simulate(scenario, seed).samples.map((sample) => sample.estimates[0]);
  assert.deepEqual(estimates(1), estimates(1));
  assert.notDeepEqual(estimates(1), estimates(2));
});

test('what it rests on is small: less than 20 KB of sent packets a connection', () => {
  const trace = simulate({ ...scenarios[0], durationMs: 2000 }, 1);
  assert.ok(trace.flows[0].bandwidth.outlet.log!.memoryBytes < 20_000);
});

test('a plot holds every line', () => {
  const svg = plotTrace(simulate({ ...scenarios[1], durationMs: 3000 }, 1));
  assert.equal(svg.match(/<polyline/g)?.length, 1 + 1 + 2 * 3 + 1);
  assert.ok(!svg.includes('NaN'));
});
