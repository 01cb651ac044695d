import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  batchSize,
  OutboxField,
  outboxCapacity,
  outboxStride,
  prefixArenaBytes,
} from '../../packet-io/layout.ts';
import { SendQueue } from '../../packet-io/send-queue.ts';
import type { MediaContext } from '../media-context.ts';
import { createMediaCounters } from '../media-counters.ts';
import { maxPacedPrefixBytes } from './paced-queue.ts';
import { PacketOutlet, Urgency, wireOverheadBytes } from './packet-outlet.ts';
import { sentCopy } from './sent-copy.ts';
import { SentPacketLog } from './sent-packet-log.ts';

interface Out {
  readonly prefix: Uint8Array;
  readonly bodyOffset: number;
  readonly bodyLength: number;
  readonly atMs: number;
}

const slotCount = 1024;

const nameOf = (id: number) => sentCopy(1, 0, id);

class Scene {
  readonly clock = { nowMs: 1000, ntpOffsetMs: 0 };
  readonly ring = { newest: 0 };
  readonly out: Out[] = [];
  waits = 0;
  readonly outlet: PacketOutlet;
  readonly #queue: SendQueue;
  #number = 0;

  constructor() {
    const sink = {
      prefixes: new Uint8Array(prefixArenaBytes),
      outbox: new Int32Array(outboxCapacity * outboxStride),
      flush: (count: number) => {
        for (let index = 0; index < count; index++) {
          const at = index * outboxStride;
          const offset = sink.outbox[at + OutboxField.PrefixOffset];
          this.out.push({
            prefix: sink.prefixes.slice(offset, offset + sink.outbox[at + OutboxField.PrefixLength]),
            bodyOffset: sink.outbox[at + OutboxField.BodyOffset],
            bodyLength: sink.outbox[at + OutboxField.BodyLength],
            atMs: this.clock.nowMs,
          });
        }
      },
    };
    this.#queue = new SendQueue(sink);
    const context: MediaContext = {
      arena: new Uint8Array(0),
      slotCount,
      inbox: new Int32Array(0),
      arrivals: new Float64Array(0),
      sendQueue: this.#queue,
      clock: this.clock,
      ring: this.ring,
      counters: createMediaCounters(),
      randomUint32: () => 7,
    };
    this.outlet = new PacketOutlet(context, 3, () => this.waits++);
  }

  /** A packet whose prefix tells its number, followed by `id` in every byte. */
  send(urgency: number, bodyLength: number, id: number, prefixLength = 20): void {
    const at = this.#queue.begin();
    this.#queue.prefixes.fill(id, at, at + prefixLength);
    this.ring.newest = this.#number++;
    this.outlet.commit(urgency, at, prefixLength, 17, 0, id * 2000, bodyLength, this.ring.newest, nameOf(id));
    this.#queue.flush();
  }

  /** Turns the clock, waking the outlet when it wants to be. */
  advance(ms: number): void {
    const until = this.clock.nowMs + ms;
    for (let at = this.outlet.nextDrainMs(); at <= until; at = this.outlet.nextDrainMs()) {
      this.clock.nowMs = at;
      this.outlet.drain();
      this.#queue.flush();
    }
    this.clock.nowMs = until;
  }

  get ids(): number[] {
    return this.out.map(({ prefix }) => prefix[0]);
  }
}

test('without pacing packets go straight out, and get no number unless they are remembered', () => {
  const scene = new Scene();
  for (let id = 1; id <= 50; id++) scene.send(Urgency.Paced, 1000, id);
  assert.equal(scene.out.length, 50);
  assert.equal(scene.waits, 0);
  assert.equal(scene.out[0].prefix[17], 1);
  assert.equal(scene.outlet.sentBytes, 50 * (1020 + wireOverheadBytes));
});

test('remembered packets are numbered in the order they go out', () => {
  const scene = new Scene();
  scene.outlet.log = new SentPacketLog(0xfffe);
  for (let id = 1; id <= 4; id++) scene.send(Urgency.Paced, 1000, id);
  assert.deepEqual(
    scene.out.map(({ prefix }) => (prefix[17] << 8) | prefix[18]),
    [0xfffe, 0xffff, 0, 1],
  );
});

test('a packet that waited is told of by its name when it gets lost', () => {
  const scene = new Scene();
  const log = new SentPacketLog(0);
  scene.outlet.log = log;
  scene.outlet.setPacingRate(8_512_000);
  for (let id = 1; id <= 20; id++) scene.send(id % 2 === 0 ? Urgency.Repair : Urgency.Paced, 1000, id);
  assert.ok(scene.outlet.waiting > 10);
  scene.advance(50);
  for (const { prefix } of scene.out) log.take((prefix[17] << 8) | prefix[18], false);
  const lost = Array.from(scene.out, () => log.nextLost());
  assert.deepEqual(lost, scene.ids.map(nameOf));
});

