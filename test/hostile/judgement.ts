/** What an attack may cost, and what may be answered to it. */
import assert from 'node:assert/strict';
import type { AttackReport } from './attack.ts';
import type { NamedAttack } from './attacks.ts';
import type { Damage } from './battlefield.ts';

/** Of the call, beyond which a person would hear it. */
const toleratedLoss = 0.02;
/** A machine of two processors has the attacker on one of them, and often somebody else. */
const fewPackets = 3;
/** Over what it was before the attack, in MiB: bodies under way, ten thousand sockets, and what the allocator keeps. */
const toleratedResident = 512;
const toleratedHeap = 256;
/** When thousands of connections have had their time, Node.js closes them in one go. */
const closingMs = 250;

export interface Tolerance {
  /** Of the call's packets: half of them, and nearly all. */
  readonly medianDelayMs: number;
  readonly p99DelayMs: number;
  /** What part of its rate the attacker has to reach, or there was no attack. */
  readonly leastPartOfRate: number;
}

/** On a machine that does nothing else: in time for a conversation (ITU-T G.114). */
export const quietMachine: Tolerance = { medianDelayMs: 50, p99DelayMs: 150, leastPartOfRate: 0.9 };
/** Where others compete for the processors, a part of the delay is theirs. */
export const busyMachine: Tolerance = { medianDelayMs: 150, p99DelayMs: 1500, leastPartOfRate: 0.3 };

export function judge(
  { attack, answers, refusal }: NamedAttack,
  report: AttackReport,
  damage: Damage,
  tolerance: Tolerance,
): void {
  const seen = Object.keys(report.answers);
  const told = JSON.stringify(report.answers);
  assert.ok(
    seen.every((answer) => answers.test(answer)),
    `answers that say nothing: ${told}`,
  );
  assert.ok(
    seen.some((answer) => refusal.test(answer)),
    `nothing was refused: ${told}`,
  );
  // Of long bodies, what goes through a socket is the limit.
  if ('perSecond' in attack && !(attack.kind === 'posts' && attack.what === 'large'))
    assert.ok(
      report.perSecond > attack.perSecond * tolerance.leastPartOfRate,
      `${report.perSecond} a second were offered`,
    );
  const figures = JSON.stringify(damage);
  const mostMs = tolerance.p99DelayMs + (attack.kind === 'silent-sockets' ? closingMs : 0);
  for (const { packets, lost, medianDelayMs, p99DelayMs } of [damage.during, damage.after]) {
    assert.ok(packets > 0, figures);
    assert.ok(lost <= Math.max(fewPackets, packets * toleratedLoss), figures);
    assert.ok(medianDelayMs < tolerance.medianDelayMs && p99DelayMs < mostMs, figures);
  }
  assert.ok(damage.residentPeak - damage.residentBefore < toleratedResident, figures);
  assert.ok(damage.heapGrowth < toleratedHeap, figures);
}
