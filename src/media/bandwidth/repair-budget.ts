/** Repairs take no more than this share of an estimate, beyond what media leave of it. */
const shareOfEstimate = 0.3;
/** Where nothing is known of the path: what NACKs may make us send has a limit, in bits per second. */
const highestRate = 50_000_000;
/** What may be saved: this long of the rate, and this many bytes at least, for losses come in bursts. */
const savedMs = 400;
const leastSavedBytes = 12_000;
/** What can be left out without harm to what follows may take only what is above this share of what can be saved. */
const reservedShare = 0.5;
/** The rate of repairs is smoothed over about this long, ms: a moment's repairs are no reason for other layers. */
const smoothedMs = 2000;

/**
 * How much may be sent again to one receiver: a share of what its path carries, so that repairs do not add to the
 * congestion they come from. A token bucket in bytes on the wire.
 */
export class RepairBudget {
  /** Bits per second that repairs have taken lately, on the wire. */
  bitrate = 0;
  /** Bytes sent again. */
  bytes = 0;
  /** Packets that were not sent again for want of budget. */
  refused = 0;

  /** Bytes per ms. */
  #rate = highestRate / 8000;
  #saved = leastSavedBytes;
  #savedMs = 0;
  #measuredMs = -1;
  #measuredBytes = 0;

  /**
   * What is known of the path has changed.
   * @param estimate bits per second; Infinity where nothing bounds it
   * @param media what media take of that
   */
  setEstimate(clock: { readonly nowMs: number }, estimate: number, media: number): void {
    this.#refill(clock);
    this.#rate = Math.min(highestRate, Math.max(shareOfEstimate * estimate, estimate - media)) / 8000;
    this.#measure(clock.nowMs);
  }

  /** Takes `bytes` for one packet. False where they are not to be had. Takes the clock, so that no float is passed. */
  take(clock: { readonly nowMs: number }, bytes: number, dispensable: boolean): boolean {
    this.#refill(clock);
    const reserved = dispensable ? reservedShare * this.#limit : 0;
    if (this.#saved <= reserved) {
      this.refused++;
      return false;
    }
    this.#saved -= bytes;
    this.bytes += bytes;
    return true;
  }

  get #limit(): number {
    return Math.max(leastSavedBytes, savedMs * this.#rate);
  }

  #refill({ nowMs }: { readonly nowMs: number }): void {
    this.#saved = Math.min(this.#limit, this.#saved + (nowMs - this.#savedMs) * this.#rate);
    this.#savedMs = nowMs;
  }

  #measure(nowMs: number): void {
    if (this.#measuredMs >= 0 && nowMs > this.#measuredMs) {
      const elapsedMs = nowMs - this.#measuredMs;
      const rate = ((this.bytes - this.#measuredBytes) * 8000) / elapsedMs;
      this.bitrate += (rate - this.bitrate) * (1 - Math.exp(-elapsedMs / smoothedMs));
    }
    this.#measuredMs = nowMs;
    this.#measuredBytes = this.bytes;
  }
}
