import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkParameters } from './link-parameters.ts';
import { NetworkEmulator } from './network-emulator.ts';

interface TestPacket {
  readonly length: number;
  readonly number: number;
}

interface Arrival {
  readonly at: number;
  readonly number: number;
}

function link(parameters: Partial<LinkParameters>, seed = 1): NetworkEmulator<TestPacket> {
  return new NetworkEmulator<TestPacket>(parameters, seed);
}

/** Jumps from deadline to deadline until nothing is inside or `until` is reached. */
function drain(emulator: NetworkEmulator<TestPacket>, until = Number.POSITIVE_INFINITY): Arrival[] {
  const arrivals: Arrival[] = [];
  for (
    let now = emulator.nextDeadline();
    now <= until && now < Number.POSITIVE_INFINITY;
    now = emulator.nextDeadline()
  ) {
    for (const packet of emulator.take(now)) arrivals.push({ at: now, number: packet.number });
  }
  return arrivals;
}

/** Sends `count` packets of `length` bytes every `intervalMs` from 0 on; returns what arrives and when. */
function run(
  emulator: NetworkEmulator<TestPacket>,
  count: number,
  intervalMs: number,
  length = 1250,
): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let number = 0; number < count; number++) {
    const now = number * intervalMs;
    while (emulator.nextDeadline() <= now) {
      const at = emulator.nextDeadline();
      for (const packet of emulator.take(at)) arrivals.push({ at, number: packet.number });
    }
    emulator.enqueue(now, { length, number });
  }
  return [...arrivals, ...drain(emulator)];
}

function isInOrder(arrivals: readonly Arrival[]): boolean {
  return arrivals.every((arrival, index) => index === 0 || arrivals[index - 1].number <= arrival.number);
}

