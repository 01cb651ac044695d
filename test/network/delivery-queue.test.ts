import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { DeliveryQueue } from './delivery-queue.ts';

it('DeliveryQueue gives packets out by time, equal times in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new DeliveryQueue<{ at: number; index: number }>();
      const packets = times.map((at, index) => ({ at, index }));
      for (const packet of packets) queue.push(packet.at, packet);
      const sorted = packets.toSorted((one, other) => one.at - other.at || one.index - other.index);
      for (const expected of sorted) {
        assert.equal(queue.next(), expected.at);
        assert.equal(queue.pop(), expected);
      }
      assert.equal(queue.next(), Number.POSITIVE_INFINITY);
      assert.equal(queue.size, 0);
    }),
  );
});
