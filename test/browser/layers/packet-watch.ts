import type { Publication, Subscription } from '../../../src/index.ts';

const lookMs = 10;

/**
 * Notes when packets arrive at the server, or leave it, by looking often at a count of them. A server that stands
 * still notices nothing, and so counts as a silent source: a viewer cannot be shown better than that.
 */
export class PacketWatch {
  /** When there were more than before, in milliseconds since 1970. */
  readonly times: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(count: () => number) {
    let former = count();
    this.#timer = setInterval(() => {
      const now = count();
      if (now !== former) this.times.push(performance.timeOrigin + performance.now());
      former = now;
    }, lookMs);
  }

  /** What comes of any encoding. */
  static ofPublication({ track }: Publication): PacketWatch {
    return new PacketWatch(() =>
      track.encodings.reduce((sum, { stream }) => sum + (stream?.packets ?? 0), 0),
    );
  }

  /** What a subscriber is sent. */
  static ofSubscription({ forwarder }: Subscription): PacketWatch {
    return new PacketWatch(() => forwarder?.stats().packets ?? 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
