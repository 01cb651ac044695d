import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteTotal } from './byte-total.ts';

const counting = (bytes: number) => ({ bytes, stats: () => ({ bytes }) });

test('the sum never shrinks, whoever goes', () => {
  const total = new ByteTotal<ReturnType<typeof counting>>();
  const [a, b] = [counting(5), counting(7)];
  assert.equal(total.update([]), 0);
  assert.equal(total.update([a, b]), 12);
  assert.equal(total.update([b]), 12);
  assert.equal(total.update([]), 12);
  assert.equal(total.update([counting(1)]), 13);
});
