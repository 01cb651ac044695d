import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FairShare } from './fair-share.ts';

describe('FairShare', () => {
  it('does everything, in order, and lets the event loop come round between long pieces', async () => {
    const clock = { nowMs: 0 };
    const share = new FairShare(() => clock.nowMs);
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    const seen: number[] = [];
    const work = Array.from({ length: 20 }, (_, number) =>
      share.run(() => {
        clock.nowMs += 2;
        seen.push(number);
        return { number, turns };
      }),
    );
    const results = await Promise.all(work);
    running = false;
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.deepEqual(
      results.map(({ number }) => number),
      seen,
    );
    assert.ok(results.at(-1)!.turns >= 9, 'two in a turn');
  });

  it('passes on what is thrown, and goes on', async () => {
    const share = new FairShare(() => 0);
    const failed = share.run(() => {
      throw new Error('no');
    });
    const later = share.run(() => 7);
    await assert.rejects(failed, /no/);
    assert.equal(await later, 7);
  });
});
