/** The first probes, as multiples of the initial estimate (libwebrtc). */
const initialFactor = 3;
/** A probe that showed this much of what it tried goes on with the next. */
const goOnShare = 0.7;
const goOnFactor = 2;
/** After a fall: once nothing has happened for so long, a probe asks whether the fall was a passing one. */
const recoveryMs = 3000;
/** Falls by less are found out about by growing. */
const deepFall = 0.66;
const recoveryShare = 0.85;
/** A probe of what the allocator wants more; less and less often while it is in vain. */
const wantedIntervalMs = 1500;
const maxWantedIntervalMs = 40_000;
/** No probe goes beyond that multiple of the estimate, lest it fill the queue. */
const maxFactor = 1.6;
/** Nor beyond what is wanted, with a margin to reach it in spite of the measurement. */
const wantedMargin = 1.1;
/** Less above the estimate than this is not worth a probe. */
const minGain = 1.1;

export type ProbeReason = 'start' | 'going-on' | 'after-fall' | 'more-wanted';

export interface ProbeSituation {
  readonly estimate: number;
  /** Bits per second that could be used. */
  readonly wanted: number;
  /** When the estimate last fell, and from what; -Infinity for never. */
  readonly fellMs: number;
  readonly fellFrom: number;
  /** Whether the link shows neither overuse nor a queue that empties. */
  readonly calm: boolean;
  /** Whether the estimate has grown out of what is known of the capacity. */
  readonly growing: boolean;
}

/** Decides when to probe, and with how much. */
export class ProbeSchedule {
  reason: ProbeReason | null = null;

  #started = false;
  /** Bits per second to try next; 0 for none. */
  #next = 0;
  #recoveredMs = Number.NEGATIVE_INFINITY;
  #wantedAtMs = -1;
  #wantedIntervalMs = wantedIntervalMs;
  #tried = 0;

  /** Whether nothing but the first probes is known. */
  get starting(): boolean {
    return this.reason === 'start' || this.reason === 'going-on';
  }

  /** Bits per second to probe now, or 0. */
  decide(nowMs: number, situation: ProbeSituation): number {
    const { estimate, wanted, calm, fellMs, fellFrom } = situation;
    const useful = wanted * wantedMargin;
    let bitrate = 0;
    if (!this.#started) {
      this.#started = true;
      this.reason = 'start';
      bitrate = Math.min(useful, initialFactor * estimate);
    } else if (this.#next > 0) {
      this.reason = 'going-on';
      bitrate = Math.min(useful, this.#next);
      this.#next = 0;
    } else if (calm && this.#recoveryDue(nowMs, estimate, fellMs, fellFrom)) {
      this.#recoveredMs = nowMs;
      this.reason = 'after-fall';
      bitrate = Math.min(useful, recoveryShare * fellFrom, maxFactor * estimate);
    } else if (calm && this.#wantedDue(nowMs, situation)) {
      this.reason = 'more-wanted';
      bitrate = Math.min(useful, maxFactor * estimate);
    }
    if (bitrate < minGain * estimate) return 0;
    this.#tried = bitrate;
    this.#wantedAtMs = nowMs + this.#wantedIntervalMs;
    return bitrate;
  }

  /**
   * What the probe has shown: bits per second, or -1 for nothing.
   * @param saturated whether less got through than was tried
   * @returns whether the estimate may be raised to it
   */
  result(bitrate: number, saturated: boolean, estimate: number): boolean {
    // A short burst takes from other flows more than its share: only a probe that all got through says that there is
    // room. At the start there is nothing better to go by.
    const gained = bitrate > minGain * estimate && (this.starting || !saturated);
    this.#wantedIntervalMs = gained
      ? wantedIntervalMs
      : Math.min(maxWantedIntervalMs, this.#wantedIntervalMs * 2);
    this.#next = this.starting && gained && bitrate >= goOnShare * this.#tried ? goOnFactor * bitrate : 0;
    return gained;
  }

  #recoveryDue(nowMs: number, estimate: number, fellMs: number, fellFrom: number): boolean {
    return (
      this.#recoveredMs < fellMs &&
      fellMs !== Number.NEGATIVE_INFINITY &&
      nowMs - fellMs >= recoveryMs &&
      estimate < deepFall * fellFrom
    );
  }

  #wantedDue(nowMs: number, { estimate, wanted, growing }: ProbeSituation): boolean {
    // Where overuses show the capacity again and again there is nothing to ask.
    if (wanted <= estimate || !growing) {
      this.#wantedAtMs = -1;
      return false;
    }
    if (this.#wantedAtMs < 0) this.#wantedAtMs = nowMs + this.#wantedIntervalMs;
    return nowMs >= this.#wantedAtMs;
  }
}
