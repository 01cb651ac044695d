/** The timers of one transport. */
export const TimerName = {
  /** Sender and receiver reports, REMB. */
  Report: 0,
  /** Lost packets of publishers are asked for (again). */
  Nack: 1,
  /** Transport-wide feedback. */
  Feedback: 2,
  /** Key frame requests that were held back, or not answered. */
  KeyFrame: 3,
  /** Encodings nobody has use for. */
  Demand: 4,
  /** Packets that wait for their turn, padding, and shares of the bandwidth. */
  Bandwidth: 5,
  /** Forwarders that were stopped by a bug. */
  Failure: 6,
} as const;

const timerCount = 7;

/** A fixed table of named deadlines in ms; Infinity for those not set. */
export class TimerTable {
  readonly #deadlines = new Float64Array(timerCount).fill(Number.POSITIVE_INFINITY);
  readonly #onEarlier: () => void;
  #next = Number.POSITIVE_INFINITY;

  /** `onEarlier` is called when next() has become earlier. */
  constructor(onEarlier: () => void) {
    this.#onEarlier = onEarlier;
  }

  /** Sets a timer, unless it is already set to an earlier time. */
  schedule(name: number, atMs: number): void {
    if (atMs >= this.#deadlines[name]) return;
    this.#deadlines[name] = atMs;
    if (atMs < this.#next) {
      this.#next = atMs;
      this.#onEarlier();
    }
  }

  /** Whether a timer is due; it is not set any more then. */
  take(name: number, nowMs: number): boolean {
    if (this.#deadlines[name] > nowMs) return false;
    this.#deadlines[name] = Number.POSITIVE_INFINITY;
    this.#next = Number.POSITIVE_INFINITY;
    for (const at of this.#deadlines) if (at < this.#next) this.#next = at;
    return true;
  }

  next(): number {
    return this.#next;
  }

  clear(): void {
    this.#deadlines.fill(Number.POSITIVE_INFINITY);
    this.#next = Number.POSITIVE_INFINITY;
  }
}
