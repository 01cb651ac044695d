import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Directory } from './directory.ts';
import { buildTiles, type ReceivingLine } from './tiles.ts';

const directory: Directory = {
  participants: [
    { id: 'me', name: 'Me', dialect: 'pion' },
    { id: 'a', name: 'Ada', dialect: 'whip' },
    { id: 'b', name: 'Bob', dialect: 'kraken' },
  ],
  media: [
    { mid: '2', participantId: 'a', publicationId: 'p2', kind: 'video', muted: false },
    { mid: '0', participantId: 'a', publicationId: 'p0', kind: 'audio', muted: true },
    { mid: '1', participantId: 'a', publicationId: 'p1', kind: 'video', muted: false },
  ],
};
const lines: ReceivingLine[] = [
  { mid: '0', kind: 'audio', streamId: 'cam' },
  { mid: '1', kind: 'video', streamId: 'cam' },
  { mid: '2', kind: 'video', streamId: 'screen' },
];

test('a participant has one tile, a shared screen its own, and we have none', () => {
  const tiles = buildTiles('me', directory, lines);
  assert.deepEqual(
    tiles.map(({ key, source, videoMid, audioMids, audioMuted }) => ({
      key,
      source,
      videoMid,
      audioMids,
      audioMuted,
    })),
    [
      { key: 'a', source: 'camera', videoMid: '1', audioMids: ['0'], audioMuted: true },
      { key: 'a p2', source: 'screen', videoMid: '2', audioMids: [], audioMuted: true },
      { key: 'b', source: 'camera', videoMid: null, audioMids: [], audioMuted: true },
    ],
  );
});

test('players that only watch have no tile', () => {
  const watchers = Array.from({ length: 50 }, (_, index) => ({
    id: `w${index}`,
    name: `w${index}`,
    dialect: 'whep',
  }));
  const tiles = buildTiles(
    'me',
    { ...directory, participants: [...directory.participants, ...watchers] },
    lines,
  );
  assert.deepEqual(
    tiles.map(({ key }) => key),
    ['a', 'a p2', 'b'],
  );
});

test('media announced before its line exists waits without a picture', () => {
  const tiles = buildTiles('me', directory, []);
  assert.deepEqual(
    tiles.map((tile) => [tile.key, tile.videoMid, tile.videoMuted]),
    [
      ['a', null, false],
      ['a p1', null, false],
      ['b', null, true],
    ],
  );
});

test('media of someone the list lacks is still shown', () => {
  const tiles = buildTiles('me', { participants: [], media: directory.media }, lines);
  assert.deepEqual(
    tiles.map((tile) => tile.name),
    ['a', 'a'],
  );
});

test('lines the directory does not name are not shown', () => {
  assert.deepEqual(buildTiles('me', { participants: [], media: [] }, lines), []);
});

test('without a directory, streams stand for participants', () => {
  const tiles = buildTiles('me', null, lines);
  assert.deepEqual(
    tiles.map(({ key, name, videoMid, audioMids }) => ({ key, name, videoMid, audioMids })),
    [
      { key: 'cam', name: 'Guest 1', videoMid: '1', audioMids: ['0'] },
      { key: 'screen', name: 'Guest 2', videoMid: '2', audioMids: [] },
    ],
  );
});
