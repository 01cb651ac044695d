import { KurentoError } from './kurento-error.ts';
import { maxStoredText, maxTextLength } from './kurento-limits.ts';

/** How much text clients have had stored: names, tags and properties, of all objects together. */
export class StoredText {
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Stores one text in place of another. @throws KurentoError 40009, and nothing has changed then */
  exchange(before: string, after: string): void {
    const length = this.#length - before.length + after.length;
    if (after.length > before.length) {
      if (after.length > maxTextLength || length > maxStoredText) {
        throw new KurentoError(40009, 'Too much text is stored');
      }
    }
    this.#length = length;
  }
}