describe('NetworkEmulator: bottleneck', () => {
  it('passes everything at once where the link is ideal', () => {
    const emulator = link({});
    emulator.enqueue(5, { length: 1000, number: 0 });
    emulator.enqueue(5, { length: 1000, number: 1 });
    assert.equal(emulator.nextDeadline(), 5);
    assert.deepEqual(
      emulator.take(5).map((packet) => packet.number),
      [0, 1],
    );
    assert.equal(emulator.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('serialises at exactly its capacity', () => {
    // 1250 bytes are 10 ms at 1 Mbit/s.
    const arrivals = run(link({ capacityBps: 1e6, delayMs: 30 }), 4, 1);
    assert.deepEqual(
      arrivals,
      [40, 50, 60, 70].map((at, number) => ({ at, number })),
    );
  });

  it('is idle between packets that come slowly', () => {
    const arrivals = run(link({ capacityBps: 1e6 }), 3, 25);
    assert.deepEqual(
      arrivals.map((arrival) => arrival.at),
      [10, 35, 60],
    );
  });

  it('drops at the tail of a queue bounded in bytes', () => {
    const emulator = link({ capacityBps: 1e6, queueBytes: 3000 });
    const results = [0, 1, 2, 3].map((number) => emulator.enqueue(0, { length: 1000, number }));
    assert.deepEqual(results, ['queued', 'queued', 'queued', 'dropped-queue-full']);
    assert.equal(emulator.queuedBytes, 3000);
    assert.equal(emulator.statistics.droppedQueueFull, 1);
    assert.equal(emulator.enqueue(8, { length: 1000, number: 4 }), 'queued', 'the first one has left');
    assert.deepEqual(
      drain(emulator).map((arrival) => arrival.number),
      [0, 1, 2, 4],
    );
  });

  it('drops at the tail of a queue bounded in time', () => {
    const emulator = link({ capacityBps: 1e6, queueMs: 20 });
    const results = [0, 1, 2, 3].map((number) => emulator.enqueue(0, { length: 1250, number }));
    assert.deepEqual(results, ['queued', 'queued', 'queued', 'dropped-queue-full']);
    assert.equal(emulator.enqueue(9, { length: 1250, number: 4 }), 'dropped-queue-full', '21 ms to wait');
    assert.equal(emulator.enqueue(10, { length: 1250, number: 5 }), 'queued', '20 ms to wait');
  });

  it('carries its capacity under overload and drops the rest', () => {
    const emulator = link({ capacityBps: 2e6, queueMs: 100 });
    const arrivals = run(emulator, 4000, 2.5);
    const within = arrivals.filter((arrival) => arrival.at <= 10_000).length;
    assert.equal(within, 2000, '2 Mbit/s are 200 packets a second for 10 s');
    assert.ok(isInOrder(arrivals));
    assert.equal(emulator.statistics.droppedQueueFull, 4000 - arrivals.length);
  });

  it('takes a change of capacity into account within a packet', () => {
    const emulator = link({ capacityBps: 1e6 });
    emulator.enqueue(0, { length: 1250, number: 0 });
    emulator.update(5, { capacityBps: 5e5 });
    assert.equal(emulator.nextDeadline(), 15, 'the second half takes twice as long');
    emulator.update(10, { capacityBps: 0 });
    assert.equal(emulator.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(emulator.take(1000), []);
    emulator.update(1000, { capacityBps: 2.5e5 });
    assert.equal(emulator.nextDeadline(), 1010, 'a quarter is left');
    assert.equal(emulator.take(1010).length, 1);
  });

  it('follows a schedule, however late it is asked', () => {
    const changes = [
      { atMs: 100, parameters: { capacityBps: 5e5 } },
      { atMs: 200, parameters: { capacityBps: 0 } },
      { atMs: 300, parameters: { capacityBps: 1e6 } },
    ];
    const send = () => {
      const emulator = link({ capacityBps: 1e6 });
      emulator.schedule(changes);
      for (let number = 0; number < 20; number++) emulator.enqueue(0, { length: 1250, number });
      return emulator;
    };
    const arrivals = drain(send());
    // 10 packets until 100 ms, 5 until 200 ms, none until 300 ms, 5 more until 350 ms.
    const expected = [
      ...Array.from({ length: 10 }, (_, index) => 10 * (index + 1)),
      ...Array.from({ length: 5 }, (_, index) => 100 + 20 * (index + 1)),
      ...Array.from({ length: 5 }, (_, index) => 300 + 10 * (index + 1)),
    ];
    assert.deepEqual(
      arrivals.map((arrival) => arrival.at),
      expected,
    );
    const late = send();
    assert.equal(late.take(299).length, 15);
    assert.equal(late.take(1000).length, 5);
  });

  it('applies a schedule while nothing is sent', () => {
    const emulator = link({ delayMs: 10 });
    emulator.schedule([{ atMs: 100, parameters: { delayMs: 50 } }]);
    assert.equal(emulator.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(
      run(emulator, 2, 200).map((arrival) => arrival.at),
      [10, 250],
    );
  });
});

describe('NetworkEmulator: wire', () => {
  const packets = 20_000;

  it('loses the fraction it should', () => {
    const emulator = link({ loss: { kind: 'uniform', probability: 0.05 } }, 42);
    const arrivals = run(emulator, packets, 1);
    assert.equal(emulator.statistics.lost + arrivals.length, packets);
    // Standard deviation 0.0015.
    assert.ok(Math.abs(emulator.statistics.lost / packets - 0.05) < 0.006, String(emulator.statistics.lost));
  });

  it('loses in bursts of the length it should', () => {
    const loss = { kind: 'gilbert-elliott', toBad: 0.01, toGood: 0.25 } as const;
    const arrivals = run(link({ loss }, 42), packets, 1);
    const lost = packets - arrivals.length;
    let bursts = 0;
    for (let index = 1; index < arrivals.length; index++) {
      if (arrivals[index].number - arrivals[index - 1].number > 1) bursts++;
    }
    const expected = 0.01 / (0.01 + 0.25);
    assert.ok(Math.abs(lost / packets - expected) < 0.01, String(lost));
    assert.ok(Math.abs(lost / bursts - 4) < 0.6, `mean burst ${lost / bursts}`);
  });

  it('loses in both states where told to', () => {
    const loss = {
      kind: 'gilbert-elliott',
      toBad: 0.5,
      toGood: 0.5,
      lossInGood: 0.1,
      lossInBad: 0.5,
    } as const;
    const lost = packets - run(link({ loss }, 7), packets, 1).length;
    assert.ok(Math.abs(lost / packets - 0.3) < 0.015, String(lost));
  });

  it('jitters without reordering: mean kept, deviation as asked', () => {
    const arrivals = run(link({ delayMs: 100, jitterMs: 5 }, 9), packets, 50);
    const delays = arrivals.map((arrival) => arrival.at - 50 * arrival.number);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / packets;
    const deviation = Math.sqrt(delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / packets);
    assert.ok(isInOrder(arrivals));
    assert.ok(Math.abs(mean - 100) < 0.2, String(mean));
    assert.ok(Math.abs(deviation - 5) < 0.2, String(deviation));
    assert.ok(Math.max(...delays) <= 115 && Math.min(...delays) >= 85);
  });

  it('reorders by jitter only where allowed', () => {
    const parameters = { delayMs: 100, jitterMs: 20 };
    assert.ok(isInOrder(run(link(parameters), 2000, 5)));
    const reordered = run(link({ ...parameters, jitterReorders: true }), 2000, 5);
    assert.equal(reordered.length, 2000);
    assert.ok(!isInOrder(reordered));
  });

  it('never delivers before it was sent', () => {
    const arrivals = run(link({ delayMs: 1, jitterMs: 20, jitterReorders: true }), 2000, 5);
    assert.ok(arrivals.every((arrival) => arrival.at >= 5 * arrival.number));
  });

  it('holds packets back and duplicates packets', () => {
    const emulator = link(
      { delayMs: 10, reorderProbability: 0.1, reorderDelayMs: 12, duplicateProbability: 0.2 },
      3,
    );
    const arrivals = run(emulator, packets, 5);
    const { heldBack, duplicated } = emulator.statistics;
    assert.equal(arrivals.length, packets + duplicated);
    assert.ok(Math.abs(heldBack / packets - 0.1) < 0.01);
    assert.ok(Math.abs(duplicated / packets - 0.2) < 0.012);
    for (const { at, number } of arrivals) assert.ok([10, 22].includes(at - 5 * number));
    assert.ok(!isInOrder(arrivals));
  });

  it('lets a shorter delay overtake only where reordering is allowed', () => {
    const send = (jitterReorders: boolean) => {
      const emulator = link({ delayMs: 100, jitterReorders });
      emulator.enqueue(0, { length: 1, number: 0 });
      emulator.update(10, { delayMs: 20 });
      emulator.enqueue(10, { length: 1, number: 1 });
      return drain(emulator).map((arrival) => arrival.at);
    };
    assert.deepEqual(send(false), [100, 100]);
    assert.deepEqual(send(true), [30, 100]);
  });
});

describe('NetworkEmulator: repeatability', () => {
  const parameters: Partial<LinkParameters> = {
    capacityBps: 1e6,
    queueMs: 80,
    delayMs: 20,
    jitterMs: 10,
    jitterReorders: true,
    loss: { kind: 'gilbert-elliott', toBad: 0.05, toGood: 0.3 },
    duplicateProbability: 0.01,
    reorderProbability: 0.02,
  };

  it('gives the same from the same seed, another from another', () => {
    const one = run(link(parameters, 11), 3000, 9);
    assert.deepEqual(run(link(parameters, 11), 3000, 9), one);
    assert.notDeepEqual(run(link(parameters, 12), 3000, 9), one);
  });

  it('accounts for every packet', () => {
    const emulator = link(parameters, 13);
    const arrivals = run(emulator, 5000, 8);
    const { packetsIn, packetsOut, lost, droppedQueueFull, duplicated, bytesIn, bytesOut } =
      emulator.statistics;
    assert.equal(packetsIn, 5000);
    assert.equal(packetsOut, arrivals.length);
    assert.equal(packetsIn, packetsOut - duplicated + lost + droppedQueueFull);
    assert.equal(bytesIn, 1250 * packetsIn);
    assert.equal(bytesOut, 1250 * packetsOut);
    assert.equal(emulator.size, 0);
    assert.equal(emulator.queuedBytes, 0);
  });
});
