/**
 * Clients' requests take turns, and all together no more than a few milliseconds of each round of the event loop, in
 * which media is forwarded as well: whoever floods the server waits for itself.
 */

/** What waits for its turn. */
export interface TurnTaker {
  /** Does the next thing. @returns whether it has more to do at once */
  takeTurn(): boolean;
}

/** Of each round of the event loop. */
const budgetMs = 4;

export class Turns {
  readonly #waiting = new Set<TurnTaker>();
  readonly #nowMs: () => number;
  readonly #reportBug: (error: unknown) => void;
  #usedMs = 0;
  #scheduled = false;

  /** @param reportBug told what a turn threw that was not taken at once: nobody else would hear of it */
  constructor(nowMs: () => number, reportBug: (error: unknown) => void) {
    this.#nowMs = nowMs;
    this.#reportBug = reportBug;
  }

  /** Gives `taker` turns, the first at once where nobody waits, until it has nothing more to do. */
  request(taker: TurnTaker): void {
    if (this.#waiting.size === 0 && this.#usedMs < budgetMs) {
      if (this.#measured(() => taker.takeTurn())) this.#waiting.add(taker);
    } else this.#waiting.add(taker);
    this.#schedule();
  }

  /** Does one thing of many, in this round if it has time and else in a later one. */
  async take<T>(action: () => T): Promise<T> {
    while (this.#usedMs >= budgetMs) await new Promise<void>((resolve) => setImmediate(resolve));
    this.#schedule();
    return this.#measured(action);
  }

  #measured<T>(action: () => T): T {
    const startMs = this.#nowMs();
    try {
      return action();
    } finally {
      this.#usedMs += this.#nowMs() - startMs;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    this.#scheduled = false;
    this.#usedMs = 0;
    for (const taker of this.#waiting) {
      // To the end of the queue, as long as there is more.
      this.#waiting.delete(taker);
      try {
        if (this.#measured(() => taker.takeTurn())) this.#waiting.add(taker);
      } catch (error) {
        this.#reportBug(error);
      }
      if (this.#usedMs >= budgetMs) break;
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
