import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryingLine } from './ice-report.ts';

const line = (kind: string, port: number, mid: string) => `m=${kind} ${port} X 0\r\na=mid:${mid}\r\n`;

test('candidates name the first line that is not refused', () => {
  assert.deepEqual(carryingLine(`v=0\r\n${line('audio', 9, 'a')}${line('video', 9, 'v')}`), {
    sdpMid: 'a',
    sdpMLineIndex: 0,
  });
  assert.deepEqual(carryingLine(`v=0\r\n${line('audio', 0, 'a')}${line('video', 9, 'v')}`), {
    sdpMid: 'v',
    sdpMLineIndex: 1,
  });
  assert.deepEqual(carryingLine('v=0\r\nm=audio 9 X 0\r\n'), { sdpMid: '0', sdpMLineIndex: 0 });
});
