import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QualityMeter, type QualitySample } from './quality-meter.ts';

function run(meter: QualityMeter, seconds: number, sample: (second: number) => Partial<QualitySample>): void {
  for (let i = 0; i < seconds; i++) {
    at += 1000;
    packets += 50;
    const base = { packets, lossShare: 0, rttMs: 20, jitterMs: 2, frozenMs: 0, layerShare: null };
    meter.sample({ ...base, ...sample(i) }, at);
  }
}

let at = 0;
let packets = 0;

test('there is no score before the other side reports, and none when nothing flows', () => {
  const meter = new QualityMeter('audio');
  run(meter, 3, () => ({ lossShare: null }));
  assert.equal(meter.score, null);
  run(meter, 1, () => ({}));
  assert.ok(meter.score! > 4.9);
  const stopped = packets;
  run(meter, 4, () => ({ packets: stopped, lossShare: null }));
  assert.ok(meter.score! > 4.9);
  run(meter, 3, () => ({ packets: stopped, lossShare: null }));
  assert.equal(meter.score, null);
  run(meter, 1, () => ({}));
  assert.ok(meter.score! > 4.9);
});

test('it falls within seconds of loss, and recovers', () => {
  const meter = new QualityMeter('audio');
  run(meter, 5, () => ({}));
  run(meter, 4, () => ({ lossShare: 0.2 }));
  assert.ok(meter.score! < 3.5, `${meter.score}`);
  run(meter, 12, () => ({}));
  assert.ok(meter.score! > 4.8, `${meter.score}`);
});

test('a second of freeze counts, and so does a source whose count begins anew', () => {
  const meter = new QualityMeter('video');
  run(meter, 5, () => ({ frozenMs: 7000 }));
  assert.ok(meter.score! > 4.9);
  run(meter, 1, () => ({ frozenMs: 8000 }));
  assert.equal(meter.score, 1);
  run(meter, 10, () => ({ frozenMs: 0 }));
  assert.ok(meter.score! > 4.5);
});
