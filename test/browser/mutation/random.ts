/** A small seeded generator (Marsaglia's xorshift32): a failing run is repeated by its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // The state must not be zero, and neighbouring seeds should not start alike.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
    for (let warmUp = 0; warmUp < 8; warmUp++) this.uint32();
  }

  uint32(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** An integer, 0 ≤ x < limit. */
  below(limit: number): number {
    return this.uint32() % limit;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}
