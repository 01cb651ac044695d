import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePresence } from './presence.ts';

const people = (...names: string[]) => names.map((name) => ({ participantId: name.toLowerCase(), name }));

test('comings and goings are one sentence each', () => {
  assert.equal(describePresence(people('Ada'), people('Ada')), '');
  assert.equal(describePresence([], people('Ada')), 'Ada joined.');
  assert.equal(describePresence(people('Ada'), people('Bob', 'Cy')), 'Bob and Cy joined. Ada left.');
  assert.equal(describePresence(people('A', 'B', 'C', 'D'), []), '4 people left.');
});

test('a second tile of the same person is no second person', () => {
  assert.equal(describePresence([], people('Ada', 'Ada')), 'Ada joined.');
});
