import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RepairBudget } from './repair-budget.ts';

const packet = 1250;

/** Asks for a packet every `everyMs`, for `ms`. @returns how many were granted */
function ask(
  budget: RepairBudget,
  clock: { nowMs: number },
  ms: number,
  everyMs: number,
  dispensable = false,
) {
  let granted = 0;
  for (const until = clock.nowMs + ms; clock.nowMs < until; clock.nowMs += everyMs) {
    if (budget.take(clock, packet, dispensable)) granted++;
  }
  return granted;
}

test('repairs get a share of an estimate that media use up, and what is left of one that they do not', () => {
  const clock = { nowMs: 1000 };
  const budget = new RepairBudget();
  budget.setEstimate(clock, 1_000_000, 1_000_000);
  const first = ask(budget, clock, 1000, 1);
  assert.ok(first > 30 && first < 50, `${first}`);
  // 300 kbit/s are 30 packets a second.
  const later = ask(budget, clock, 10_000, 1);
  assert.ok(Math.abs(later - 300) <= 2, `${later}`);
  budget.setEstimate(clock, 1_000_000, 200_000);
  assert.ok(Math.abs(ask(budget, clock, 10_000, 1) - 800) <= 2);
});

test('where nothing is known of the path there is a bound all the same', () => {
  const clock = { nowMs: 1000 };
  const budget = new RepairBudget();
  budget.setEstimate(clock, Number.POSITIVE_INFINITY, 500_000);
  ask(budget, clock, 1000, 0.01);
  assert.ok(Math.abs(ask(budget, clock, 1000, 0.01) - 5000) <= 2);
});

test('what can be left out leaves a reserve', () => {
  const clock = { nowMs: 1000 };
  const budget = new RepairBudget();
  budget.setEstimate(clock, 100_000, 100_000);
  ask(budget, clock, 10, 1, true);
  assert.equal(budget.take(clock, packet, true), false);
  assert.equal(budget.take(clock, packet, false), true);
  assert.ok(budget.refused > 0);
});

test('the rate of repairs is smoothed', () => {
  const clock = { nowMs: 1000 };
  const budget = new RepairBudget();
  for (let i = 0; i < 100; i++) {
    budget.setEstimate(clock, 1_000_000, 1_000_000);
    ask(budget, clock, 100, 10);
  }
  assert.ok(Math.abs(budget.bitrate - 300_000) < 20_000, `${budget.bitrate}`);
  clock.nowMs += 10_000;
  budget.setEstimate(clock, 1_000_000, 1_000_000);
  assert.ok(budget.bitrate < 5000);
});
