import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageBudget } from './message-budget.ts';

test('the burst of a large call is let through', () => {
  const budget = new MessageBudget(0);
  for (let peer = 0; peer < 16; peer++) {
    assert.ok(budget.spend('joinRoom', 0));
    assert.ok(budget.spend('offer', 0));
    for (let candidate = 0; candidate < 60; candidate++) assert.ok(budget.spend('ice-candidate', 0));
  }
});

test('a flood is not', () => {
  const budget = new MessageBudget(0);
  let messages = 0;
  while (budget.spend(null, 0)) messages++;
  assert.equal(messages, 2000);
});

test('what was spent comes back with time, but never more than the bucket holds', () => {
  const budget = new MessageBudget(0);
  for (let i = 0; i < 2000; i++) budget.spend(null, 0);
  assert.ok(budget.spend('offer', 60));
  assert.ok(!budget.spend('offer', 60));
  for (let i = 0; i < 2000; i++) assert.ok(budget.spend(null, 1e9));
  assert.ok(!budget.spend(null, 1e9));
});
