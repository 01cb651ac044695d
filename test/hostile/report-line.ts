import type { AttackReport } from './attack.ts';
import type { Damage } from './battlefield.ts';
import type { Passage } from './undisturbed-call.ts';

/** What was offered and answered, and what it cost, for people. */
export function reportLines(report: AttackReport, damage: Damage): string[] {
  const { before, during, after, residentBefore, residentPeak, heapGrowth } = damage;
  const answers = Object.entries(report.answers).map(([answer, count]) => `${count} × ${answer}`);
  return [
    `${report.offered} offered, ${report.perSecond.toFixed(0)}/s: ${answers.join(', ')}`,
    `the call, median and p99 delay: before ${passage(before)}; during ${passage(during)}; after ${passage(after)}`,
    `resident ${residentBefore} MiB before, ${residentPeak} at most; heap ${heapGrowth >= 0 ? '+' : ''}${heapGrowth} MiB after`,
  ];
}

function passage({ packets, lost, medianDelayMs, p99DelayMs }: Passage): string {
  return `${lost} of ${packets + lost} lost, ${medianDelayMs.toFixed(1)} and ${p99DelayMs.toFixed(1)} ms`;
}
