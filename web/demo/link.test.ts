import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  describeLink,
  finalCloseReason,
  initialLink,
  type LinkEvent,
  type LinkReason,
  type LinkState,
  reduceLink,
  retryDelayMs,
} from './link.ts';

function run(...events: LinkEvent[]): LinkState {
  return events.reduce((state, event) => reduceLink(state, event), initialLink);
}

test('the first attempt connects, later ones reconnect', () => {
  assert.equal(run({ type: 'attempt' }).phase, 'connecting');
  const failed = run({ type: 'attempt' }, { type: 'failed', reason: 'server-unreachable' });
  assert.equal(failed.phase, 'waiting');
  assert.equal(failed.retryInMs, 500);
  const again = reduceLink(failed, { type: 'attempt' });
  assert.equal(again.phase, 'reconnecting');
  assert.equal(again.retryInMs, null);
});

test('delays grow while attempts fail and start over after success', () => {
  const failure: LinkEvent = { type: 'failed', reason: 'media-failed' };
  const delays = [1, 2, 3, 4, 5, 6, 7].map((n) => run(...Array(n).fill(failure)).retryInMs);
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.equal(run(failure, failure, { type: 'connected' }, failure).retryInMs, 500);
});

test('an interruption is shown only while connected', () => {
  assert.equal(run({ type: 'connected' }, { type: 'interrupted' }).phase, 'unstable');
  assert.equal(run({ type: 'interrupted' }).phase, 'connecting');
  assert.equal(run({ type: 'connected' }, { type: 'interrupted' }, { type: 'connected' }).phase, 'connected');
});

test('what someone decided is not retried, and nothing that comes after changes it', () => {
  for (const reason of ['kicked', 'replaced', 'refused'] as const) {
    const state = run(
      { type: 'connected' },
      { type: 'failed', reason },
      { type: 'failed', reason: 'server-closed' },
      { type: 'connected' },
    );
    assert.equal(state.phase, 'ended');
    assert.equal(state.reason, reason);
  }
  assert.equal(run({ type: 'leave' }, { type: 'failed', reason: 'server-closed' }).reason, 'left');
});

test('the user may rejoin after the end', () => {
  const state = run({ type: 'connected' }, { type: 'failed', reason: 'kicked' }, { type: 'attempt' });
  assert.equal(state.phase, 'reconnecting');
});

test('the server may say in its own words why it refused', () => {
  const state = run({ type: 'failed', reason: 'refused', detail: 'The room is full.' });
  assert.equal(describeLink(state), 'The room is full.');
});

test('a retry is due exactly while waiting', () => {
  const event = fc.oneof(
    fc.constantFrom<LinkEvent>(
      { type: 'attempt' },
      { type: 'connected' },
      { type: 'interrupted' },
      { type: 'leave' },
    ),
    fc
      .constantFrom<LinkReason>('server-unreachable', 'media-failed', 'kicked', 'no-answer')
      .map((reason): LinkEvent => ({ type: 'failed', reason })),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const state = run(...events);
      assert.equal(state.retryInMs !== null, state.phase === 'waiting');
      assert.ok(describeLink(state).length > 0);
    }),
  );
});

test('jitter stays within a quarter', () => {
  assert.equal(retryDelayMs(0, 0), 375);
  assert.equal(retryDelayMs(0, 1), 625);
  assert.equal(retryDelayMs(99, 1), 18_750);
});

test('close reasons that are final', () => {
  assert.equal(finalCloseReason('kicked'), 'kicked');
  assert.equal(finalCloseReason('shutting-down'), null);
  assert.equal(finalCloseReason(''), null);
});
