import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';

/**
 * Which encodings of a track nobody has use for. Said only after a while, as subscribers come and go; taken back at
 * once.
 */
export class EncodingDemand {
  /** Indices, ascending; replaced, never changed. */
  unused: readonly number[] = [];
  onChange: ((unused: readonly number[]) => void) | null = null;

  readonly #link: TransportLink;
  /** Since when each encoding has been without use, in ms. */
  #since = new Map<number, number>();

  constructor(link: TransportLink) {
    this.#link = link;
  }

  /** `idle` are the encodings without use from now on. */
  update(idle: readonly number[]): void {
    const { nowMs } = this.#link;
    this.#since = new Map(idle.map((index) => [index, this.#since.get(index) ?? nowMs]));
    this.#settle();
  }

  /** Says what has become due. */
  handleTimeout(): void {
    this.#settle();
  }

  #settle(): void {
    const { nowMs, options, timers } = this.#link;
    const unused: number[] = [];
    for (const [index, since] of this.#since) {
      if (since + options.unusedEncodingMs <= nowMs) unused.push(index);
      else timers.schedule(TimerName.Demand, since + options.unusedEncodingMs);
    }
    if (unused.join() === this.unused.join()) return;
    this.unused = unused;
    this.onChange?.(unused);
  }
}
