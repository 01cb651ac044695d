/**
 * What bandwidth estimation costs for one packet to one subscriber: sent through the outlet, straight or paced, and
 * reported by transport-wide feedback. No sockets, no crypto. Run with `node --import tsx bench/micro/bandwidth.ts`.
 */
import { ConnectionBandwidth } from '../../src/media/bandwidth/connection-bandwidth.ts';
import { Urgency } from '../../src/media/bandwidth/packet-outlet.ts';
import type { MediaContext } from '../../src/media/media-context.ts';
import { createMediaCounters } from '../../src/media/media-counters.ts';
import { writeTransportFeedback } from '../../src/media/rtcp/transport-feedback.ts';
import { outboxCapacity, outboxStride, prefixArenaBytes } from '../../src/packet-io/layout.ts';
import { SendQueue } from '../../src/packet-io/send-queue.ts';

const packets = 2_000_000;
const packetsPerFeedback = 20;
const payloadBytes = 1100;
const prefixBytes = 24;
const sequenceOffset = 17;
const logMask = 2047;

const sink = {
  prefixes: new Uint8Array(prefixArenaBytes),
  outbox: new Int32Array(outboxCapacity * outboxStride),
  flush: () => {},
};
const sendQueue = new SendQueue(sink);
const clock = { nowMs: 1000, ntpOffsetMs: 0 };
const context: MediaContext = {
  arena: new Uint8Array(0),
  slotCount: 1 << 20,
  inbox: new Int32Array(0),
  arrivals: new Float64Array(0),
  sendQueue,
  clock,
  ring: { newest: 0 },
  counters: createMediaCounters(),
  randomUint32: () => 0,
};

function measure(name: string, run: () => void): void {
  run();
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  console.log(`${name}: ${((user + system) / packets).toFixed(4)} µs a packet`);
}

function connection(): ConnectionBandwidth {
  const bounds = { min: 50_000, max: 50_000_000 };
  const padding = { canPad: false, sendPadding: () => false };
  return new ConnectionBandwidth(context, 0, 600_000, bounds, padding, () => {});
}

function send(bandwidth: ConnectionBandwidth, offset: number): void {
  const at = sendQueue.begin();
  bandwidth.outlet.commit(Urgency.Paced, at, prefixBytes, offset, 0, 0, payloadBytes, 0);
}

measure('straight to the send queue, not numbered', () => {
  const bandwidth = connection();
  for (let i = 0; i < packets; i++) {
    clock.nowMs += 1;
    send(bandwidth, 0);
  }
});

measure('numbered and remembered', () => {
  const bandwidth = connection();
  bandwidth.setTransportWide(true);
  for (let i = 0; i < packets; i++) {
    clock.nowMs += 1;
    send(bandwidth, sequenceOffset);
  }
});

measure('numbered, with feedback on all of them', () => {
  const bandwidth = connection();
  bandwidth.setTransportWide(true);
  const times = new Float64Array(logMask + 1);
  const feedback = new Uint8Array(1400);
  const result = { end: 0, next: 0 };
  for (let i = 0; i < packets; i++) {
    clock.nowMs += 5;
    const { next } = bandwidth.outlet.log!;
    send(bandwidth, sequenceOffset);
    times[next & logMask] = clock.nowMs * 1000 + 20_000 + (i % 7) * 300;
    if (i % packetsPerFeedback !== packetsPerFeedback - 1) continue;
    const from = next - packetsPerFeedback + 1;
    writeTransportFeedback(feedback, 0, 1, 2, 0, times, logMask, from, next, result);
    bandwidth.receiveFeedback(feedback, 0, result.end, 20);
  }
});

measure('paced: every packet waits', () => {
  const bandwidth = connection();
  bandwidth.outlet.setPacingRate(8_000_000);
  for (let i = 0; i < packets; i++) {
    if (i % 10 === 0) {
      clock.nowMs += 10;
      bandwidth.outlet.drain();
    }
    send(bandwidth, sequenceOffset);
  }
});
