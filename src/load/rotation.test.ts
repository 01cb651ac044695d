import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rotation } from './rotation.ts';

const members = Array.from({ length: 200 }, (_, index) => index);

describe('Rotation', () => {
  it('gives each member one turn in an interval, evenly', () => {
    const rotation = new Rotation(1000, 5000);
    const turns: number[] = [];
    for (let nowMs = 5001; nowMs <= 7000; nowMs++) {
      const due = [...rotation.due(nowMs, members)];
      assert.ok(due.length <= 1);
      turns.push(...due);
    }
    // The last turn may be due a rounding error later.
    assert.ok(turns.length >= 399);
    assert.deepEqual(turns, [...members, ...members].slice(0, turns.length));
  });

  it('after a standstill, lets each have one turn and no more', () => {
    const rotation = new Rotation(50, 0);
    assert.deepEqual([...rotation.due(1000, members)], members);
    assert.equal([...rotation.due(1025, members)].length, 100);
  });

  it('goes on with members that come meanwhile', () => {
    const rotation = new Rotation(100, 0);
    assert.deepEqual([...rotation.due(100, [])], []);
    assert.deepEqual([...rotation.due(200, ['a'])], ['a']);
    assert.deepEqual([...rotation.due(300, ['a', 'b'])].sort(), ['a', 'b']);
  });
});
