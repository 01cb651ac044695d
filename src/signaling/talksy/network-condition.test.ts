import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkCondition } from './network-condition.ts';

const quiet = { jitterMs: 5, lossFraction: 0 };

test('unstable at the first disturbance, stable after 30 quiet seconds, and told when it changes', () => {
  const condition = new NetworkCondition();
  assert.equal(condition.observe(0, quiet), null);
  assert.equal(condition.observe(1000, { jitterMs: 150, lossFraction: 0 }), 0);
  assert.equal(condition.observe(2000, { jitterMs: 5, lossFraction: 0.2 }), null);
  assert.equal(condition.observe(31_999, quiet), null);
  assert.equal(condition.observe(32_000, quiet), 1);
  assert.equal(condition.observe(33_000, quiet), null);
  assert.equal(condition.observe(34_000, { jitterMs: 5, lossFraction: 0.5 }), 0);
});
