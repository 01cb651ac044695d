import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalLog } from './arrival-log.ts';

function record(log: ArrivalLog, sequence: number, micros: number): void {
  log.record(sequence, Float64Array.of(micros), 0);
}

function pendingTimes(log: ArrivalLog): number[] {
  const times: number[] = [];
  for (let extended = log.from; extended <= log.highest; extended++)
    times.push(log.times[extended & log.mask]);
  return times;
}

test('what arrived and what did not, over the wrap', () => {
  const log = new ArrivalLog();
  assert.equal(log.pending, false);
  record(log, 65534, 10);
  record(log, 1, 30);
  record(log, 65535, 40);
  assert.deepEqual(pendingTimes(log), [10, 40, 0, 30]);
  log.reported(log.highest + 1);
  assert.equal(log.pending, false);
});

test('the first arrival of a number counts', () => {
  const log = new ArrivalLog();
  record(log, 5, 10);
  record(log, 5, 20);
  assert.deepEqual(pendingTimes(log), [10]);
});

test('one that arrives after it was reported missing is reported again', () => {
  const log = new ArrivalLog();
  record(log, 5, 10);
  record(log, 7, 20);
  log.reported(log.highest + 1);
  record(log, 6, 30);
  assert.deepEqual(pendingTimes(log), [30, 20]);
});

test('a gap longer than the log leaves only what is in it', () => {
  const log = new ArrivalLog();
  record(log, 5, 10);
  record(log, 5 + 10_000, 20);
  assert.deepEqual(pendingTimes(log), [20]);
  record(log, 6 + 10_000, 30);
  assert.deepEqual(pendingTimes(log), [20, 30]);
  record(log, 5, 40);
  assert.deepEqual(pendingTimes(log), [20, 30]);
});
