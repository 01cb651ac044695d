/**
 * Tells a client which encodings of what it sends are of no use to anybody, so that it need not make them. It is told
 * once that has been so for a while, and at once when one is wanted again; what it is not told of is wanted.
 */

/** The part of a Publication this is read from. */
export interface DemandedPublication {
  readonly mid: string;
  readonly encodings: readonly { readonly rid: string | null; readonly used: boolean }[];
}

export class EncodingNews {
  readonly #tell: (mid: string, unused: readonly string[]) => void;
  /** By mid, what the client was told last; lines that it was told nothing of, or nothing worse, are not here. */
  readonly #told = new Map<string, string>();

  constructor(tell: (mid: string, unused: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** What is of use has changed; or it is new, on a line of which the client may have been told of another. */
  update({ mid, encodings }: DemandedPublication): void {
    const unused = encodings.flatMap(({ rid, used }) => (used || rid === null ? [] : [rid]));
    const news = JSON.stringify(unused);
    if (news === (this.#told.get(mid) ?? '[]')) return;
    if (unused.length === 0) this.#told.delete(mid);
    else this.#told.set(mid, news);
    this.#tell(mid, unused);
  }
}
