import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextRound } from 'node:timers/promises';
import { Turns } from './turns.ts';

/** Takers whose every turn takes so long; the clock is theirs. */
function scene(turnMs: number) {
  let clockMs = 0;
  const done: string[] = [];
  const bugs: unknown[] = [];
  const turns = new Turns(
    () => clockMs,
    (error) => bugs.push(error),
  );
  const start = (name: string, count: number) => {
    let left = count;
    const taker = {
      takeTurn() {
        clockMs += turnMs;
        done.push(name);
        left--;
        return left > 0;
      },
    };
    turns.request(taker);
  };
  return { turns, done, start, bugs };
}

test('who comes alone has its turn at once', () => {
  const { start, done } = scene(1);
  start('a', 1);
  start('b', 1);
  assert.deepEqual(done, ['a', 'b']);
});

test('a round ends when its time is used, and the next goes on with whoever waits', async () => {
  const { start, done } = scene(1);
  start('a', 6);
  start('b', 3);
  assert.deepEqual(done, ['a'], 'b waits behind a');
  await nextRound();
  assert.deepEqual(done, ['a', 'a', 'b', 'a', 'b']);
  await nextRound();
  await nextRound();
  assert.deepEqual(done.slice(5), ['a', 'b', 'a', 'a']);
});

test('a turn longer than a round does not keep others from theirs', async () => {
  const { start, done } = scene(50);
  start('a', 2);
  start('b', 1);
  assert.deepEqual(done, ['a']);
  await nextRound();
  await nextRound();
  await nextRound();
  assert.deepEqual(done, ['a', 'a', 'b']);
});

test('one thing of many waits for a round with time', async () => {
  const { turns, start, done } = scene(5);
  start('a', 1);
  const taken = turns.take(() => done.push('taken'));
  assert.deepEqual(done, ['a']);
  await taken;
  assert.deepEqual(done, ['a', 'taken']);
});

test('what a taken thing throws is its own', async () => {
  const { turns } = scene(1);
  await assert.rejects(
    turns.take(() => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  assert.equal(await turns.take(() => 5), 5);
});

test('a bug in a turn is reported, and the others have theirs', async () => {
  const { turns, start, done, bugs } = scene(4);
  start('a', 1);
  turns.request({
    takeTurn() {
      throw new Error('bug');
    },
  });
  start('b', 1);
  await nextRound();
  await nextRound();
  assert.deepEqual(done, ['a', 'b']);
  assert.equal((bugs[0] as Error).message, 'bug');
});
