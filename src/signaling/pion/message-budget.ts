/** How fast one socket may send: a bucket that fills steadily, and messages that cost what they make the server do. */
import type { ClientMessage } from './client-message.ts';

/** A call with many tracks begins with a burst: an offer and some dozens of candidates for each of several peers. */
const capacity = 2000;
const refillPerSecond = 200;
/** Joining and negotiating take about ten times the work of anything else. */
const costs: Partial<Record<ClientMessage['event'], number>> = { joinRoom: 10, offer: 10, answer: 10 };

export class MessageBudget {
  #tokens = capacity;
  #updatedMs: number;

  constructor(nowMs: number) {
    this.#updatedMs = nowMs;
  }

  /**
   * Pays for one message.
   * @param event null for what was not understood
   * @returns false when the socket has sent too much
   */
  spend(event: ClientMessage['event'] | null, nowMs: number): boolean {
    const refilled = ((nowMs - this.#updatedMs) / 1000) * refillPerSecond;
    this.#updatedMs = nowMs;
    this.#tokens = Math.min(capacity, this.#tokens + refilled) - ((event && costs[event]) ?? 1);
    return this.#tokens >= 0;
  }
}
