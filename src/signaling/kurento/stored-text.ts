import { KurentoError } from './kurento-error.ts';

/** How much text clients have had stored of one kind, of all objects together. */
export class StoredText {
  readonly #maxEach: number;
  readonly #maxTogether: number;
  #length = 0;

  /** The longest text, and the most of all together, in UTF-16 units. */
  constructor(maxEach: number, maxTogether: number) {
    this.#maxEach = maxEach;
    this.#maxTogether = maxTogether;
  }

  get length(): number {
    return this.#length;
  }

  /** Stores one text in place of another. @throws KurentoError 40009, and nothing has changed then */
  exchange(before: string, after: string): void {
    const length = this.#length - before.length + after.length;
    if (after.length > before.length) {
      if (after.length > this.#maxEach || length > this.#maxTogether) {
        throw new KurentoError(40009, 'Too much text is stored');
      }
    }
    this.#length = length;
  }
}
