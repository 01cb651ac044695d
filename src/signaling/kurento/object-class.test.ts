import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { KurentoError } from './kurento-error.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import { boolean, enumeration, float, integer, text } from './param-types.ts';

interface Thing {
  size: number;
}

const operation = operationsOf<Thing>();
const parent = new ObjectClass({
  name: 'Parent',
  operations: { greet: operation(() => 'hello'), shared: operation(() => 'parent') },
  events: ['Born'],
});
const child = new ObjectClass({
  name: 'Child',
  parent,
  operations: {
    shared: operation(() => 'child'),
    ...property(
      'size',
      integer,
      (self: Thing) => self.size,
      (self, size) => {
        self.size = size;
      },
    ),
    all: operation(
      v.object({
        text,
        flag: boolean,
        ratio: float,
        word: enumeration('Word', ['A', 'B']),
        record: v.object({ inner: text }),
        list: v.optional(v.array(text)),
      }),
      (_self, params) => params,
    ),
    optional: operation(v.object({ text: v.optional(text) }), (_self, params) => params.text ?? 'none'),
  },
  events: ['Grown', 'IceCandidateFound'],
});
const good = { text: '', flag: false, ratio: 0.5, word: 'A', record: { inner: 'x' } };

function refused(code: number, message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof KurentoError);
    assert.deepEqual([error.code, error.message], [code, message]);
    return true;
  };
}

test('a class has what its ancestors have, unless it has its own', () => {
  assert.equal(child.invoke({}, 'greet', undefined), 'hello');
  assert.equal(child.invoke({}, 'shared', undefined), 'child');
  assert.equal(parent.invoke({}, 'shared', undefined), 'parent');
  assert.deepEqual(child.hierarchy, ['kurento.Parent']);
  assert.equal(child.eventNamed('Born'), 'Born');
  assert.equal(child.eventNamed('OnIceCandidate'), 'IceCandidateFound');
  assert.throws(() => parent.eventNamed('Grown'), refused(40106, "Event 'Grown' not supported"));
  assert.throws(
    () => parent.eventNamed('OnIceCandidate'),
    refused(40106, "Event 'OnIceCandidate' not supported"),
  );
});

test('properties are read and written', () => {
  const thing = { size: 5 };
  assert.equal(child.invoke(thing, 'getSize', {}), 5);
  child.invoke(thing, 'setSize', { size: '7' });
  assert.equal(thing.size, 7);
  child.invoke(thing, 'setSize', { size: 7.9, extra: 1 });
  assert.equal(thing.size, 7);
  for (const size of ['', ' ', 'x', null, {}, true, Number.NaN, 1e20]) {
    assert.throws(() => child.invoke(thing, 'setSize', { size }), KurentoError, JSON.stringify(size));
  }
  assert.equal(thing.size, 7);
});

test('what does not fit is named as the original names it', () => {
  const all = (changes: object) => () => child.invoke({}, 'all', { ...good, ...changes });
  assert.deepEqual(all({ flag: 'true', ratio: '2.5', extra: 1 })(), { ...good, flag: true, ratio: 2.5 });
  assert.throws(all({ text: 5 }), refused(40001, "'text' parameter should be a string"));
  assert.throws(all({ text: undefined }), refused(40001, "'text' parameter is required"));
  assert.throws(all({ flag: 'maybe' }), refused(40001, "'flag' parameter should be a boolean"));
  assert.throws(all({ flag: undefined }), refused(40001, "'flag' parameter is required"));
  assert.throws(all({ ratio: undefined }), refused(40001, "'ratio' parameter is required"));
  assert.throws(all({ ratio: [] }), refused(40001, "'ratio' parameter should be a number"));
  assert.throws(all({ word: 'C' }), refused(40001, "Invalid value for 'Word'"));
  assert.throws(all({ record: 'x' }), refused(40001, "'record' parameter should be an object"));
  assert.throws(all({ record: {} }), refused(40001, "'record.inner' parameter is required"));
  assert.throws(all({ list: {} }), refused(40001, "'list' parameter should be an array"));
  assert.throws(() => child.invoke({}, 'all', undefined), refused(40001, "'operationParams' is required"));
  assert.throws(() => child.invoke({}, 'all', null), refused(40001, "'operationParams' is required"));
  assert.throws(() => child.invoke({}, 'all', []), refused(40001, "'operationParams' should be an object"));
  assert.throws(() => child.invoke({}, 'all', 'x'), refused(40001, "'operationParams' should be an object"));
  for (const none of [undefined, null, {}]) assert.equal(child.invoke({}, 'optional', none), 'none');
});

test('operations that do not exist are counted by their parameters', () => {
  assert.throws(
    () => child.invoke({}, 'fly', { a: 1, b: 2 }),
    refused(40008, "Method 'fly' with 2 parameters not found"),
  );
  for (const name of ['__proto__', 'constructor', 'toString', 'getsize', '']) {
    assert.throws(() => child.invoke({}, name, undefined), KurentoError);
  }
  const long = 'x'.repeat(100_000);
  assert.throws(
    () => child.invoke({}, long, undefined),
    (error: Error) => error.message.length < 200,
  );
});
