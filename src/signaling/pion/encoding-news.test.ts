import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DemandedPublication, EncodingNews } from './encoding-news.ts';

function fixture() {
  const told: [string, readonly string[]][] = [];
  const news = new EncodingNews((mid, unused) => told.push([mid, unused]));
  const publication = (mid: string, ...unused: string[]): DemandedPublication => ({
    mid,
    encodings: ['low', 'mid', 'high'].map((rid) => ({ rid, used: !unused.includes(rid) })),
  });
  return { news, publication, take: () => told.splice(0) };
}

test('what is of no use is told by its line and names, and taken back', () => {
  const { news, publication, take } = fixture();
  news.update(publication('1', 'high'));
  news.update(publication('1', 'high'));
  news.update(publication('4', 'mid', 'high'));
  news.update(publication('1'));
  assert.deepEqual(take(), [
    ['1', ['high']],
    ['4', ['mid', 'high']],
    ['1', []],
  ]);
});

test('a new publication on a line starts with all, and only who was told otherwise hears of it', () => {
  const { news, publication, take } = fixture();
  news.update(publication('1'));
  assert.deepEqual(take(), []);
  news.update(publication('1', 'low', 'mid', 'high'));
  take();
  news.update(publication('1'));
  assert.deepEqual(take(), [['1', []]]);
});

test('encodings without names cannot be told apart, and are not told of', () => {
  const { news, take } = fixture();
  news.update({ mid: '2', encodings: [{ rid: null, used: false }] });
  assert.deepEqual(take(), []);
});
