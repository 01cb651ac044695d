/**
 * Looks at counters of all endpoints twice a second: whether their media flows, in which direction, and whether
 * anything is heard of their peers. Counters and not packets, so that it costs nothing where media flows.
 */
import type { ObjectHost } from './object-host.ts';

const lookEveryMs = 500;
/** Nothing for so long is NOT_FLOWING. */
const stillMs = 2000;
/** Neither RTP nor RTCP for so long is DISCONNECTED. */
const silentMs = 5000;

/** One counter and when it last moved. */
export class Activity {
  readonly #patienceMs: number;
  #count = 0;
  #movedMs = Number.NEGATIVE_INFINITY;
  active = false;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * @param count null while there is nothing to count: it stands where it stood
   * @returns whether `active` has changed
   */
  update(count: number | null, nowMs: number): boolean {
    if (count !== null) {
      // One that went back is another's: it begins anew.
      if (count > this.#count) this.#movedMs = nowMs;
      this.#count = count;
    }
    return this.#become(nowMs - this.#movedMs < this.#patienceMs);
  }

  /** Nothing comes any more, unless the counter goes beyond `count`. @returns whether it was active */
  end(count: number = this.#count): boolean {
    this.#count = count;
    this.#movedMs = Number.NEGATIVE_INFINITY;
    return this.#become(false);
  }

  #become(active: boolean): boolean {
    const changed = active !== this.active;
    this.active = active;
    return changed;
  }
}

export const flowActivity = (): Activity => new Activity(stillMs);
export const peerActivity = (): Activity => new Activity(silentMs);

export interface Watched {
  look(nowMs: number): void;
}

export class MediaWatch {
  readonly #host: Pick<ObjectHost, 'after' | 'nowMs'>;
  readonly #watched = new Set<Watched>();
  #running = false;

  constructor(host: Pick<ObjectHost, 'after' | 'nowMs'>) {
    this.#host = host;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    if (!this.#running) this.#next();
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  #next(): void {
    this.#running = this.#watched.size > 0;
    if (!this.#running) return;
    this.#host.after(lookEveryMs, () => {
      // First: what one of them throws must not end it.
      this.#next();
      const nowMs = this.#host.nowMs();
      for (const watched of this.#watched) watched.look(nowMs);
    });
  }
}

const watches = new WeakMap<ObjectHost, MediaWatch>();

/** The one watch of everything that lives in `host`. */
export function mediaWatchOf(host: ObjectHost): MediaWatch {
  let watch = watches.get(host);
  if (watch === undefined) {
    watch = new MediaWatch(host);
    watches.set(host, watch);
  }
  return watch;
}
