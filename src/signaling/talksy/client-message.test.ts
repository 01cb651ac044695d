import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { looksLikeTalksy, parseClientMessage } from './client-message.ts';
import { parseInternalMessage } from './internal-message.ts';

const parse = (type: string, data?: unknown) => parseClientMessage(JSON.stringify({ type, data, extra: 1 }));

test('messages with the data their type has', () => {
  for (const [type, data] of [
    ['offer', 'v=0'],
    ['answer', 'v=0'],
    ['candidate', ''],
    ['switch_quality', 'none'],
    ['update_bandwidth', 1234.5],
    ['is_allow_renegotiation', undefined],
  ] as const)
    assert.deepEqual(parse(type, data), { type, data });
});

test('tracks_added keeps words only, subscribe_tracks entries with both ids', () => {
  assert.deepEqual(parse('tracks_added', { a: 'media', b: 1, c: null, d: 'x' }), {
    type: 'tracks_added',
    data: new Map([
      ['a', 'media'],
      ['d', 'x'],
    ]),
  });
  const entry = { client_id: 'c', track_id: 't', source_type: 'media' };
  assert.deepEqual(parse('subscribe_tracks', [entry, 1, { client_id: 'c' }, null, [entry]]), {
    type: 'subscribe_tracks',
    data: [{ client_id: 'c', track_id: 't' }],
  });
});

test('set_bandwidth_limit takes digits and numbers; all else is no limit', () => {
  const cases: [unknown, number][] = [
    ['500000', 500_000],
    [500_000, 500_000],
    ['0', 0],
    ['-5', 0],
    ['lots', 0],
    [null, 0],
    [{}, 0],
    [undefined, 0],
  ];
  for (const [data, limit] of cases)
    assert.deepEqual(parse('set_bandwidth_limit', data), { type: 'set_bandwidth_limit', data: limit });
});

test('wrong types, unknown types and broken JSON are nonsense, never an error', () => {
  for (const [type, data] of [
    ['offer', { type: 'offer', sdp: 'v=0' }],
    ['offer', undefined],
    ['answer', 5],
    ['candidate', {}],
    ['tracks_added', 'media'],
    ['subscribe_tracks', {}],
    ['switch_quality', 'higher'],
    ['update_bandwidth', '5'],
    ['update_bandwidth', -1],
    ['constructor', {}],
    ['__proto__', {}],
  ] as const)
    assert.equal(parse(type, data).type, null, `${type} ${JSON.stringify(data)}`);
  for (const text of ['', '{', 'null', '5', '[]', '{"type":5}', '"offer"', `${'['.repeat(50_000)}`])
    assert.equal(parseClientMessage(text).type, null);
});

test('any text, and any JSON in any place, is read without an exception', () => {
  const types = fc.constantFrom(
    ...[
      'offer',
      'tracks_added',
      'subscribe_tracks',
      'set_bandwidth_limit',
      'update_bandwidth',
      'stats',
      'video_size',
    ],
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), types, fc.jsonValue(), (text, type, data) => {
      parseClientMessage(text);
      parseInternalMessage(text);
      parse(type, data);
      parseInternalMessage(JSON.stringify({ type, data }));
    }),
  );
});

test('only frames of this dialect are recognised as such', () => {
  assert.ok(looksLikeTalksy('{"type":"offer","data":"v=0"}'));
  assert.ok(looksLikeTalksy('{"type":"is_allow_renegotiation"}'));
  for (const text of [
    '{"event":"joinRoom","data":{}}',
    '{"jsonrpc":"2.0","method":"ping"}',
    '{"type":"hello"}',
    'x',
  ])
    assert.equal(looksLikeTalksy(text), false, text);
});

test('messages of the data channel: sizes and statistics', () => {
  const text = (type: string, data: unknown) => parseInternalMessage(JSON.stringify({ type, data }));
  assert.deepEqual(text('video_size', { track_id: 't', width: 640.5, height: 360 }), {
    type: 'video_size',
    data: { track_id: 't', width: 640.5, height: 360 },
  });
  assert.deepEqual(text('stats', { available_outgoing_bitrate: 1.5, quality_limitation_reason: 'cpu' }), {
    type: 'stats',
    data: { available_outgoing_bitrate: 1.5, quality_limitation_reason: 'cpu' },
  });
  assert.deepEqual(text('stats', { available_outgoing_bitrate: null, quality_limitation_reason: 7 }), {
    type: 'stats',
    data: { available_outgoing_bitrate: 0, quality_limitation_reason: 'none' },
  });
  for (const data of [
    null,
    {},
    { track_id: 't', width: -1, height: 1 },
    { track_id: 1, width: 1, height: 1 },
  ])
    assert.equal(text('video_size', data), null);
});
