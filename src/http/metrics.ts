/**
 * /metrics in the Prometheus text format. Nothing is counted here: every value is read where it is kept, at
 * the moment of the scrape.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { EventLoopLag } from './event-loop-lag.ts';

/** One value, or one for each value of a label. */
export type MetricReading = number | Readonly<Record<string, number>>;

/** One value for each combination of several labels. */
export interface MetricTable {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  read(): Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }>;
}

export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  /** The label whose values are the keys of the reading. */
  readonly label?: string;
  read(): MetricReading;
}

const lagQuantiles = [0.5, 0.9, 0.99, 1] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #lag = new EventLoopLag();

  constructor() {
    this.#processMetrics();
  }

  /** A value that only grows while the process lives. */
  counter(definition: MetricDefinition): void {
    const counter = new Counter({
      name: definition.name,
      help: definition.help,
      labelNames: definition.label === undefined ? [] : [definition.label],
      registers: [this.#registry],
      collect(): void {
        this.reset();
        forEachReading(definition, (labels, value) => counter.inc(labels, value));
      },
    });
  }

  /** A value that goes up and down. */
  gauge(definition: MetricDefinition): void {
    const gauge = new Gauge({
      name: definition.name,
      help: definition.help,
      labelNames: definition.label === undefined ? [] : [definition.label],
      registers: [this.#registry],
      collect(): void {
        this.reset();
        forEachReading(definition, (labels, value) => gauge.set(labels, value));
      },
    });
  }

  /** As gauge() and counter(), for what has several labels. */
  table(kind: 'gauge' | 'counter', { name, help, labels, read }: MetricTable): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (kind === 'gauge') {
      const gauge = new Gauge({
        ...options,
        collect(): void {
          this.reset();
          for (const row of read()) gauge.set({ ...row.labels }, row.value);
        },
      });
    } else {
      const counter = new Counter({
        ...options,
        collect(): void {
          this.reset();
          for (const row of read()) counter.inc({ ...row.labels }, row.value);
        },
      });
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The whole exposition. Event-loop delays start anew with each. */
  async expose(): Promise<string> {
    const text = await this.#registry.metrics();
    this.#lag.reset();
    return text;
  }

  close(): void {
    this.#lag.close();
    this.#registry.clear();
  }

  #processMetrics(): void {
    this.gauge({
      name: 'manifold_event_loop_lag_seconds',
      help: 'How late the event loop ran since the last scrape, by quantile.',
      label: 'quantile',
      read: () =>
        Object.fromEntries(lagQuantiles.map((quantile) => [quantile, this.#lag.quantileMs(quantile) / 1000])),
    });
    this.counter({
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time of the process.',
      read: () => {
        const usage = process.cpuUsage();
        return (usage.user + usage.system) / 1e6;
      },
    });
    this.gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process.',
      read: () => process.memoryUsage.rss(),
    });
    this.gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, in seconds since 1970.',
      read: () => performance.timeOrigin / 1000,
    });
  }
}

function forEachReading(
  definition: MetricDefinition,
  report: (labels: Record<string, string>, value: number) => void,
): void {
  const reading = definition.read();
  if (typeof reading === 'number') {
    report({}, reading);
    return;
  }
  for (const [labelValue, value] of Object.entries(reading)) {
    report({ [definition.label ?? 'kind']: labelValue }, value);
  }
}
