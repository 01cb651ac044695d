/** The engine's one timer: runs whatever deadlines are due, between packets. */
import type { Logger } from '../log.ts';
import { type Deadline, DeadlineQueue } from './deadline-queue.ts';

export interface EngineTimerOptions {
  readonly log: Logger;
  /** Before deadlines are run; what they do is done at `nowMs`. */
  readonly begin: (nowMs: number) => void;
  /** After some were run. */
  readonly end: () => void;
  /** A deadline threw; the others are run all the same. */
  readonly reportBug: (error: unknown) => void;
}

/** Node's timers count whole milliseconds and must not be asked for more than 2^31 - 1. */
const longestTimerMs = 60_000;
/**
 * A timer this late means that the process stood still: stopped, starved, or moved to another machine. Whatever came
 * meanwhile waits in the sockets, so they get a moment before anyone is given up for having been silent.
 */
const standstillMs = 1000;
const catchUpMs = 100;
/** What is due at the same time, as the reports to hundreds who joined together, lets media pass this often. */
const timerSliceMs = 0.5;

export class EngineTimer {
  readonly #options: EngineTimerOptions;
  readonly #deadlines = new DeadlineQueue();
  #timer: NodeJS.Timeout | null = null;
  /** What the timer is set for. */
  #at = Number.POSITIVE_INFINITY;
  /** When it is to run, in its own whole milliseconds. */
  #due = Number.POSITIVE_INFINITY;
  #catchingUp = false;
  #closed = false;

  constructor(options: EngineTimerOptions) {
    this.#options = options;
  }

  /** Makes `deadline` due at `at`, engine time in ms, wherever it waited before; Infinity clears it. */
  set(deadline: Deadline, at: number): void {
    this.#deadlines.set(deadline, at);
    this.#arm();
  }

  clear(deadline: Deadline): void {
    this.#deadlines.clear(deadline);
  }

  /** Nothing is run any more. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #arm(): void {
    const next = this.#deadlines.next();
    if (next >= this.#at || this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#at = next;
    const delayMs = Math.min(longestTimerMs, Math.max(1, Math.ceil(next - performance.now())));
    this.#due = performance.now() + delayMs;
    this.#timer = setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    if (this.#closed) return;
    const now = performance.now();
    const lateMs = now - this.#due;
    if (lateMs > standstillMs && !this.#catchingUp) {
      this.#catchingUp = true;
      this.#options.log.warn({ lateMs: Math.round(lateMs) }, 'the process stood still');
      this.#timer = setTimeout(() => this.#run(), catchUpMs);
      return;
    }
    this.#catchingUp = false;
    this.#timer = null;
    // Whatever is set meanwhile is run here if it is due, and else gets a timer at the end.
    this.#at = Number.NEGATIVE_INFINITY;
    this.#options.begin(now);
    const done = this.#runDue(now);
    this.#options.end();
    if (!done) {
      this.#due = now;
      // Which comes after the sockets have been looked at.
      setImmediate(() => this.#run());
      return;
    }
    this.#at = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  /** @returns whether that was all; what is left is due now */
  #runDue(now: number): boolean {
    for (let due = this.#deadlines.takeDue(now); due !== null; due = this.#deadlines.takeDue(now)) {
      try {
        due.run(now);
      } catch (error) {
        this.#options.reportBug(error);
      }
      if (performance.now() - now >= timerSliceMs) return this.#deadlines.next() > now;
    }
    return true;
  }
}
