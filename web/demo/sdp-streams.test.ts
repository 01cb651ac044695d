import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamIdsByMid } from './sdp-streams.ts';

test('stream ids are found by line', () => {
  const sdp = [
    'v=0',
    'a=msid:session x',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    'a=msid:s1 t1',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=msid:s1 t2',
    'a=mid:1',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:2',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:3',
    'a=msid:- t3',
    '',
  ].join('\r\n');
  assert.deepEqual(
    [...streamIdsByMid(sdp)],
    [
      ['0', 's1'],
      ['1', 's1'],
    ],
  );
  assert.equal(streamIdsByMid('').size, 0);
});
