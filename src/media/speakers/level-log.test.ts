import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExtensionKind } from '../rtp/header-extension.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';
import { LevelLog } from './level-log.ts';

function note(log: LevelLog, sequenceNumber: number, byte: number | null): void {
  const packet = new RtpPacket();
  packet.sequenceNumber = sequenceNumber;
  packet.timestamp = (sequenceNumber * 960) | 0;
  packet.bytes = Uint8Array.of(byte ?? 0);
  packet.extensions = byte === null ? 0 : 1 << ExtensionKind.AudioLevel;
  packet.extensionLength[ExtensionKind.AudioLevel] = 1;
  log.note(packet);
}

test('levels are taken once, in order; packets without one leave nothing', () => {
  const log = new LevelLog();
  note(log, 65_535, 0x80 | 20);
  note(log, 0, null);
  note(log, 1, 127);
  assert.deepEqual(log.take(), [
    { sequenceNumber: 65_535, timestamp: 65_535 * 960, level: 20, voice: true },
    { sequenceNumber: 1, timestamp: 960, level: 127, voice: false },
  ]);
  assert.deepEqual(log.take(), []);
});

test('of more than it keeps, it has the last', () => {
  const log = new LevelLog();
  for (let i = 0; i < 1000; i++) note(log, i, 30);
  const taken = log.take();
  assert.deepEqual([taken.length, taken[0].sequenceNumber, taken.at(-1)?.sequenceNumber], [128, 872, 999]);
});
