/** From that share of inherent losses on repairs are the rule, below the other they are the exception. */
const frequent = 0.03;
const rare = 0.01;
/** Two round trips, as repairs get lost, too; and the time until a packet is missed, ms. */
const roundTrips = 2;
const detectionMs = 80;
/** More would be no conversation. */
const longestMs = 500;
/** The delay is changed in steps, and not for less than a step: each change is seen. */
const stepMs = 20;
const leastChangeMs = 60;
/** It is taken back when losses have been rare for so long. */
const calmMs = 10_000;
/** Of the extension: its unit, and the longest delay that a receiver may choose itself, in that unit. */
const unitMs = 10;
const maxUnits = 1000;

/**
 * How long a receiver of a lossy path is asked to wait until it shows a picture (the header extension playout-delay),
 * so that repairs come in time. A receiver that does not know the round trip, as a browser that only receives, does not
 * wait for them by itself: pictures come late and several at once, and most of them are not seen.
 */
export class RepairDelay {
  /** The extension's three bytes: least delay (12 bits), most (12 bits); 0 while none needs to be sent. */
  extension = 0;
  /** 0 for no delay. */
  ms = 0;

  #calmSinceMs = -1;

  /**
   * @param loss share of packets that is lost whatever is sent
   * @param responseMs how long a repair takes; -1 while unknown
   */
  update(nowMs: number, loss: number, responseMs: number): void {
    if (responseMs < 0) return;
    if (loss >= frequent) {
      this.#calmSinceMs = -1;
      const wanted = Math.min(longestMs, roundTrips * responseMs + detectionMs);
      if (Math.abs(wanted - this.ms) >= leastChangeMs) this.#set(Math.ceil(wanted / stepMs) * stepMs);
      return;
    }
    if (this.ms === 0 || loss >= rare) {
      this.#calmSinceMs = -1;
      return;
    }
    if (this.#calmSinceMs < 0) this.#calmSinceMs = nowMs;
    if (nowMs - this.#calmSinceMs >= calmMs) this.#set(0);
  }

  #set(ms: number): void {
    this.ms = ms;
    // Once something was asked for, the opposite has to be said, too.
    this.extension = (Math.round(ms / unitMs) << 12) | maxUnits;
  }
}

/**
 * The extension for a receiver that has to wait for repairs on its own path, and for those between publisher and us.
 * @param own that of RepairDelay, for its own path
 */
export function delayOnBothPaths(own: number, publishers: RepairDelay | null): number {
  if (publishers === null || publishers.extension === 0) return own;
  const units = (own >>> 12) + (publishers.extension >>> 12);
  return (Math.min(longestMs / unitMs, units) << 12) | maxUnits;
}
