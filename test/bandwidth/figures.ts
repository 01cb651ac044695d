/** What a trace comes to: the figures that the acceptance names, and whether they are met. */
import type { FlowOptions } from './simulated-flow.ts';
import type { Trace } from './simulation.ts';

/** Time to follow: after capacity rises (or a flow comes or goes) and after it falls, ms. */
export const followRiseMs = 10_000;
export const followFallMs = 2_000;

/** The limits. */
export const goals = {
  lowestShare: 0.8,
  highestShare: 1.05,
  queueP95Ms: 150,
  loss: 0.02,
  switchesPer5s: 1,
  fairness: 0.9,
} as const;

export interface Figures {
  readonly id: string;
  readonly seed: number;
  /** Of the seconds that count, those in which the estimates add up to 80 – 105 % of the capacity on average. */
  readonly withinShare: number;
  /** The same of single samples, a tenth of a second each. */
  readonly withinSamples: number;
  readonly lowest: number;
  readonly highest: number;
  readonly queueP95Ms: number;
  readonly queueP95AllMs: number;
  /** Of packets sent outside the falls. */
  readonly loss: number;
  /** Most layer switches of one flow in any 5 s of those samples. */
  readonly switchesPer5s: number;
  readonly switches: number;
  /** Jain's index of what arrived at the flows; null where they are not compared. */
  readonly fairness: number | null;
  /** Mean of what arrived over the capacity. */
  readonly utilisation: number;
}

type Direction = FlowOptions['direction'];

/** Half-open intervals of time in ms in which the estimates of one direction are expected to have followed. */
function steadyIntervals(trace: Trace, over: Direction): (readonly [from: number, to: number])[] {
  const { flows, durationMs } = trace.scenario;
  const steps = trace.scenario[over];
  const changes = steps.map(({ atMs, bps }, index) => ({
    atMs,
    followMs: index > 0 && bps < steps[index - 1].bps ? followFallMs : followRiseMs,
  }));
  for (const { direction, startMs, pauseMs, resumeMs } of flows) {
    if (direction !== over) continue;
    for (const atMs of [startMs, pauseMs, resumeMs]) {
      if (atMs !== undefined) changes.push({ atMs, followMs: followRiseMs });
    }
  }
  changes.sort((one, other) => one.atMs - other.atMs);
  const intervals: [number, number][] = [];
  let from = 0;
  for (const { atMs, followMs } of changes) {
    if (atMs > from) intervals.push([from, atMs]);
    from = Math.max(from, atMs + followMs);
  }
  if (from < durationMs) intervals.push([from, durationMs]);
  return intervals;
}

export function figuresOf(trace: Trace, seed: number): Figures {
  const { scenario, samples, waits, flows } = trace;
  const forward = scenario.flows.flatMap(({ direction }, index) => (direction === 'forward' ? [index] : []));
  const counted = [...sharesOf(trace, 'forward'), ...sharesOf(trace, 'backward')];
  const shares = meansBySecond(counted);
  const steady = within(steadyIntervals(trace, 'forward'));
  const falls = scenario.forward.filter(
    ({ bps }, index) => index > 0 && bps < scenario.forward[index - 1].bps,
  );
  const falling = (atMs: number) =>
    falls.some((fall) => atMs >= fall.atMs && atMs < fall.atMs + followFallMs);
  const drops = trace.dropped.filter((atMs) => !falling(atMs)).length;
  const sent = trace.sent.filter((atMs) => !falling(atMs)).length;
  const switches = forward.map((index) =>
    flows[index].source.switches.filter(({ atMs }) => steady(atMs)).map(({ atMs }) => atMs),
  );
  const arrived = samples.filter(({ atMs }) => atMs >= 1000);
  return {
    id: scenario.id,
    seed,
    withinShare: shares.filter(isWithin).length / shares.length,
    withinSamples: counted.filter(({ share }) => isWithin(share)).length / counted.length,
    lowest: Math.min(...shares),
    highest: Math.max(...shares),
    queueP95Ms: percentile(
      waits.filter(({ atMs }) => steady(atMs)).map(({ waitMs }) => waitMs),
      0.95,
    ),
    queueP95AllMs: percentile(
      waits.map(({ waitMs }) => waitMs),
      0.95,
    ),
    loss: drops / sent,
    switchesPer5s: Math.max(...switches.map((times) => mostWithin(times, 5000))),
    switches: sum(switches.map(({ length }) => length)),
    fairness: scenario.fairFromMs === undefined ? null : fairness(trace, forward, scenario.fairFromMs),
    utilisation:
      sum(arrived.map((sample) => sum(forward.map((index) => sample.arrived[index])) / sample.capacity)) /
      arrived.length,
  };
}