test('a burst of video is spread at the pacing rate, in its order; audio passes', () => {
  const scene = new Scene();
  scene.outlet.log = new SentPacketLog(0);
  // 1064 bytes a ms, about one packet.
  scene.outlet.setPacingRate(8_512_000);
  for (let id = 1; id <= 40; id++) scene.send(Urgency.Paced, 1000, id);
  const straight = scene.out.length;
  assert.ok(straight >= 2 && straight <= 6);
  assert.equal(scene.outlet.waiting, 40 - straight);
  scene.send(Urgency.Now, 80, 99);
  assert.equal(scene.out.at(-1)?.prefix[0], 99);
  scene.advance(15);
  assert.ok(Math.abs(scene.out.length - straight - 1 - 15) <= 3, `${scene.out.length}`);
  scene.advance(40);
  assert.equal(scene.outlet.waiting, 0);
  assert.equal(scene.outlet.nextDrainMs(), Number.POSITIVE_INFINITY);
  assert.deepEqual(
    scene.ids.filter((id) => id !== 99),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  // Numbers follow the order on the wire, not that of queueing.
  assert.deepEqual(
    scene.out.map(({ prefix }) => (prefix[17] << 8) | prefix[18]),
    scene.out.map((_, index) => index),
  );
  assert.deepEqual(scene.out[3].prefix.subarray(0, 17), new Uint8Array(17).fill(scene.out[3].prefix[0]));
});

test('repairs go before video that waits, in their order, within the pacing rate', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(8_512_000);
  for (let id = 1; id <= 30; id++) scene.send(Urgency.Paced, 1000, id);
  const straight = scene.out.length;
  for (let id = 101; id <= 110; id++) scene.send(Urgency.Repair, 1000, id);
  assert.equal(scene.out.length, straight);
  assert.equal(scene.outlet.waiting, 40 - straight);
  scene.advance(60);
  assert.equal(scene.outlet.waiting, 0);
  const expected = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assert.deepEqual(scene.ids, [
    ...expected(1, straight),
    ...expected(101, 110),
    ...expected(straight + 1, 30),
  ]);
  for (let at = straight; at < 40; at++)
    assert.ok(scene.out[at].atMs - scene.out[straight].atMs >= at - straight - 3);
});

test('nothing waits longer than the queue may take, however slow the pacing', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(50_000);
  for (let id = 1; id <= 100; id++) scene.send(Urgency.Paced, 1000, id);
  scene.advance(700);
  // As the queue shortens so does the rate: most of it is gone in the time it may take.
  assert.ok(scene.outlet.waiting < 5, `${scene.outlet.waiting}`);
});

test('the queue is bounded: what is too much goes out early, in order', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(50_000);
  for (let index = 0; index < 1000; index++) scene.send(Urgency.Paced, 1000, index & 0xff);
  assert.ok(scene.outlet.waiting <= 256);
  assert.deepEqual(
    scene.ids,
    scene.ids.map((_, index) => index & 0xff),
  );
});

test('packets whose place in the ring has been used again are dropped and counted', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(50_000);
  for (let id = 1; id <= 20; id++) scene.send(Urgency.Paced, 1000, id);
  const { length } = scene.out;
  const { waiting } = scene.outlet;
  scene.ring.newest += slotCount - batchSize;
  scene.advance(2000);
  assert.equal(scene.out.length, length);
  assert.equal(scene.outlet.expired, waiting);
});

test('a prefix too long to keep lets those before it go, and follows them', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(50_000);
  for (let id = 1; id <= 10; id++) scene.send(Urgency.Paced, 1000, id);
  scene.send(Urgency.Paced, 1000, 11, maxPacedPrefixBytes + 1);
  assert.deepEqual(
    scene.ids,
    Array.from({ length: 11 }, (_, index) => index + 1),
  );
  assert.deepEqual([...scene.out[10].prefix.subarray(20)], new Array(maxPacedPrefixBytes - 19).fill(11));
});

test('pacing that ends lets go what waits; a path that ends forgets it', () => {
  const scene = new Scene();
  scene.outlet.setPacingRate(50_000);
  for (let id = 1; id <= 10; id++) scene.send(Urgency.Paced, 1000, id);
  scene.outlet.setPacingRate(0);
  scene.advance(0);
  scene.send(Urgency.Paced, 1000, 11);
  assert.equal(scene.out.length, 11);
  scene.outlet.setPacingRate(50_000);
  for (let id = 1; id <= 10; id++) scene.send(Urgency.Paced, 1000, id);
  scene.outlet.clear();
  assert.equal(scene.outlet.waiting, 0);
});

test('whatever comes in whatever order, all of it goes out once, each kind in its order', () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant('send' as const),
      urgency: fc.constantFrom(0, 1, 2),
      bytes: fc.integer({ min: 1, max: 1200 }),
    }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 30 }) }),
    fc.record({
      kind: fc.constant('rate' as const),
      rate: fc.constantFrom(0, 100_000, 1_000_000, 10_000_000),
    }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const scene = new Scene();
      const expected = [[], [], []] as number[][];
      let id = 0;
      for (const happened of events) {
        if (happened.kind === 'advance') scene.advance(happened.ms);
        else if (happened.kind === 'rate') scene.outlet.setPacingRate(happened.rate);
        else {
          id = (id + 1) & 0xff;
          expected[happened.urgency].push(id);
          scene.send(happened.urgency, happened.bytes, id, 20 + happened.urgency);
        }
      }
      scene.outlet.setPacingRate(0);
      scene.send(Urgency.Now, 0, 0, 19);
      const sent = (prefixLength: number) =>
        scene.out.filter(({ prefix }) => prefix.length === prefixLength).map(({ prefix }) => prefix[0]);
      assert.deepEqual(sent(20), expected[0]);
      assert.deepEqual(sent(21), expected[1]);
      assert.deepEqual(sent(22), expected[2]);
    }),
  );
});
