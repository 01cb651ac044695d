/** All objects there are, by id. Ids are global: whoever knows one may use the object. */
import { KurentoError } from './kurento-error.ts';
import {
  maxDescriptionLength,
  maxDescriptions,
  maxObjects,
  maxPipelines,
  maxStoredText,
  maxTextLength,
} from './kurento-limits.ts';
import type { MediaObject } from './media-object.ts';
import { printable } from './object-class.ts';
import { StoredText } from './stored-text.ts';

export interface RegistryObserver {
  objectCreated(object: MediaObject): void;
  /** Its children are gone already. */
  objectReleased(object: MediaObject): void;
  /** An object threw as it was released. */
  reportBug(error: unknown): void;
}

/** Behind the last slash of an id: the UUID, and what class it is of where that is said. */
const lastSegment = /(?:^|\/)([^/_]+)(?:_kurento\.[^/]*)?$/;

export class ObjectRegistry {
  /** Names, tags and properties. */
  readonly storedText = new StoredText(maxTextLength, maxStoredText);
  /** Session descriptions, which can be asked for as long as their endpoint lives. */
  readonly descriptions = new StoredText(maxDescriptionLength, maxDescriptions);
  readonly #objects = new Map<string, MediaObject>();
  readonly #fixed = new Map<string, MediaObject>();
  readonly #observer: RegistryObserver;
  #pipelines = 0;

  constructor(observer: RegistryObserver) {
    this.#observer = observer;
  }

  get size(): number {
    return this.#objects.size;
  }

  get pipelineCount(): number {
    return this.#pipelines;
  }

  /** Without those of fixed ids. */
  get objects(): Iterable<MediaObject> {
    return this.#objects.values();
  }

  /** An object that is there from the start and cannot be released. */
  addFixed(object: MediaObject): void {
    this.#fixed.set(object.id, object);
  }

  /** Called before an object is made. @throws KurentoError 40009 */
  assertRoom(): void {
    if (this.#objects.size >= maxObjects) throw new KurentoError(40009, 'There are too many objects');
  }

  /** @throws KurentoError 40009 */
  assertRoomForPipeline(): void {
    if (this.#pipelines >= maxPipelines) throw new KurentoError(40009, 'There are too many pipelines');
  }

  add(object: MediaObject): void {
    this.#objects.set(object.uuid, object);
    if (object.parent === null) this.#pipelines++;
    object.parent?.childAdded(object);
    this.#observer.objectCreated(object);
  }

  /**
   * By its id; by the last segment of it, alone or behind whatever; or by its UUID. So ids work that a client has put
   * together itself, as ksfu's description has them.
   */
  lookup(id: string): MediaObject | null {
    const fixed = this.#fixed.get(id);
    if (fixed !== undefined) return fixed;
    const match = lastSegment.exec(id);
    if (match === null) return null;
    const object = this.#objects.get(match[1]);
    if (object === undefined) return null;
    const segment = id.slice(match.index === 0 && !id.startsWith('/') ? 0 : match.index + 1);
    return segment === object.uuid || object.id.endsWith(segment) ? object : null;
  }

  /**
   * The object of an id, where it is of a class or below it.
   * @throws KurentoError 40101 for an unknown one, 40107 for one of another class, 40109 for an unresolved `newref:`
   */
  find(id: string): MediaObject;
  find<T extends MediaObject>(id: string, wanted: abstract new (...args: never[]) => T): T;
  find(id: string, wanted?: abstract new (...args: never[]) => MediaObject): MediaObject {
    const object = this.lookup(id);
    if (object === null) {
      if (id.startsWith('newref:')) {
        throw new KurentoError(40109, `Object '${printable(id)}' not found: there is no transaction`);
      }
      throw new KurentoError(40101, `Object '${printable(id)}' not found`);
    }
    const { objectClass } = object;
    if (wanted !== undefined && !(object instanceof wanted)) {
      throw new KurentoError(40107, `Object '${printable(id)}' is a ${objectClass.name}`);
    }
    return object;
  }

  /** Ends an object and all below it. Does nothing for one of a fixed id, or one that is released. */
  release(object: MediaObject): void {
    if (this.#objects.get(object.uuid) !== object) return;
    for (const child of object.children) this.release(child);
    // With its last child an object goes that nobody holds.
    if (this.#objects.get(object.uuid) !== object) return;
    this.#objects.delete(object.uuid);
    if (object.parent === null) this.#pipelines--;
    object.parent?.childReleased(object);
    try {
      object.end();
    } catch (error) {
      this.#observer.reportBug(error);
    }
    this.#observer.objectReleased(object);
  }
}
