import { arrivalTicksPerMs } from '../rtcp/transport-feedback.ts';
import { timestampDelta } from '../rtp/serial-number.ts';
import { sentTicksPerMs } from './sent-packet-log.ts';

/** Packets sent within this time are one group: what leaves together is delayed together (gcc draft §5.2). */
const burstMs = 5;
/** A group that arrived in less time than that was held back and let go at once: it is not taken apart. */
const maxArrivalBurstMs = 100;
/** After so many reordered groups in a row, the remote's clock has leapt. */
const reorderedBeforeReset = 3;
/** The remote's clock leaping ahead of ours by this much means that, too. */
const clockLeapMs = 3000;

/** How two groups compare. Passed on as one object: single fractions would be boxed with every call. */
export interface GroupComparison {
  readonly sentDeltaMs: number;
  readonly arrivalDeltaMs: number;
  /** Arrival of the later one, ms since the first packet of all. */
  readonly arrivalMs: number;
}

/**
 * Gathers packets into groups by sending time and compares each group with the one before (gcc draft §5.2–5.3): if
 * arrivals are further apart than departures were, a queue grew in between. One group lags behind, as it is only known
 * to be complete when the next one begins.
 */
export class PacketGroups implements GroupComparison {
  // The last two complete groups compared; valid after add() has returned true.
  sentDeltaMs = 0;
  arrivalDeltaMs = 0;
  arrivalMs = 0;

  // All of them ticks. The group being collected, and the complete one before it.
  #firstSent = 0;
  #lastSent = 0;
  #firstArrival = 0;
  #lastArrival = 0;
  #previousSent = 0;
  #previousArrival = 0;
  #collecting = false;
  #havePrevious = false;
  #reordered = 0;

  /** A packet arrived. True where that completed a group with one before it: the fields say how they compare. */
  add(sentTicks: number, arrivalTicks: number): boolean {
    if (!this.#collecting) {
      this.#begin(sentTicks, arrivalTicks);
      return false;
    }
    const sinceFirst = timestampDelta(sentTicks, this.#firstSent);
    if (sinceFirst < 0) return false;
    if (this.#belongs(sentTicks, arrivalTicks, sinceFirst)) {
      if (timestampDelta(sentTicks, this.#lastSent) > 0) this.#lastSent = sentTicks;
      if (timestampDelta(arrivalTicks, this.#lastArrival) > 0) this.#lastArrival = arrivalTicks;
      return false;
    }
    const compared = this.#havePrevious && this.#compare();
    if (!this.#collecting) {
      this.#begin(sentTicks, arrivalTicks);
      return false;
    }
    this.#previousSent = this.#lastSent;
    this.#previousArrival = this.#lastArrival;
    this.#havePrevious = true;
    this.#begin(sentTicks, arrivalTicks);
    return compared;
  }

  reset(): void {
    this.#collecting = false;
    this.#havePrevious = false;
    this.#reordered = 0;
  }

  #begin(sentTicks: number, arrivalTicks: number): void {
    this.#collecting = true;
    this.#firstSent = sentTicks;
    this.#lastSent = sentTicks;
    this.#firstArrival = arrivalTicks;
    this.#lastArrival = arrivalTicks;
  }

  #belongs(sentTicks: number, arrivalTicks: number, sinceFirst: number): boolean {
    if (sinceFirst <= burstMs * sentTicksPerMs) return true;
    // What was held back on the way (Wi-Fi) arrives faster than it was sent.
    const sentMs = timestampDelta(sentTicks, this.#lastSent) / sentTicksPerMs;
    const arrivedMs = timestampDelta(arrivalTicks, this.#lastArrival) / arrivalTicksPerMs;
    const sinceFirstArrival = timestampDelta(arrivalTicks, this.#firstArrival) / arrivalTicksPerMs;
    return arrivedMs < sentMs && arrivedMs <= burstMs && sinceFirstArrival < maxArrivalBurstMs;
  }

  #compare(): boolean {
    const arrivalDelta = timestampDelta(this.#lastArrival, this.#previousArrival) / arrivalTicksPerMs;
    const sentDelta = timestampDelta(this.#lastSent, this.#previousSent) / sentTicksPerMs;
    if (arrivalDelta - sentDelta >= clockLeapMs) {
      this.reset();
      return false;
    }
    if (arrivalDelta < 0) {
      if (++this.#reordered >= reorderedBeforeReset) this.reset();
      return false;
    }
    this.#reordered = 0;
    this.sentDeltaMs = sentDelta;
    this.arrivalDeltaMs = arrivalDelta;
    this.arrivalMs += arrivalDelta;
    return true;
  }
}
