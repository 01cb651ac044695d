import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BandwidthLimits } from './bandwidth-limits.ts';
import { SinkLimits } from './sink-limits.ts';

test('bandwidths have defaults that bind nobody, and 0 takes a bound back', () => {
  const limits = new BandwidthLimits();
  assert.deepEqual([limits.get('maxVideoSendBandwidth'), limits.bound('maxVideoSendBandwidth')], [500, null]);
  limits.set('maxVideoSendBandwidth', 500);
  assert.equal(limits.bound('maxVideoSendBandwidth'), 500_000);
  limits.set('maxVideoSendBandwidth', 0);
  assert.deepEqual([limits.get('maxVideoSendBandwidth'), limits.bound('maxVideoSendBandwidth')], [0, null]);
  assert.throws(() => limits.set('maxVideoSendBandwidth', -1), /Invalid value for 'maxVideoSendBandwidth'/);
});

test('a source is told of the least that any of its sinks can be sent', () => {
  const told: (number | null)[] = [];
  const limits: SinkLimits = new SinkLimits(() => told.push(limits.lowest));
  const [a, b] = [{ id: 'a' }, { id: 'b' }];
  limits.set(a, null);
  limits.set(a, 900);
  limits.set(b, 300);
  limits.set(b, 300);
  limits.set(b, null);
  limits.set(a, null);
  assert.deepEqual(told, [900, 300, 900, null]);
});
