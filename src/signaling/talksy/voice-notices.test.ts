import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoiceNotices } from './voice-notices.ts';

const packet = (sequenceNumber: number, level: number, voice = true) => ({
  sequenceNumber,
  timestamp: sequenceNumber * 960,
  level,
  voice,
});

test('voice is told each time it is heard, with its packets, and its end once after 300 ms', () => {
  const notices = new VoiceNotices();
  assert.equal(
    notices.update(0, [packet(1, 80), packet(2, 30, false), packet(3, 0), packet(4, 40)], false),
    null,
  );
  assert.deepEqual(notices.update(100, [packet(5, 39), packet(6, 90), packet(7, 1)], false), {
    type: 'vad_started',
    audioLevels: [
      { sequenceNo: 5, timestamp: 4800, audioLevel: 39, isVoice: true },
      { sequenceNo: 7, timestamp: 6720, audioLevel: 1, isVoice: true },
    ],
  });
  assert.equal(notices.update(200, [packet(8, 20)], false)?.type, 'vad_started');
  assert.equal(notices.update(300, [], false), null);
  assert.equal(notices.update(400, [packet(9, 127)], false), null);
  assert.deepEqual(notices.update(500, [], false), { type: 'vad_ended', audioLevels: null });
  assert.equal(notices.update(600, [], false), null);
  assert.equal(notices.durationMs, 400);
});

test('where packets do not say their level, what is thought of them counts', () => {
  const notices = new VoiceNotices();
  assert.deepEqual(notices.update(0, null, true), { type: 'vad_started', audioLevels: [] });
  assert.equal(notices.update(300, null, false)?.type, 'vad_ended');
});

test('a message lists at most 2048 packets, the last', () => {
  const many = Array.from({ length: 3000 }, (_, i) => packet(i, 20));
  const listed = new VoiceNotices().update(0, many, false)?.audioLevels ?? [];
  assert.deepEqual([listed.length, listed.at(-1)?.sequenceNo], [2048, 2999]);
});
