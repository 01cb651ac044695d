import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  qualityName,
  readCallFigures,
  readDescription,
  readServerMessage,
  subscriptionsTo,
} from './server-messages.ts';

test('messages and what is in them; anything else is nothing', () => {
  assert.deepEqual(readServerMessage('{"type":"clientid","data":"x"}'), { type: 'clientid', data: 'x' });
  for (const text of ['', '5', 'null', '{}', '{"type":5}']) assert.equal(readServerMessage(text), null);
  assert.deepEqual(readDescription({ type: 'offer', sdp: 'v=0', more: 1 }), { type: 'offer', sdp: 'v=0' });
  for (const data of [null, 'v=0', { type: 'x', sdp: '' }, { type: 'offer' }])
    assert.equal(readDescription(data), null);
});

test('everything that is available is asked for', () => {
  const track = { id: 't', client_id: 'c', source_type: 'media', kind: 'audio', is_simulcast: false };
  assert.deepEqual(subscriptionsTo({ t: track, u: 5, v: { id: 1 } }), [
    { client_id: 'c', track_id: 't', source_type: 'media' },
  ]);
  assert.deepEqual(subscriptionsTo(null), []);
});

test('figures of a call, with what is missing left open', () => {
  const figures = readCallFigures({
    current_bitrate: 5,
    sent_track_stats: [{ id: 'a', fraction_lost: 0.5, quality: 9 }],
  });
  assert.deepEqual([figures?.bitrate, figures?.received], [5, []]);
  assert.deepEqual(
    [figures?.sent[0]?.id, figures?.sent[0]?.fractionLost, figures?.sent[0]?.rid],
    ['a', 0.5, ''],
  );
  assert.equal(readCallFigures([]), null);
  assert.deepEqual(
    [qualityName(9), qualityName(0), qualityName(null), qualityName(99)],
    ['high', 'none', '–', '99'],
  );
});
