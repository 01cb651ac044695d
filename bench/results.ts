/** From reports of single rounds to a table and a verdict. */
import type { LoadReport } from '../src/load/load-report.ts';
import { median } from './median.ts';
import { goals, largestBytesPerSubscriber, largestLossRatio, type Scenario } from './scenarios.ts';

export interface Measured {
  readonly scenario: Scenario;
  /** A report a round; both lists are equally long. */
  readonly manifold: readonly LoadReport[];
  readonly floor: readonly LoadReport[];
}

function medianOf(reports: readonly LoadReport[], read: (report: LoadReport) => number): number {
  return median(reports.map(read));
}

const cpu = (report: LoadReport) => report.server?.cpuMicrosPerPacket ?? Number.NaN;

/** Median CPU per packet relative to the floor's. */
export function ratioToFloor(measured: Measured): number {
  return medianOf(measured.manifold, cpu) / medianOf(measured.floor, cpu);
}

function nameOf({ traffic, feedback }: Scenario): string {
  return feedback ? `${traffic} + feedback` : traffic;
}

function isSame(a: Scenario, b: Scenario): boolean {
  return a.traffic === b.traffic && a.subscribers === b.subscribers && a.feedback === b.feedback;
}

const columns = [
  ['traffic', 24],
  ['N', 5],
  ['µs/packet', 10],
  ['floor', 8],
  ['ratio', 7],
  ['loss %', 8],
  ['p50 ms', 8],
  ['p99 ms', 8],
  ['floor p99', 10],
  ['KiB/sub', 8],
  ['joins/s', 8],
  ['ms/join', 8],
  ['stolen %', 10],
] as const;

/** One line a scenario. */
export function formatTable(all: readonly Measured[], withHead: boolean): string {
  const rows = all.map((measured) => {
    const { manifold, floor, scenario } = measured;
    return [
      nameOf(scenario),
      String(scenario.subscribers),
      medianOf(manifold, cpu).toFixed(2),
      medianOf(floor, cpu).toFixed(2),
      ratioToFloor(measured).toFixed(2),
      (medianOf(manifold, (report) => report.lossRatio) * 100).toFixed(3),
      medianOf(manifold, (report) => report.delayMs.p50).toFixed(2),
      medianOf(manifold, (report) => report.delayMs.p99).toFixed(2),
      medianOf(floor, (report) => report.delayMs.p99).toFixed(2),
      (
        medianOf(manifold, (report) => report.server?.residentBytesPerSubscriber ?? Number.NaN) / 1024
      ).toFixed(0),
      medianOf(manifold, (report) => report.joins.perSecond).toFixed(0),
      medianOf(manifold, (report) => report.server?.cpuMillisPerJoin ?? Number.NaN).toFixed(2),
      (medianOf(manifold, (report) => report.server?.stolenShare ?? Number.NaN) * 100).toFixed(1),
    ];
  });
  const head = withHead ? [columns.map(([name]) => name)] : [];
  return [...head, ...rows]
    .map((row) => row.map((cell, index) => cell.padStart(columns[index][1])).join(''))
    .join('\n');
}

/** One sentence for every goal that was missed. */
export function checkGoals(all: readonly Measured[]): string[] {
  const missed: string[] = [];
  for (const measured of all) {
    const { scenario, manifold } = measured;
    const name = `${nameOf(scenario)}, N = ${scenario.subscribers}`;
    const goal = goals.find((candidate) => isSame(candidate.scenario, scenario));
    const ratio = ratioToFloor(measured);
    if (goal !== undefined && !(ratio <= goal.ratioToFloor)) {
      missed.push(`${name}: ${ratio.toFixed(2)} × the floor, more than ${goal.ratioToFloor}`);
    }
    const delay = medianOf(manifold, (report) => report.delayMs.p99);
    if (goal !== undefined && goal.p99DelayMs !== null && !(delay <= goal.p99DelayMs)) {
      missed.push(`${name}: p99 delay ${delay.toFixed(2)} ms, more than ${goal.p99DelayMs}`);
    }
    const loss = medianOf(manifold, (report) => report.lossRatio);
    if (!(loss < largestLossRatio)) missed.push(`${name}: loss ${(loss * 100).toFixed(3)} %`);
    const bytes = medianOf(manifold, (report) => report.server?.residentBytesPerSubscriber ?? Number.NaN);
    // Few subscribers do not average out what joining the first of them loads once.
    if (scenario.subscribers >= 100 && !(bytes <= largestBytesPerSubscriber)) {
      missed.push(`${name}: ${(bytes / 1024).toFixed(0)} KiB a subscriber, more than 100`);
    }
  }
  return missed;
}
