import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendQueue } from '../packet-io/send-queue.ts';
import { LoadPublisher } from './load-publisher.ts';
import { type TrafficName, trafficShapes } from './traffic.ts';

/** Packets that a publisher sends in ten seconds of a clock that moves in steps of `stepMs`. */
function packetsInTenSeconds(name: TrafficName, stepMs: number): number {
  const queue = new SendQueue({
    outbox: new Int32Array(6 * 8192),
    prefixes: new Uint8Array(1 << 20),
    flush: () => undefined,
  });
  const publisher = new LoadPublisher(0, 1, trafficShapes[name], queue);
  for (let ms = 1000; ms < 11_000; ms += stepMs) {
    publisher.tick(ms, ms * 1000);
    queue.flush();
  }
  return publisher.packetsSent;
}

for (const name of Object.keys(trafficShapes) as TrafficName[]) {
  test(`${name} has the packet rate it says, however late the clock`, () => {
    const due = trafficShapes[name].packetsPerSecond * 10;
    for (const stepMs of [0.5, 1, 7.3, 40]) {
      const sent = packetsInTenSeconds(name, stepMs);
      assert.ok(Math.abs(sent - due) <= 0.01 * due + 8, `${sent} of ${due} with steps of ${stepMs} ms`);
    }
  });
}
