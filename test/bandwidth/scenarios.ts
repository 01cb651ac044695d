/**
 * The test cases of RFC 8867 that concern flows of this one controller. Where the RFC has an encoder that follows any
 * bit rate, there are the layers of a simulcast publisher and padding, as an SFU has.
 */
import type { FlowOptions } from './simulated-flow.ts';

export interface CapacityStep {
  readonly atMs: number;
  readonly bps: number;
}

export interface Scenario {
  /** Section of the RFC. */
  readonly id: string;
  readonly title: string;
  readonly durationMs: number;
  readonly forward: readonly CapacityStep[];
  readonly backward: readonly CapacityStep[];
  readonly flows: readonly FlowOptions[];
  /** From when on the flows' shares are compared, where they are. */
  readonly fairFromMs?: number;
}

const mega = 1_000_000;
const wide: readonly CapacityStep[] = [{ atMs: 0, bps: 20 * mega }];

function steps(...list: readonly (readonly [seconds: number, megabits: number])[]): CapacityStep[] {
  return list.map(([seconds, megabits]) => ({ atMs: seconds * 1000, bps: megabits * mega }));
}

function flow(startSeconds: number, more: Partial<FlowOptions> = {}): FlowOptions {
  return { startMs: startSeconds * 1000, oneWayDelayMs: 50, direction: 'forward', ...more };
}

export const scenarios: readonly Scenario[] = [
  {
    id: '5.1',
    title: 'Variable available capacity with a single flow',
    durationMs: 100_000,
    forward: steps([0, 1], [40, 2.5], [60, 0.6], [80, 1]),
    backward: wide,
    flows: [flow(0)],
  },
  {
    id: '5.2',
    title: 'Variable available capacity with multiple flows',
    durationMs: 125_000,
    forward: steps([0, 4], [25, 2], [50, 3.5], [75, 1], [100, 2]),
    backward: wide,
    flows: [flow(0), flow(0)],
  },
  {
    id: '5.3',
    title: 'Congested feedback link with bi-directional media flows',
    durationMs: 100_000,
    forward: steps([0, 2], [20, 1], [40, 0.5], [60, 2]),
    backward: steps([0, 2], [35, 0.8], [70, 2]),
    flows: [flow(0), flow(0, { direction: 'backward' })],
  },
  {
    id: '5.4',
    title: 'Competing media flows with the same congestion control algorithm',
    durationMs: 120_000,
    forward: steps([0, 3.5]),
    backward: wide,
    flows: [flow(0), flow(20), flow(40)],
    fairFromMs: 60_000,
  },
  {
    id: '5.5',
    title: 'Round trip time fairness',
    durationMs: 300_000,
    forward: steps([0, 4]),
    backward: wide,
    flows: [10, 25, 50, 100, 150].map((oneWayDelayMs, index) => flow(index * 10, { oneWayDelayMs })),
    fairFromMs: 100_000,
  },
  {
    id: '5.8',
    title: 'Media pause and resume',
    durationMs: 120_000,
    forward: steps([0, 3.5]),
    backward: wide,
    flows: [flow(0), flow(0, { pauseMs: 40_000, resumeMs: 60_000 }), flow(0)],
    fairFromMs: 80_000,
  },
];
