/** When to give a packet up for lost: smoothed round-trip time and back-off (RFC 9260 §6.3.1). */

const initialMs = 500;
/** Above the longest delay with which peers acknowledge, 200 ms and in some 300. */
const minMs = 400;
/** RFC 9260 says 60 s; in a call an outage is over within ICE's time-outs, and then data should go on soon. */
const maxMs = 10_000;
/** G of RFC 6298. */
const clockGranularityMs = 1;

export class RetransmissionTimeout {
  ms = initialMs;
  /** null until the first measurement. */
  smoothedRttMs: number | null = null;
  #variationMs = 0;

  /** A round trip of something sent only once (Karn's rule is the caller's). */
  measure(rttMs: number): void {
    if (this.smoothedRttMs === null) {
      this.smoothedRttMs = rttMs;
      this.#variationMs = rttMs / 2;
    } else {
      this.#variationMs += (Math.abs(this.smoothedRttMs - rttMs) - this.#variationMs) / 4;
      this.smoothedRttMs += (rttMs - this.smoothedRttMs) / 8;
    }
    const timeout = this.smoothedRttMs + Math.max(clockGranularityMs, 4 * this.#variationMs);
    this.ms = Math.min(maxMs, Math.max(minMs, timeout));
  }

  /** After a time-out (RFC 9260 §6.3.3 E2). */
  backOff(): void {
    this.ms = Math.min(maxMs, 2 * this.ms);
  }
}
