/** What the benchmark measures, and the goals it checks. */
import type { TrafficName } from '../src/load/traffic.ts';

export interface Scenario {
  readonly traffic: TrafficName;
  readonly subscribers: number;
  /** Whether subscribers send transport-wide feedback, so that congestion control works for each of them. */
  readonly feedback: boolean;
}

const subscriberCounts = [10, 50, 100, 200];

const withoutFeedback: readonly Scenario[] = (['audio', 'video-bursts', 'video-paced'] as const).flatMap(
  (traffic) => subscriberCounts.map((subscribers) => ({ traffic, subscribers, feedback: false })),
);

/** What congestion control costs. The floor knows none: its packets carry no transport-wide numbers. */
const withFeedback: readonly Scenario[] = [100, 200].map((subscribers) => ({
  traffic: 'video-bursts',
  subscribers,
  feedback: true,
}));

export const scenarios: readonly Scenario[] = [...withoutFeedback, ...withFeedback];

/** Those that a goal is about; what --quick runs. */
export const goalScenarios: readonly Scenario[] = [
  { traffic: 'audio', subscribers: 200, feedback: false },
  { traffic: 'video-bursts', subscribers: 100, feedback: false },
  { traffic: 'video-bursts', subscribers: 200, feedback: false },
];

export interface Goal {
  readonly scenario: Scenario;
  /** Most CPU per forwarded packet, relative to the floor of the same run. */
  readonly ratioToFloor: number;
  readonly p99DelayMs: number | null;
}

export const goals: readonly Goal[] = [
  { scenario: goalScenarios[0], ratioToFloor: 1.4, p99DelayMs: null },
  { scenario: goalScenarios[1], ratioToFloor: 1.3, p99DelayMs: null },
  { scenario: goalScenarios[2], ratioToFloor: 1.3, p99DelayMs: 5 },
];

export const largestLossRatio = 0.001;
export const largestBytesPerSubscriber = 100 * 1024;