interface ShareSample {
  readonly direction: Direction;
  readonly atMs: number;
  readonly share: number;
}

/** What the estimates of one direction's flows add up to, as a share of its capacity, when they have followed. */
function sharesOf(trace: Trace, over: Direction): ShareSample[] {
  const flows = trace.scenario.flows.flatMap(({ direction }, index) => (direction === over ? [index] : []));
  if (flows.length === 0) return [];
  const steady = within(steadyIntervals(trace, over));
  return trace.samples
    .filter(({ atMs }) => steady(atMs))
    .map(({ atMs, estimates, capacity, backwardCapacity }) => ({
      direction: over,
      atMs,
      share: sum(flows.map((index) => estimates[index])) / (over === 'forward' ? capacity : backwardCapacity),
    }));
}

function meansBySecond(samples: readonly ShareSample[]): number[] {
  const seconds = new Map<string, number[]>();
  for (const { direction, atMs, share } of samples) {
    const key = `${direction} ${Math.floor(atMs / 1000)}`;
    seconds.set(key, [...(seconds.get(key) ?? []), share]);
  }
  return [...seconds.values()].map(mean);
}

function within(intervals: readonly (readonly [from: number, to: number])[]): (atMs: number) => boolean {
  return (atMs) => intervals.some(([from, to]) => atMs >= from && atMs < to);
}

/** One sentence for each goal that is not met. */
export function missedGoals(figures: Figures): string[] {
  const missed: string[] = [];
  const name = `${figures.id} (seed ${figures.seed})`;
  if (figures.withinShare < 1)
    missed.push(
      `${name}: the estimate is ${percent(figures.lowest)} to ${percent(figures.highest)} of the capacity`,
    );
  if (figures.queueP95AllMs > goals.queueP95Ms)
    missed.push(`${name}: queueing delay p95 ${figures.queueP95AllMs.toFixed(0)} ms`);
  if (figures.loss >= goals.loss) missed.push(`${name}: loss ${percent(figures.loss)}`);
  if (figures.switchesPer5s > goals.switchesPer5s)
    missed.push(`${name}: ${figures.switchesPer5s} layer switches in 5 s`);
  if (figures.fairness !== null && figures.fairness < goals.fairness)
    missed.push(`${name}: fairness ${figures.fairness.toFixed(2)}`);
  return missed;
}

const columns = [
  ['case', 6],
  ['seed', 6],
  ['within', 9],
  ['samples', 9],
  ['low', 8],
  ['high', 8],
  ['p95 ms', 8],
  ['steady', 8],
  ['loss', 9],
  ['switches', 10],
  ['/5 s', 6],
  ['fairness', 10],
  ['used', 7],
] as const;

export function formatTable(all: readonly Figures[]): string {
  const rows = all.map((figures) => [
    figures.id,
    String(figures.seed),
    percent(figures.withinShare),
    percent(figures.withinSamples),
    percent(figures.lowest),
    percent(figures.highest),
    figures.queueP95AllMs.toFixed(0),
    figures.queueP95Ms.toFixed(0),
    percent(figures.loss),
    String(figures.switches),
    String(figures.switchesPer5s),
    figures.fairness === null ? '–' : figures.fairness.toFixed(3),
    percent(figures.utilisation),
  ]);
  return [columns.map(([name]) => name), ...rows]
    .map((row) => row.map((cell, index) => cell.padStart(columns[index][1])).join(''))
    .join('\n');
}

function isWithin(share: number): boolean {
  return share >= goals.lowestShare && share <= goals.highestShare;
}

function fairness({ samples }: Trace, flows: readonly number[], fromMs: number): number {
  const rates = flows.map((index) =>
    sum(samples.filter(({ atMs }) => atMs >= fromMs).map(({ arrived }) => arrived[index])),
  );
  return sum(rates) ** 2 / (rates.length * sum(rates.map((rate) => rate * rate)));
}

function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
