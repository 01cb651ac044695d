/**
 * Does what clients ask for a few pieces at a time: between them the event loop comes round, and with it everybody's
 * media. An offer takes milliseconds, and many may come at once. One of these serves all dialects.
 */

/** What is begun is finished; then, with this much used up, the others wait for the next turn. */
const turnMs = 3;

export class FairShare {
  readonly #waiting: (() => void)[] = [];
  readonly #now: () => number;
  #scheduled = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Does `work` when it is its turn. Rejects with what it throws. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const startedMs = this.#now();
    let done = 0;
    do this.#waiting[done++]();
    while (done < this.#waiting.length && this.#now() - startedMs < turnMs);
    this.#waiting.splice(0, done);
    this.#schedule();
  }
}
