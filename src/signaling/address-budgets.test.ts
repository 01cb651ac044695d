import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressBudgets } from './address-budgets.ts';

describe('AddressBudgets', () => {
  it('gives each address a burst and a rate of its own', () => {
    const clock = { nowMs: 0 };
    const budgets = new AddressBudgets({ perSecond: 2, burst: 5 }, () => clock.nowMs);
    const spent = (address: string, times: number) =>
      Array.from({ length: times }, () => budgets.spend(address)).filter(Boolean).length;
    assert.equal(spent('192.0.2.1', 10), 5);
    assert.equal(spent('192.0.2.2', 10), 5);
    clock.nowMs = 1500;
    assert.equal(spent('192.0.2.1', 10), 3);
    clock.nowMs = 100_000;
    assert.equal(spent('192.0.2.1', 10), 5, 'and no more than the burst');
  });

  it('takes a /64 of IPv6 for one', () => {
    const budgets = new AddressBudgets({ perSecond: 1, burst: 1 }, () => 0);
    assert.equal(budgets.spend('2001:db8:0:7::1'), true);
    assert.equal(budgets.spend('2001:db8:0:7:ffff::2'), false);
    assert.equal(budgets.spend('2001:db8::1'), true);
    assert.equal(budgets.spend('::1'), true);
    assert.equal(budgets.size, 3);
  });

  it('remembers a bounded number of addresses, those that were heard of last', () => {
    const budgets = new AddressBudgets({ perSecond: 1, burst: 1 }, () => 0);
    for (let number = 0; number < 20_000; number++) budgets.spend(`10.0.${number >> 8}.${number & 255}`);
    assert.equal(budgets.size, 10_000);
    assert.equal(budgets.spend('10.0.78.31'), false);
  });

  it('0 is no limit, and remembers nobody', () => {
    const budgets = new AddressBudgets({ perSecond: 0, burst: 0 }, () => 0);
    for (let count = 0; count < 100; count++) assert.ok(budgets.spend('a'));
    assert.equal(budgets.size, 0);
  });
});
