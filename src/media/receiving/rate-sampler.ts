/** A bit rate from a growing byte count, looked at about once a second: costs nothing per packet. */
export class RateSampler {
  /** Bits per second over the time between the last two samples. */
  bitsPerSecond = 0;
  #bytes = 0;
  #atMs = -1;

  /** Shorter intervals than 100 ms are not sampled. */
  sample(bytes: number, nowMs: number): void {
    if (this.#atMs < 0) {
      this.#bytes = bytes;
      this.#atMs = nowMs;
      return;
    }
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs < 100) return;
    this.bitsPerSecond = Math.round(((bytes - this.#bytes) * 8000) / elapsedMs);
    this.#bytes = bytes;
    this.#atMs = nowMs;
  }
}
