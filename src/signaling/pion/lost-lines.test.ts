import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostLines } from './lost-lines.ts';

const line = (kind: string, mid: string, direction = 'sendrecv'): string =>
  `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:${mid}\r\na=${direction}\r\n`;
const sdp = (...lines: string[]): string => `v=0\r\ns=-\r\n${lines.join('')}`;

test('lines that the agreed description has are not lost', () => {
  const agreed = sdp(line('audio', '0'), line('video', '1'));
  assert.deepEqual(lostLines(agreed, agreed), []);
});

test('new lines that would send are lost, in their order', () => {
  const agreed = sdp(line('audio', '0'));
  const offer = sdp(
    line('audio', '0'),
    line('video', '1'),
    line('video', '2', 'recvonly'),
    line('audio', '3', 'sendonly'),
    line('application', '4'),
    line('video', '5', 'inactive'),
  );
  assert.deepEqual(lostLines(offer, agreed), ['video', 'audio']);
});

test('without an agreed description every line is new; nonsense has none', () => {
  assert.deepEqual(lostLines(sdp(line('video', '0')), null), ['video']);
  assert.deepEqual(lostLines('', null), []);
});
