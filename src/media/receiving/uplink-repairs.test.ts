import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UplinkRepairs } from './uplink-repairs.ts';

class Uplink {
  readonly repairs = new UplinkRepairs();
  readonly stream = { packets: 0, recovered: 0, unrepaired: 0, nack: { rttMs: 100 } };
  #nowMs = 0;

  seconds(count: number, packets: number, recovered: number): void {
    for (let i = 0; i < count; i++) {
      this.#nowMs += 1000;
      this.stream.packets += packets;
      this.stream.recovered += recovered;
      this.repairs.sample(this.#nowMs, [this.stream]);
    }
  }
}

test('what a publisher has to send again is waited for, until it has not had to for long', () => {
  const uplink = new Uplink();
  uplink.seconds(5, 80, 8);
  assert.equal(uplink.repairs.delay.ms, 280);
  uplink.seconds(10, 80, 0);
  assert.equal(uplink.repairs.delay.ms, 280);
  uplink.seconds(20, 80, 0);
  assert.equal(uplink.repairs.delay.ms, 0);
});

test('a few losses, one bad moment, and few packets are no reason', () => {
  const uplink = new Uplink();
  uplink.seconds(20, 80, 1);
  uplink.seconds(1, 80, 6);
  uplink.seconds(20, 80, 0);
  uplink.seconds(20, 10, 0);
  assert.equal(uplink.repairs.delay.extension, 0);
  const quiet = new Uplink();
  quiet.seconds(1, 10, 9);
  assert.equal(quiet.repairs.delay.extension, 0);
});

test('a stream that ends is no loss', () => {
  const { repairs, stream } = new Uplink();
  stream.packets = 1000;
  repairs.sample(1000, [stream, { ...stream, recovered: 0 }]);
  repairs.sample(2000, [stream]);
  stream.packets += 100;
  repairs.sample(3000, [stream]);
  assert.equal(repairs.loss, 0);
});
