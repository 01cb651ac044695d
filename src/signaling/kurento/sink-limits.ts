/** Something that may be sent no more than so much. */
export interface RateLimited {
  readonly id: string;
}

/**
 * What the sinks of one source may be sent, where that is bounded. A source of a single encoding has nothing smaller
 * for the least of them, so it is asked to send no more than that.
 */
export class SinkLimits {
  readonly #changed: () => void;
  /** bit/s. Made when first needed. */
  #limits: Map<RateLimited, number> | null = null;
  #lowest: number | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** bit/s; null for no bound. */
  get lowest(): number | null {
    return this.#lowest;
  }

  /** @param limit null where it has none, or is no longer a sink */
  set(sink: RateLimited, limit: number | null): void {
    if (limit === null && this.#limits === null) return;
    this.#limits ??= new Map();
    if (limit === null) this.#limits.delete(sink);
    else this.#limits.set(sink, limit);
    const lowest = this.#limits.size === 0 ? null : Math.min(...this.#limits.values());
    if (lowest === this.#lowest) return;
    this.#lowest = lowest;
    this.#changed();
  }
}
