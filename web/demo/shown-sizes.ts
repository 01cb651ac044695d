/** How large the pictures of others are shown, for the server to send no more than that. */
import type { Rectangle } from './layout.ts';
import type { ShownSize } from './messages.ts';

/** More physical pixels than this per CSS pixel nobody tells apart in a moving picture. */
const finestPixelRatio = 2;
/** Layouts pass through many sizes while a window is resized. */
const intervalMs = 250;

/** The part of a tile this is read from. */
export interface SizedTile {
  readonly local: boolean;
  /** The line of its picture; null where it has none. */
  readonly mid: string | null;
}

/** The part of the grid that is in view, scrolled as it is; CSS pixels. */
export interface View {
  readonly top: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** What is scrolled out of view is not shown. */
export function shownSizes(
  tiles: readonly SizedTile[],
  places: readonly Rectangle[],
  { top, height, pixelRatio }: View,
): ShownSize[] {
  const scale = Math.min(finestPixelRatio, Math.max(1, pixelRatio));
  return places.flatMap((place, index) => {
    const tile = tiles[index];
    if (tile === undefined || tile.local || tile.mid === null) return [];
    const inView = place.top < top + height && place.top + place.height > top;
    const pixels = (length: number) => (inView ? Math.round(length * scale) : 0);
    return [{ mid: tile.mid, width: pixels(place.width), height: pixels(place.height) }];
  });
}

/** Says sizes when they have changed, and not more often than is of use. */
export class ShownSizesReport {
  readonly #send: (sizes: readonly ShownSize[]) => void;
  readonly #after: (ms: number, run: () => void) => () => void;
  #sizes: readonly ShownSize[] = [];
  #sent = '[]';
  #cancel: (() => void) | null = null;

  /** `after` calls `run` once after `ms`, and returns what cancels it. */
  constructor(
    send: (sizes: readonly ShownSize[]) => void,
    after: (ms: number, run: () => void) => () => void,
  ) {
    this.#send = send;
    this.#after = after;
  }

  /** The sizes are these now. */
  update(sizes: readonly ShownSize[]): void {
    this.#sizes = sizes;
    if (this.#cancel !== null || JSON.stringify(sizes) === this.#sent) return;
    this.#cancel = this.#after(intervalMs, () => this.#flush());
  }

  /** Whoever is told has forgotten what was said, or is another. */
  renew(): void {
    this.#sent = '[]';
    this.update(this.#sizes);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #flush(): void {
    this.#cancel = null;
    const text = JSON.stringify(this.#sizes);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#send(this.#sizes);
  }
}
