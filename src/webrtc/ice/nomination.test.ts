import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CandidatePair } from './candidate-pair.ts';
import { type CheckFacts, type NominationReason, nominationReason } from './nomination.ts';

const now = 100_000;

function pair(priority: number, silentMs: number, socket = 0): CandidatePair {
  const remote = { family: 4, address: '192.0.2.1', port: 1 } as const;
  return { socket, remote, priority, lastCheckAt: now - silentMs };
}

interface Case {
  readonly name: string;
  readonly selected: CandidatePair | null;
  readonly pair: CandidatePair;
  readonly check: Partial<CheckFacts>;
  readonly reason: NominationReason | null;
}

const oneByOne = { allChecksNominate: false };
const cases: Case[] = [
  { name: 'first check nominates', selected: null, pair: pair(1, 0), check: {}, reason: 'nominated' },
  {
    name: 'first check does not nominate',
    selected: null,
    pair: pair(1, 0),
    check: { nominates: false },
    reason: null,
  },
  {
    name: 'a client that nominates one by one changes to a worse pair',
    selected: pair(9, 100),
    pair: pair(1, 0),
    check: oneByOne,
    reason: 're-nominated',
  },
  {
    name: 'it only tries the other pair',
    selected: pair(1, 100),
    pair: pair(9, 0),
    check: { ...oneByOne, nominates: false },
    reason: null,
  },
  {
    name: 'aggressive: a better pair',
    selected: pair(1, 100),
    pair: pair(9, 0),
    check: { isNewPair: true },
    reason: 'higher-priority',
  },
  { name: 'aggressive: a worse pair', selected: pair(9, 100), pair: pair(1, 0), check: {}, reason: null },
  {
    name: 'aggressive: an equal known pair',
    selected: pair(5, 100),
    pair: pair(5, 0),
    check: {},
    reason: null,
  },
  {
    name: 'aggressive: the same candidate towards another of our sockets',
    selected: pair(5, 100, 0),
    pair: pair(5, 0, 1),
    check: { isNewPair: true },
    reason: null,
  },
  {
    name: 'the NAT moves a nominating client',
    selected: pair(5, 100),
    pair: pair(5, 0),
    check: { isNewPair: true },
    reason: 'address-changed',
  },
  {
    name: 'the NAT moves a client whose consent checks do not nominate',
    selected: pair(5, 5000),
    pair: pair(5, 0),
    check: { ...oneByOne, isNewPair: true, nominates: false },
    reason: 'address-changed',
  },
  {
    name: 'the same with a consent check, whose priority has another type preference',
    selected: pair(110 * 2 ** 24 + 5, 5000),
    pair: pair(126 * 2 ** 24 + 5, 0),
    check: { ...oneByOne, isNewPair: true, nominates: false },
    reason: 'address-changed',
  },
  {
    name: 'a spare pair of equal priority while the selected one is in use',
    selected: pair(5, 2500),
    pair: pair(5, 0),
    check: { ...oneByOne, isNewPair: true, nominates: false },
    reason: null,
  },
  {
    name: 'a spare pair of another candidate after a lost check',
    selected: pair(5, 5000),
    pair: pair(4, 0),
    check: { ...oneByOne, isNewPair: true, nominates: false },
    reason: null,
  },
  {
    name: 'the selected pair has gone silent',
    selected: pair(9, 7001),
    pair: pair(1, 0),
    check: { ...oneByOne, nominates: false },
    reason: 'selected-silent',
  },
];

describe('nominationReason', () => {
  for (const { name, selected, pair, check, reason } of cases) {
    it(`${name}: ${reason ?? 'stays'}`, () => {
      const facts = { now, nominates: true, isNewPair: false, allChecksNominate: true, ...check };
      assert.equal(nominationReason(selected, pair, facts), reason);
    });
  }

  it('leaves the selected pair selected', () => {
    const selected = pair(1, 60_000);
    const facts = { now, nominates: true, isNewPair: false, allChecksNominate: false };
    assert.equal(nominationReason(selected, selected, facts), null);
  });
});
