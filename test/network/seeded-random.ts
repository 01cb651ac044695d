/** A small seeded generator (sfc32, from PractRand), so that every emulated network can be had again. */
export class SeededRandom {
  #a = 0;
  #b = 0;
  #c: number;
  #counter = 1;
  /** The second value of the pair the polar method makes; NaN while there is none. */
  #spareNormal = Number.NaN;

  constructor(seed: number) {
    this.#c = seed | 0;
    // Mixes the seed into all state, as PractRand does.
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** Uniform in 0 … 2^32 - 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Whether something of this probability happens. Draws nothing where that is certain. */
  happens(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.uniform() < probability;
  }

  /** Normal with mean 0 and standard deviation 1 (Marsaglia's polar method). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }
}
