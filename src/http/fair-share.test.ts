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

  it('lets clients take turns, whoever asked for how much', async () => {
    const share = new FairShare(() => 0);
    const done: string[] = [];
    const [a, b] = [{}, {}];
    const ask = (name: string, client?: object) => share.run(() => done.push(name), client);
    const all = [ask('a1', a), ask('a2', a), ask('a3', a), ask('b1', b), ask('b2', b), ask('other')];
    await Promise.all(all);
    assert.deepEqual(done, ['a1', 'b1', 'other', 'a2', 'b2', 'a3']);
  });

  it('does not let a piece longer than a round keep others from theirs', async () => {
    const clock = { nowMs: 0 };
    const share = new FairShare(() => clock.nowMs);
    const done: string[] = [];
    const a = {};
    const ask = (name: string, client?: object) =>
      share.run(() => {
        clock.nowMs += 50;
        done.push(name);
      }, client);
    await Promise.all([ask('a1', a), ask('a2', a), ask('b')]);
    assert.deepEqual(done, ['a1', 'b', 'a2']);
  });

  it('keeps the order of a client that asks while it is worked for', async () => {
    const share = new FairShare(() => 0);
    const done: string[] = [];
    const a = {};
    let later: Promise<unknown> = Promise.resolve();
    await share.run(() => {
      done.push('first');
      later = share.run(() => done.push('third'), a);
    }, a);
    await Promise.all([later, share.run(() => done.push('fourth'), a)]);
    assert.deepEqual(done, ['first', 'third', 'fourth']);
  });

  it('does at once what nobody waits with, until a round is used up', async () => {
    const clock = { nowMs: 0 };
    const share = new FairShare(() => clock.nowMs);
    const done: string[] = [];
    const piece = (name: string) => () => {
      clock.nowMs += 2;
      done.push(name);
    };
    assert.ok(share.atOnce(piece('a1')));
    assert.ok(share.atOnce(piece('a2')));
    assert.ok(!share.atOnce(piece('a3')), 'the time of a round is used up');
    const waits = share.run(piece('b'));
    assert.ok(!share.atOnce(piece('a4')), 'somebody waits');
    assert.deepEqual(done, ['a1', 'a2']);
    await waits;
    assert.ok(share.atOnce(piece('a5')));
    assert.deepEqual(done, ['a1', 'a2', 'b', 'a5']);
    assert.throws(() => share.atOnce(() => assert.fail('what it throws')), /what it throws/);
  });

  it('goes on at once while nobody waits and time is left, and else in turn', async () => {
    const clock = { nowMs: 0 };
    const share = new FairShare(() => clock.nowMs);
    const done: string[] = [];
    const a = {};
    const goOn = (name: string) =>
      share.goOn(() => {
        clock.nowMs += 2;
        done.push(name);
      }, a);
    const all = [goOn('a1'), goOn('a2')];
    assert.deepEqual(done, ['a1', 'a2']);
    all.push(goOn('a3'));
    assert.deepEqual(done, ['a1', 'a2'], 'the round is used up');
    await all[2];
    all.push(
      share.run(() => done.push('b')).then(() => {}),
      goOn('a4'),
    );
    await Promise.all(all);
    assert.deepEqual(done, ['a1', 'a2', 'a3', 'b', 'a4']);
    await assert.rejects(
      share.goOn(() => {
        throw new Error('no');
      }, a),
      /no/,
    );
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
