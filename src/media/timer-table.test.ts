import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimerName, TimerTable } from './timer-table.ts';

test('the earliest timer is next; only an earlier one is news', () => {
  let news = 0;
  const timers = new TimerTable(() => news++);
  assert.equal(timers.next(), Number.POSITIVE_INFINITY);
  timers.schedule(TimerName.Report, 100);
  timers.schedule(TimerName.Nack, 200);
  assert.equal(news, 1);
  timers.schedule(TimerName.Nack, 50);
  timers.schedule(TimerName.Nack, 70);
  assert.equal(news, 2);
  assert.equal(timers.next(), 50);
  assert.equal(timers.take(TimerName.Nack, 49), false);
  assert.equal(timers.take(TimerName.Nack, 50), true);
  assert.equal(timers.take(TimerName.Nack, 50), false);
  assert.equal(timers.next(), 100);
  timers.clear();
  assert.equal(timers.next(), Number.POSITIVE_INFINITY);
});
