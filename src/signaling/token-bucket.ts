/** How fast one client may do something: a bucket that is full at first, empties with use and fills steadily. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #refillPerSecond: number;
  #tokens: number;
  #updatedMs: number;

  constructor(capacity: number, refillPerSecond: number, nowMs: number) {
    this.#capacity = capacity;
    this.#refillPerSecond = refillPerSecond;
    this.#tokens = capacity;
    this.#updatedMs = nowMs;
  }

  /** Takes `cost` tokens. @returns false when there were not so many left */
  spend(cost: number, nowMs: number): boolean {
    const refilled = ((nowMs - this.#updatedMs) / 1000) * this.#refillPerSecond;
    this.#updatedMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refilled) - cost;
    return this.#tokens >= 0;
  }
}
