import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEvent } from './event-envelope.ts';
import type { MediaObject } from './media-object.ts';

const nowMs = 1_795_223_542_309;
const candidate = {
  __module__: 'kurento',
  __type__: 'IceCandidate',
  candidate: 'candidate:1 1 UDP 2015363327 198.51.100.7 50000 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
};
const tag = { __module__: 'kurento', __type__: 'Tag', key: 'k', value: 'v' };

function event(name: string, event: string, fields: object, sendTagsInEvents = false): unknown {
  const object = { id: 'P/E', sendTagsInEvents, tagRecords: [tag] } as unknown as MediaObject;
  return JSON.parse(formatEvent({ object, event, name, reference: 'E' }, fields as never, nowMs));
}

test('under its present name an event is what Kurento 7 sends', () => {
  assert.deepEqual(event('IceCandidateFound', 'IceCandidateFound', { candidate }), {
    jsonrpc: '2.0',
    method: 'onEvent',
    params: {
      value: {
        data: {
          source: 'P/E',
          tags: [],
          timestampMillis: '1795223542309',
          type: 'IceCandidateFound',
          candidate,
        },
        object: 'P/E',
        type: 'IceCandidateFound',
      },
    },
  });
});

test('under a name of Kurento 6 it carries the form of the README as well', () => {
  assert.deepEqual(event('OnIceCandidate', 'IceCandidateFound', { candidate }), {
    jsonrpc: '2.0',
    method: 'onEvent',
    params: {
      value: {
        data: {
          source: 'P/E',
          tags: [],
          timestamp: '1795223542',
          timestampMillis: '1795223542309',
          type: 'OnIceCandidate',
          candidate,
        },
        object: 'P/E',
        type: 'OnIceCandidate',
      },
      type: 'OnIceCandidate',
      data: { endpoint: 'E', candidate: candidate.candidate, sdpMid: '0', sdpMLineIndex: 0 },
    },
  });
});

test('other events of old names have their fields beside the endpoint', () => {
  const { params } = event('DataChannelOpen', 'DataChannelOpened', { channelId: 1 }) as {
    params: { data: object };
  };
  assert.deepEqual(params.data, { endpoint: 'E', channelId: 1 });
});

test('tags are sent where they are wanted, and some events say another type or none', () => {
  const dataOf = (...args: Parameters<typeof event>) =>
    (event(...args) as { params: { value: { data: Record<string, unknown> } } }).params.value.data;
  assert.deepEqual(dataOf('ElementConnected', 'ElementConnected', {}, true).tags, [tag]);
  assert.equal('type' in dataOf('ObjectCreated', 'ObjectCreated', { object: 'x' }), false);
  assert.equal(
    dataOf('Error', 'Error', { type: 'UNEXPECTED_ELEMENT_ERROR' }).type,
    'UNEXPECTED_ELEMENT_ERROR',
  );
});
