/** What an attack may cost, and what may be answered to it. */
import assert from 'node:assert/strict';
import type { AttackReport } from './attack.ts';
import type { NamedAttack } from './attacks.ts';
import type { Damage } from './battlefield.ts';

/** Of the call, beyond which a person would hear it. */
const toleratedLoss = 0.02;
/** A machine of two processors has the attacker on one of them, and often somebody else. */
const fewPackets = 3;
/** Half of the packets have to come as if nothing were; the latest in time for a conversation (ITU-T G.114: 150 ms, and as much for the machine). */
const toleratedMedianMs = 50;
const toleratedP99Ms = 300;
/** Over what it was before the attack, in MiB: bodies under way, ten thousand sockets, and what the allocator keeps. */
const toleratedResident = 512;
const toleratedHeap = 256;
/** The attacker has to keep up, or there was no attack. */
const leastPartOfRate = 0.8;

export function judge({ attack, answers, refusal }: NamedAttack, report: AttackReport, damage: Damage): void {
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
  if ('perSecond' in attack)
    assert.ok(
      report.perSecond > attack.perSecond * leastPartOfRate,
      `${report.perSecond} a second were offered`,
    );
  const figures = JSON.stringify(damage);
  for (const { packets, lost, medianDelayMs, p99DelayMs } of [damage.during, damage.after]) {
    assert.ok(packets > 0, figures);
    assert.ok(lost <= Math.max(fewPackets, packets * toleratedLoss), figures);
    assert.ok(medianDelayMs < toleratedMedianMs && p99DelayMs < toleratedP99Ms, figures);
  }
  assert.ok(damage.residentPeak - damage.residentBefore < toleratedResident, figures);
  assert.ok(damage.heapGrowth < toleratedHeap, figures);
}
