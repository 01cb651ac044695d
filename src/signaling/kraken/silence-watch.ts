/**
 * Ends peers of which no media comes: for so long after they published, or ever since it ceased. It is how the
 * dialect notices that somebody has gone, since its clients say nothing.
 */
export interface Audible {
  /** Media packets so far. */
  readonly packets: number;
  silent(): void;
}

interface Watched {
  packets: number;
  heardMs: number;
}

/** How often it is looked, as a part of the time that is allowed. */
const looksPerPeriod = 20;
/** A timer this late means that the process stood still, and whatever came meanwhile has not been read. */
const standstillMs = 1000;

export class SilenceWatch {
  readonly #silenceMs: number;
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #watched = new Map<Audible, Watched>();
  #timer: NodeJS.Timeout | null = null;
  #lookedMs = 0;

  constructor(silenceMs: number, now: () => number) {
    this.#silenceMs = silenceMs;
    this.#intervalMs = silenceMs / looksPerPeriod;
    this.#now = now;
  }

  add(peer: Audible): void {
    const nowMs = this.#now();
    this.#watched.set(peer, { packets: peer.packets, heardMs: nowMs });
    if (this.#timer !== null) return;
    this.#lookedMs = nowMs;
    this.#timer = setInterval(() => this.look(), this.#intervalMs).unref();
  }

  delete(peer: Audible): void {
    this.#watched.delete(peer);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Looks at everybody; called by its own timer. */
  look(): void {
    const nowMs = this.#now();
    const lateMs = nowMs - this.#lookedMs - this.#intervalMs;
    this.#lookedMs = nowMs;
    const forgivenMs = lateMs > standstillMs ? lateMs : 0;
    for (const [peer, watched] of [...this.#watched]) {
      watched.heardMs += forgivenMs;
      const { packets } = peer;
      if (packets !== watched.packets) {
        watched.packets = packets;
        watched.heardMs = nowMs;
      } else if (nowMs - watched.heardMs >= this.#silenceMs) peer.silent();
    }
  }
}
