/** What reading feedback leaves for the garbage collector. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { writeTransportFeedback } from '../rtcp/transport-feedback.ts';
import { ProbeCluster } from './probe-cluster.ts';
import { SendSideEstimator } from './send-side-estimator.ts';
import { SentPacketLog } from './sent-packet-log.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const packetsPerFeedback = 100;
const timesMask = 0x7ff;
const warmUpFeedbacks = 3000;
/** So few at a time that no collection comes in between, which would hide what was allocated. */
const feedbacksPerRound = 200;
const rounds = 15;
/** Numbers of the whole feedback are boxed now and then; one boxed with each packet would be 16 bytes. */
const limitBytes = 3;

/** Feedback on packets that come in groups of three through a queue that waxes and wanes. */
class Path {
  readonly #clock = { nowMs: 1000.25 };
  readonly #log = new SentPacketLog(0);
  readonly estimator = new SendSideEstimator(
    2_000_000,
    { min: 0, max: 50_000_000 },
    this.#log,
    new ProbeCluster(),
  );
  readonly #times = new Float64Array(timesMask + 1);
  readonly #bytes = new Uint8Array(1400);
  readonly #written = { end: 0, next: 0 };

  /** `lossEvery`: every so many packets get lost; 0 for none. */
  feedback(count: number, lossEvery: number): void {
    for (let told = 0; told < count; told++) {
      const from = this.#log.next;
      for (let i = 0; i < packetsPerFeedback; i++) {
        if (i % 3 === 0) this.#clock.nowMs += 12.125;
        const number = this.#log.next;
        this.#log.record(this.#clock, 1200, 0);
        const lost = lossEvery > 0 && number % lossEvery === 0;
        const waitMs = 20 + (number % 700) / 20;
        this.#times[number & timesMask] = lost ? 0 : (this.#clock.nowMs + waitMs) * 1000;
      }
      const to = this.#log.next - 1;
      writeTransportFeedback(
        this.#bytes,
        0,
        1,
        2,
        told & 0xff,
        this.#times,
        timesMask,
        from,
        to,
        this.#written,
      );
      assert.ok(this.estimator.receiveFeedback(this.#clock, 50, this.#bytes, 0, this.#written.end));
    }
  }
}

for (const [name, lossEvery] of Object.entries({ 'all packets arrived': 0, 'a tenth was lost': 10 })) {
  test(`feedback allocates nothing for the packets it tells of: ${name}`, () => {
    const path = new Path();
    path.feedback(warmUpFeedbacks, lossEvery);
    const grown = Array.from({ length: rounds }, () => {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      path.feedback(feedbacksPerRound, lossEvery);
      return (process.memoryUsage().heapUsed - before) / (feedbacksPerRound * packetsPerFeedback);
    }).sort((one, other) => one - other);
    const median = grown[Math.floor(rounds / 2)];
    assert.ok(path.estimator.packetsReported > 0);
    assert.ok(median < limitBytes, `${median.toFixed(1)} bytes a packet`);
  });
}
