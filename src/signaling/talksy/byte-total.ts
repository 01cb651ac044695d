/**
 * Bytes of things that come and go, each of which counts for itself: those that have gone stay in the sum, with what
 * they had when they were last seen.
 */
export class ByteTotal<T extends { stats(): { readonly bytes: number } }> {
  #known = new Map<T, number>();
  #gone = 0;

  /** @param present all there are now @returns the bytes of all there have ever been */
  update(present: Iterable<T>): number {
    const now = new Map<T, number>();
    for (const one of present) now.set(one, one.stats().bytes);
    for (const [one, bytes] of this.#known) if (!now.has(one)) this.#gone += bytes;
    this.#known = now;
    let total = this.#gone;
    for (const bytes of now.values()) total += bytes;
    return total;
  }
}
