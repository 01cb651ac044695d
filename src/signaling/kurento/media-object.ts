/**
 * What clients create, name by id and subscribe to. Objects form trees below pipelines; who releases one releases
 * all below it.
 */

import * as v from 'valibot';
import { compactUuid } from '../compact-uuid.ts';
import { ObjectSubscriptions } from './event-subscription.ts';
import { KurentoError } from './kurento-error.ts';
import { maxTagsPerObject } from './kurento-limits.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import type { ObjectHost } from './object-host.ts';
import { boolean, text } from './param-types.ts';

/** Every record on the wire says what it is. */
export function record<Fields extends object>(type: string, fields: Fields) {
  return { __module__: 'kurento', __type__: type, ...fields };
}

const operation = operationsOf<MediaObject>();

export const mediaObjectClass = new ObjectClass({
  name: 'MediaObject',
  operations: {
    getId: operation((self) => self.id),
    ...property(
      'name',
      text,
      (self: MediaObject) => self.name,
      (self, name) => self.store('name', name),
    ),
    getParent: operation((self) => self.parent?.id ?? null),
    getMediaPipeline: operation((self) => self.pipeline?.id ?? null),
    getChildren: operation((self) => self.children.map(({ id }) => id)),
    getChilds: operation((self) => self.children.map(({ id }) => id)),
    getCreationTime: operation((self) => Math.floor(self.createdAt.getTime() / 1000)),
    ...property(
      'sendTagsInEvents',
      boolean,
      (self: MediaObject) => self.sendTagsInEvents,
      (self, value) => {
        self.sendTagsInEvents = value;
      },
    ),
    addTag: operation(v.object({ key: text, value: text }), (self, { key, value }) =>
      self.addTag(key, value),
    ),
    removeTag: operation(v.object({ key: text }), (self, { key }) => self.removeTag(key)),
    getTag: operation(v.object({ key: text }), (self, { key }) => {
      const value = self.tag(key);
      if (value === null) throw new KurentoError(40110, 'Tag key not found');
      return value;
    }),
    getTags: operation((self) => self.tagRecords),
  },
  events: ['Error'],
});

export abstract class MediaObject {
  readonly host: ObjectHost;
  /** `<parent id>/<uuid>_kurento.<Type>`; clients find an object's family by the text of its id. */
  readonly id: string;
  /** Behind the last slash of the id; unique in the process by itself. */
  readonly uuid = compactUuid();
  readonly parent: MediaObject | null;
  readonly createdAt = new Date();
  sendTagsInEvents = false;
  readonly subscriptions = new ObjectSubscriptions();
  #released = false;
  #children: Set<MediaObject> | null = null;
  /** Made when first needed: most objects have none. */
  #tags: Map<string, string> | null = null;
  #stored: Map<string, string> | null = null;

  /** The registry takes it in once it is made (`ObjectRegistry.add`). */
  constructor(host: ObjectHost, parent: MediaObject | null, fixedId?: string) {
    this.host = host;
    this.parent = parent;
    const own = fixedId ?? `${this.uuid}_${this.objectClass.qualifiedName}`;
    this.id = parent === null ? own : `${parent.id}/${own}`;
  }

  get objectClass(): ObjectClass {
    return mediaObjectClass;
  }

  get released(): boolean {
    return this.#released;
  }

  get children(): readonly MediaObject[] {
    return this.#children === null ? [] : [...this.#children];
  }

  get childCount(): number {
    return this.#children?.size ?? 0;
  }

  /** The pipeline it is in: itself, where it is one; null outside of any. */
  get pipeline(): MediaObject | null {
    return this.parent?.pipeline ?? null;
  }

  get name(): string {
    return this.stored('name') ?? this.id;
  }

  tag(key: string): string | null {
    return this.#tags?.get(key) ?? null;
  }

  get tagRecords(): readonly { key: string; value: string }[] {
    return [...(this.#tags ?? [])].map(([key, value]) => record('Tag', { key, value }));
  }

  /** @throws KurentoError 40009 */
  addTag(key: string, value: string): void {
    this.#tags ??= new Map();
    const before = this.#tags.get(key);
    if (before === undefined && this.#tags.size >= maxTagsPerObject) {
      throw new KurentoError(40009, `An object has ${maxTagsPerObject} tags at most`);
    }
    const { storedText } = this.host.registry;
    storedText.exchange(before === undefined ? '' : key + before, key + value);
    this.#tags.set(key, value);
  }

  removeTag(key: string): void {
    const before = this.#tags?.get(key);
    if (before === undefined) return;
    this.#tags?.delete(key);
    this.host.registry.storedText.exchange(key + before, '');
  }

  /** Text that was set and is given back as it was. */
  stored(key: string): string | null {
    return this.#stored?.get(key) ?? null;
  }

  /** @throws KurentoError 40009 for a text that is too long, or where all texts together are */
  store(key: string, value: string): void {
    this.#stored ??= new Map();
    this.host.registry.storedText.exchange(this.#stored.get(key) ?? '', value);
    this.#stored.set(key, value);
  }

  /** Tells the subscribers of an event; `fields` are those it has besides source, tags, times and type. */
  raise(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    for (const subscription of this.subscriptions.to(event)) subscription.deliver(fields);
  }

  /** Whether somebody subscribed to an event under just this name. */
  subscribedAs(name: string): boolean {
    return this.subscriptions.to(this.objectClass.eventNamed(name)).some((each) => each.name === name);
  }

  /** Somebody has subscribed to an event under this name. */
  subscribed(_name: string): void {}

  /** The registry has taken in, or released, a child. */
  childAdded(child: MediaObject): void {
    this.#children ??= new Set();
    this.#children.add(child);
  }

  childReleased(child: MediaObject): void {
    this.#children?.delete(child);
  }

  /** Called by the registry, once, when the children are gone already. To release an object, ask the registry. */
  end(): void {
    if (this.#released) return;
    this.#released = true;
    try {
      this.onRelease();
    } finally {
      const { storedText } = this.host.registry;
      for (const [key, value] of this.#tags ?? []) storedText.exchange(key + value, '');
      for (const value of this.#stored?.values() ?? []) storedText.exchange(value, '');
    }
  }

  /** Gives back what it holds. */
  protected onRelease(): void {}
}
