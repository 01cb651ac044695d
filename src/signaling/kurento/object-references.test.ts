import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxReferencesPerSession } from './kurento-limits.ts';
import type { MediaObject } from './media-object.ts';
import { type ObjectHolder, ObjectReferences } from './object-references.ts';

/** Objects of which only the family counts. */
function scene() {
  const released: string[] = [];
  const references = new ObjectReferences((object) => release(object));
  const children = new Map<MediaObject, Set<MediaObject>>();
  const make = (name: string, parent: MediaObject | null = null): MediaObject => {
    const object = {
      name,
      parent,
      released: false,
      get childCount() {
        return children.get(this as unknown as MediaObject)?.size ?? 0;
      },
    } as unknown as MediaObject;
    children.set(object, new Set());
    if (parent !== null) children.get(parent)?.add(object);
    return object;
  };
  const release = (object: MediaObject) => {
    released.push(object.name);
    Object.assign(object, { released: true });
    if (object.parent !== null) children.get(object.parent)?.delete(object);
    references.forget(object);
  };
  const session = (): ObjectHolder => ({ references: new Set() });
  return { references, make, release, session, released };
}

test('an object lives until the last session that holds it ends', () => {
  const { references, make, session, released } = scene();
  const [a, b] = [session(), session()];
  const pipeline = make('pipeline');
  const element = make('element', pipeline);
  references.add(a, pipeline);
  references.add(b, element);
  references.removeAll(a);
  assert.deepEqual(released, []);
  references.removeAll(b);
  assert.deepEqual(released, ['element', 'pipeline']);
  assert.equal(references.size, 0);
});

test('what is made below an object is held by whoever holds the object, from then on', () => {
  const { references, make, session, released } = scene();
  const [a, b] = [session(), session()];
  const pipeline = make('pipeline');
  references.add(a, pipeline);
  const early = make('early', pipeline);
  references.add(a, early);
  references.inherit(early);
  references.add(b, pipeline);
  const late = make('late', pipeline);
  references.add(a, late);
  references.inherit(late);
  references.removeAll(a);
  assert.deepEqual(released, ['early']);
  references.remove(b, late);
  assert.deepEqual(released, ['early', 'late']);
  references.remove(b, late);
  references.remove(b, pipeline);
  assert.deepEqual(released, ['early', 'late', 'pipeline']);
});

test('a parent outlives those who hold it, as long as there is something below it', () => {
  const { references, make, session, released } = scene();
  const [a, b] = [session(), session()];
  const pipeline = make('pipeline');
  references.add(a, pipeline);
  const element = make('element', pipeline);
  references.add(b, element);
  references.remove(b, pipeline);
  references.remove(a, pipeline);
  assert.deepEqual(released, []);
  references.remove(b, element);
  assert.deepEqual(released, ['element', 'pipeline']);
});

test('what was released otherwise is held by nobody', () => {
  const { references, make, release, session, released } = scene();
  const a = session();
  const pipeline = make('pipeline');
  references.add(a, pipeline);
  release(pipeline);
  references.removeAll(a);
  assert.deepEqual(released, ['pipeline']);
  assert.equal(references.size, 0);
});

test('a session holds so many and no more', () => {
  const { references, make, session } = scene();
  const a = session();
  for (let i = 0; i < maxReferencesPerSession; i++) references.add(a, make('object'));
  assert.throws(() => references.add(a, make('one more')), { code: 40009 });
  const [held] = a.references;
  references.add(a, held);
  references.inherit(make('child', held));
  assert.equal(a.references.size, maxReferencesPerSession);
});
