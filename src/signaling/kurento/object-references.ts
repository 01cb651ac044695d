/**
 * Which sessions keep which objects alive. A session that makes, describes or uses an object holds it and all its
 * parents; and whoever holds an object holds what is made below it from then on. What nobody holds is released.
 */
import { KurentoError } from './kurento-error.ts';
import { maxReferences, maxReferencesPerSession } from './kurento-limits.ts';
import type { MediaObject } from './media-object.ts';

/** A session, as far as it holds objects. */
export interface ObjectHolder {
  readonly references: Set<MediaObject>;
}

export class ObjectReferences {
  readonly #holders = new Map<MediaObject, Set<ObjectHolder>>();
  readonly #release: (object: MediaObject) => void;
  #size = 0;

  /** @param release called for an object that nobody holds any more; it calls forget() */
  constructor(release: (object: MediaObject) => void) {
    this.#release = release;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws KurentoError 40009, and nothing has changed then */
  add(holder: ObjectHolder, object: MediaObject): void {
    if (holder.references.has(object)) return;
    if (this.#full(holder)) throw new KurentoError(40009, 'The session refers to too many objects');
    for (let each: MediaObject | null = object; each !== null; each = each.parent) this.#add(holder, each);
  }

  /** A new object: whoever holds its parent holds it too. */
  inherit(object: MediaObject): void {
    for (const holder of this.#holders.get(object.parent ?? object) ?? []) {
      if (!this.#full(holder)) this.#add(holder, object);
    }
  }

  remove(holder: ObjectHolder, object: MediaObject): void {
    if (!holder.references.delete(object)) return;
    this.#holders.get(object)?.delete(holder);
    this.#size--;
    this.#releaseIfUnheld(object);
  }

  /** The session ends. */
  removeAll(holder: ObjectHolder): void {
    const held = [...holder.references];
    for (const object of held) {
      this.#holders.get(object)?.delete(holder);
      this.#size--;
    }
    holder.references.clear();
    for (const object of held) this.#releaseIfUnheld(object);
  }

  /** The object has been released. */
  forget(object: MediaObject): void {
    const holders = this.#holders.get(object);
    if (holders === undefined) return;
    this.#holders.delete(object);
    this.#size -= holders.size;
    for (const holder of holders) holder.references.delete(object);
    if (object.parent !== null) this.#releaseIfUnheld(object.parent);
  }

  #add(holder: ObjectHolder, object: MediaObject): void {
    if (holder.references.has(object)) return;
    holder.references.add(object);
    const holders = this.#holders.get(object);
    if (holders === undefined) this.#holders.set(object, new Set([holder]));
    else holders.add(holder);
    this.#size++;
  }

  /** A parent lives as long as there is something below it. */
  #releaseIfUnheld(object: MediaObject): void {
    if (!object.released && object.childCount === 0 && this.#holders.get(object)?.size === 0) {
      this.#release(object);
    }
  }

  #full(holder: ObjectHolder): boolean {
    return holder.references.size >= maxReferencesPerSession || this.#size >= maxReferences;
  }
}
