import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeTransportFeedback } from '../rtcp/transport-feedback.ts';
import { ProbeCluster } from './probe-cluster.ts';
import { SendSideEstimator } from './send-side-estimator.ts';
import { SentPacketLog } from './sent-packet-log.ts';

const timesMask = 0x7ff;
const packetBytes = 1250;
const packetIntervalMs = 10;
const sentBps = (packetBytes * 8000) / packetIntervalMs;
const packetsPerFeedback = 5;
const delayMs = 30;

/** A steady stream over a path without a queue, told of every 50 ms. */
class Stream {
  readonly clock = { nowMs: 1000 };
  readonly log = new SentPacketLog(0xfff0);
  readonly estimator = new SendSideEstimator(
    sentBps,
    { min: 0, max: 50_000_000 },
    this.log,
    new ProbeCluster(),
  );
  readonly #times = new Float64Array(timesMask + 1);

  /** Sends what one feedback tells of. @returns that feedback */
  send(isLost: (number: number) => boolean = () => false): Uint8Array {
    const from = this.log.next;
    for (let i = 0; i < packetsPerFeedback; i++) {
      this.clock.nowMs += packetIntervalMs;
      const number = this.log.next;
      this.log.record(this.clock, packetBytes, 0);
      this.#times[number & timesMask] = isLost(number) ? 0 : (this.clock.nowMs + delayMs) * 1000;
    }
    const bytes = new Uint8Array(200);
    const written = { end: 0, next: 0 };
    writeTransportFeedback(bytes, 0, 1, 2, 0, this.#times, timesMask, from, this.log.next - 1, written);
    return bytes.subarray(0, written.end);
  }

  receive(feedback: Uint8Array): void {
    assert.ok(this.estimator.receiveFeedback(this.clock, 2 * delayMs, feedback, 0, feedback.length));
  }

  get delivered(): number {
    return this.estimator.delivery.bitrate(1000);
  }
}

const about = (value: number, expected: number) =>
  assert.ok(Math.abs(value / expected - 1) < 0.06, `${value} is not about ${expected}`);

test('feedback that gets lost on the way does not make it seem that less arrives', () => {
  const stream = new Stream();
  for (let i = 0; i < 100; i++) {
    const feedback = stream.send();
    if (i % 3 !== 1) stream.receive(feedback);
  }
  about(stream.delivered, sentBps);
  about(stream.estimator.sending.bitrate(1000), sentBps);
  assert.equal(stream.estimator.packetsLost, 0);
  assert.ok(stream.estimator.estimate >= sentBps);
});

test('feedback that is overtaken counts once', () => {
  const stream = new Stream();
  for (let i = 0; i < 40; i++) {
    const [first, second] = [stream.send(), stream.send()];
    stream.receive(second);
    stream.receive(first);
  }
  about(stream.delivered, sentBps);
  about(stream.estimator.sending.bitrate(1000), sentBps);
});

test('packets that are told to be lost have not arrived', () => {
  const stream = new Stream();
  for (let i = 0; i < 100; i++) stream.receive(stream.send((number) => number % 5 < 2));
  about(stream.delivered, 0.6 * sentBps);
  about(stream.estimator.sending.bitrate(1000), sentBps);
});
