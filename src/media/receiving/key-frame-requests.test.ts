import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportLink } from '../transport-link.ts';
import { KeyFrameRequests, KeyFrameSpacing } from './key-frame-requests.ts';

/** Two encodings of one track, on a clock of their own. */
class Scene {
  nowMs = 0;
  readonly low: KeyFrameRequests;
  readonly high: KeyFrameRequests;

  constructor() {
    const scene = this;
    const link = {
      get nowMs() {
        return scene.nowMs;
      },
      options: { keyFrameIntervalMs: 500 },
      timers: { schedule() {} },
      sendEnabled: true,
      rtcpBytes: new Uint8Array(64),
      reporterSsrc: 1,
      beginRtcp: () => 0,
      endRtcp() {},
      context: { counters: { pliSent: 0, firSent: 0 } },
    } as unknown as TransportLink;
    const spacing = new KeyFrameSpacing();
    this.low = new KeyFrameRequests(link, spacing, () => false);
    this.high = new KeyFrameRequests(link, spacing, () => false);
  }

  /** Looks every 10 ms; `waiting` is said of both. */
  run(ms: number, waiting = true): void {
    for (const until = this.nowMs + ms; this.nowMs < until; ) {
      this.nowMs += 10;
      this.low.handleTimeout(1, waiting);
      this.high.handleTimeout(2, waiting);
    }
  }

  get sent(): readonly number[] {
    return [this.low.sent, this.high.sent];
  }
}

test('requests for one encoding become one, and are repeated only where no key frame comes', () => {
  const scene = new Scene();
  for (let i = 0; i < 5; i++) scene.low.request(1);
  assert.deepEqual(scene.sent, [1, 0]);
  scene.run(480);
  assert.deepEqual(scene.sent, [1, 0]);
  scene.run(30);
  assert.deepEqual(scene.sent, [2, 0], 'what was asked again at once comes after the interval');
  scene.low.answered();
  scene.run(5000);
  assert.deepEqual(scene.sent, [2, 0]);
});

test('a request for another encoding waits for a publisher that would ignore it', () => {
  const scene = new Scene();
  scene.low.request(1);
  scene.low.answered();
  scene.run(100);
  scene.high.request(2);
  assert.deepEqual(scene.sent, [1, 0]);
  scene.run(240);
  assert.deepEqual(scene.sent, [1, 0]);
  scene.run(20);
  assert.deepEqual(scene.sent, [1, 1]);
});

test('a request is not sent that was answered while it waited', () => {
  const scene = new Scene();
  scene.low.request(1);
  scene.run(100);
  scene.high.request(2);
  scene.high.answered();
  scene.low.answered();
  scene.run(5000);
  assert.deepEqual(scene.sent, [1, 0]);
});
