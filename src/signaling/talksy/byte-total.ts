/** Bytes of things that come and go, each of which counts for itself: those that have gone stay in the sum. */
export class ByteTotal<T extends { stats(): { readonly bytes: number } }> {
  #known = new Set<T>();
  #gone = 0;

  /** @param present all there are now @returns the bytes of all there have ever been */
  update(present: Iterable<T>): number {
    const now = new Set(present);
    for (const one of this.#known) if (!now.has(one)) this.#gone += one.stats().bytes;
    this.#known = now;
    let total = this.#gone;
    for (const one of now) total += one.stats().bytes;
    return total;
  }
}
