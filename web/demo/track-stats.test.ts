import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSample, type StatsEntry, sampleKey, sampleTracks } from './track-stats.ts';

const codec: StatsEntry = { id: 'C', type: 'codec', timestamp: 0, mimeType: 'video/VP8' };

function inbound(at: number, values: Partial<StatsEntry>): StatsEntry {
  return { id: 'I', type: 'inbound-rtp', kind: 'video', mid: '3', codecId: 'C', timestamp: at, ...values };
}

test('rates come from two samples', () => {
  const first = sampleTracks(
    [codec, inbound(1000, { bytesReceived: 1000, packetsReceived: 10, packetsLost: 0 })],
    new Map(),
  );
  assert.equal(first.get('inbound 3')!.bitrate, null);
  assert.equal(describeSample(first.get('inbound 3')!), 'VP8');
  const second = sampleTracks(
    [
      codec,
      inbound(3000, {
        bytesReceived: 301_000,
        packetsReceived: 106,
        packetsLost: 4,
        frameWidth: 1280,
        frameHeight: 720,
        framesPerSecond: 29.7,
      }),
    ],
    first,
  );
  const sample = second.get(sampleKey('inbound', '3'))!;
  assert.equal(sample.bitrate, 1_200_000);
  assert.equal(sample.lossShare, 0.04);
  assert.equal(describeSample(sample), 'VP8 · 1.2 Mbit/s · 1280×720 · 30 fps · 4.0 % lost');
});

test('a counter that restarts gives no rate', () => {
  const first = sampleTracks([inbound(1000, { bytesReceived: 5000 })], new Map());
  const second = sampleTracks([inbound(2000, { bytesReceived: 100 })], first);
  assert.equal(second.get('inbound 3')!.bitrate, null);
});

test('layers of one line are one sample, with the largest picture; inactive ones do not count', () => {
  const outbound = (id: string, values: Partial<StatsEntry>): StatsEntry => ({
    id,
    type: 'outbound-rtp',
    mid: '1',
    timestamp: 1000,
    codecId: 'C',
    ...values,
  });
  const samples = sampleTracks(
    [
      codec,
      outbound('a', { bytesSent: 10, frameWidth: 320, frameHeight: 180 }),
      outbound('b', { bytesSent: 20, frameWidth: 1280, frameHeight: 720 }),
      outbound('c', { bytesSent: 40, active: false }),
    ],
    new Map(),
  );
  const sample = samples.get('outbound 1')!;
  assert.equal(sample.bytes, 30);
  assert.equal(sample.width, 1280);
  assert.equal(sample.lossShare, null);
});

test('entries without a line or of other kinds are left out', () => {
  const samples = sampleTracks(
    [codec, { id: 'X', type: 'inbound-rtp', timestamp: 1 }, { id: 'T', type: 'transport', timestamp: 1 }],
    new Map(),
  );
  assert.equal(samples.size, 0);
});
