/** How fast one socket may send: messages cost what they make the server do. */
import { TokenBucket } from '../token-bucket.ts';
import type { ClientMessage } from './client-message.ts';

/** A call with many tracks begins with a burst: an offer and some dozens of candidates for each of several peers. */
const capacity = 2000;
const refillPerSecond = 200;
/** Joining and negotiating take about ten times the work of anything else. */
const costs: Partial<Record<ClientMessage['event'], number>> = { joinRoom: 10, offer: 10, answer: 10 };

export class MessageBudget {
  readonly #bucket: TokenBucket;

  constructor(nowMs: number) {
    this.#bucket = new TokenBucket(capacity, refillPerSecond, nowMs);
  }

  /**
   * Pays for one message.
   * @param event null for what was not understood
   * @returns false when the socket has sent too much
   */
  spend(event: ClientMessage['event'] | null, nowMs: number): boolean {
    return this.#bucket.spend((event && costs[event]) ?? 1, nowMs);
  }
}
