import type { InboundStream } from '../receiving/inbound-stream.ts';
import { addTicks, timestampDelta } from '../rtp/serial-number.ts';
import type { TransportLink } from '../transport-link.ts';

/** Clocks of one publisher that seem to be further apart than this from what arrival says are not believed, in ms. */
const maxDisagreementMs = 2000;
/** At least this much later than the last packet goes on what comes after it, in ms. */
const minStepMs = 1;

/** Timestamps of one source after another → those of one receiver, which never go back. */
export class TimestampMap {
  /** Added to the source's. */
  offset = 0;
  clockRate = 0;
  readonly #link: TransportLink;
  #last = 0;
  #lastMs = 0;
  #stream: InboundStream | null = null;
  /** How much `offset` is more than the publisher's clock says, because of what had been sent already. */
  #slip = 0;

  constructor(link: TransportLink) {
    this.#link = link;
  }

  /**
   * Goes on with a stream, the first packet of which has `timestamp`. Encodings of one publisher are on one clock,
   * which their sender reports tell; else time passes as it did between the arrivals.
   */
  start(stream: InboundStream, timestamp: number, clockRate: number): void {
    const former = this.#stream;
    this.clockRate = clockRate;
    this.#stream = stream;
    if (former === null || former === stream) {
      this.#restart(former, timestamp);
      return;
    }
    const elapsedMs = this.#link.nowMs - this.#lastMs;
    const expected = addTicks(this.#last, Math.round((elapsedMs * clockRate) / 1000));
    let clocked: number | null = null;
    if (former.track === stream.track && former.clock.known && stream.clock.known) {
      const offset = this.offset - this.#slip + stream.clock.ticksBehind(former.clock, clockRate);
      clocked = addTicks(timestamp, offset);
    }
    const { next, slip } = continueTimestamp(this.#last, expected, clocked, clockRate);
    this.#slip = slip;
    this.offset = timestampDelta(next, timestamp);
  }

  map(timestamp: number): number {
    return addTicks(timestamp, this.offset);
  }

  /** A packet that is the newest so far goes out with `timestamp`. */
  sent(timestamp: number): void {
    this.#last = timestamp;
    this.#lastMs = this.#link.context.clock.nowMs;
  }

  /** The newest packet went out with `timestamp` a while ago. */
  passed(timestamp: number, atMs: number): void {
    this.#last = timestamp;
    this.#lastMs = atMs;
  }

  /** The first stream, or the same again after a pause or a restart of its numbers: its clock went on. */
  #restart(former: InboundStream | null, timestamp: number): void {
    if (former === null) return;
    const mapped = this.map(timestamp);
    const elapsedMs = this.#link.nowMs - this.#lastMs;
    const expected = addTicks(this.#last, Math.round((elapsedMs * this.clockRate) / 1000));
    const { next, slip } = continueTimestamp(this.#last, expected, mapped, this.clockRate);
    this.#slip += slip;
    this.offset = timestampDelta(next, timestamp);
  }
}

/**
 * The timestamp at which another stream goes on after `last`: what the publisher's clock says (`clocked`, null where
 * it is not known), if that is near what is `expected` by the time of arrival; always later than `last`.
 * `slip` is how much later than the clock that is.
 */
export function continueTimestamp(
  last: number,
  expected: number,
  clocked: number | null,
  clockRate: number,
): { next: number; slip: number } {
  const believed =
    clocked !== null && Math.abs(timestampDelta(clocked, expected)) <= (maxDisagreementMs * clockRate) / 1000;
  const wanted = believed ? clocked : expected;
  const earliest = addTicks(last, Math.max(1, Math.round((minStepMs * clockRate) / 1000)));
  const next = timestampDelta(wanted, earliest) >= 0 ? wanted : earliest;
  return { next, slip: believed ? timestampDelta(next, wanted) : 0 };
}
