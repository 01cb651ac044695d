import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadline, DeadlineQueue } from './deadline-queue.ts';

test('deadlines come out in order, whatever was set, moved or cleared before', () => {
  const operation = fc.record({
    who: fc.nat(19),
    at: fc.option(fc.nat(1000), { nil: Number.POSITIVE_INFINITY }),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const queue = new DeadlineQueue();
      const deadlines = Array.from({ length: 20 }, () => new Deadline(() => {}));
      const expected = new Map<Deadline, number>();
      for (const { who, at } of operations) {
        queue.set(deadlines[who], at);
        if (at === Number.POSITIVE_INFINITY) expected.delete(deadlines[who]);
        else expected.set(deadlines[who], at);
        assert.equal(queue.size, expected.size);
        assert.equal(queue.next(), Math.min(Number.POSITIVE_INFINITY, ...expected.values()));
      }
      let previous = Number.NEGATIVE_INFINITY;
      for (;;) {
        const at = queue.next();
        const due = queue.takeDue(1000);
        if (due === null) break;
        assert.equal(expected.get(due), at);
        assert.ok(at >= previous);
        assert.equal(due.index, -1);
        previous = at;
        expected.delete(due);
      }
      assert.equal(expected.size, 0);
    }),
  );
});

test('nothing is due before its time', () => {
  const queue = new DeadlineQueue();
  const deadline = new Deadline(() => {});
  queue.set(deadline, 10);
  assert.equal(queue.takeDue(9.999), null);
  assert.equal(queue.takeDue(10), deadline);
  assert.equal(queue.next(), Number.POSITIVE_INFINITY);
});
