import type { Publication } from '../../../src/index.ts';

const lookMs = 10;

export interface EncodingArrivals {
  readonly rid: string | null;
  /** When something of it was there, in milliseconds since 1970. */
  readonly times: readonly number[];
}

/**
 * Notes when packets of a publication arrive at the server, by looking often: what a viewer is shown cannot be
 * better than that. A server that stands still notices nothing either, and so counts as a silent source.
 */
export class SourceWatch {
  /** Of any encoding. */
  readonly times: number[] = [];
  readonly encodings: EncodingArrivals[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(publication: Publication) {
    const { encodings } = publication.track;
    const packets = encodings.map(() => 0);
    const times: number[][] = encodings.map(() => []);
    for (const { index, rid } of encodings) this.encodings.push({ rid, times: times[index] });
    this.#timer = setInterval(() => {
      const now = performance.timeOrigin + performance.now();
      let any = false;
      for (const { index, stream } of publication.track.encodings) {
        const count = stream?.packets ?? 0;
        if (count === packets[index]) continue;
        packets[index] = count;
        times[index].push(now);
        any = true;
      }
      if (any) this.times.push(now);
    }, lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
