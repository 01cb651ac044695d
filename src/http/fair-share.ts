/**
 * Does what clients ask for a few pieces at a time: between them the event loop comes round, and with it everybody's
 * media. An offer takes milliseconds, and many may come at once. Clients take turns, each with one piece, so whoever
 * sends many waits for itself. One of these serves all dialects.
 */

/** Of each round of the event loop. What is begun is finished; then, with this much used up, the others wait. */
const roundMs = 3;

export class FairShare {
  /** What each client waits for, in its order; whose turn is next comes first. */
  readonly #waiting = new Map<object, (() => void)[]>();
  readonly #now: () => number;
  #usedMs = 0;
  #scheduled = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Does `work` when it is the client's turn, after what it waits for already. Rejects with what it throws.
   * @param client whoever it is for; by default somebody who asks for nothing else
   */
  run<T>(work: () => T, client: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const piece = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      };
      const pieces = this.#waiting.get(client);
      if (pieces === undefined) this.#waiting.set(client, [piece]);
      else pieces.push(piece);
      this.#schedule();
    });
  }

  /**
   * Does `work` now if nobody waits and time is left. Throws what it throws.
   * @returns whether it is done
   */
  atOnce(work: () => void): boolean {
    if (!this.#mayGoOn) return false;
    this.#measured(work);
    return true;
  }

  /** As run(), but at once while nobody waits and time is left: for what goes on with something that had its turn. */
  async goOn<T>(work: () => T, client: object): Promise<T> {
    if (!this.#mayGoOn) return await this.run(work, client);
    return this.#measured(work);
  }

  /** Nobody waits, and time is left. */
  get #mayGoOn(): boolean {
    return this.#waiting.size === 0 && this.#usedMs < roundMs;
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    this.#scheduled = false;
    for (const [client, pieces] of this.#waiting) {
      // By what was done at once, or in this round.
      if (this.#usedMs >= roundMs) break;
      const piece = pieces.shift();
      // To the end of the queue, as long as there is more.
      this.#waiting.delete(client);
      if (pieces.length > 0) this.#waiting.set(client, pieces);
      if (piece !== undefined) this.#measured(piece);
    }
    // What is used from now on is of the next round.
    this.#usedMs = 0;
    this.#schedule();
  }

  #measured<T>(work: () => T): T {
    const startedMs = this.#now();
    try {
      return work();
    } finally {
      this.#usedMs += this.#now() - startedMs;
    }
  }
}
