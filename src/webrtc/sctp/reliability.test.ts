import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AssociationPair, reliable } from '../../../test/sctp/association-pair.ts';
import { ChunkType } from './sctp-format.ts';

const uniform = (probability: number) => ({ kind: 'uniform', probability }) as const;

function numbered(bytes: number, number: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index++) payload[index] = (index * 31 + number * 7) & 0xff;
  new DataView(payload.buffer).setUint32(0, number);
  return payload;
}

describe('reliable messages', () => {
  for (const probability of [0, 0.01, 0.1, 0.25]) {
    it(`all come once and in order with ${100 * probability} % lost, some late and some twice`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        const pair = new AssociationPair(
          {
            ...{ delayMs: 25, jitterMs: 5, jitterReorders: true, capacityBps: 5e6, queueMs: 150 },
            ...{ loss: uniform(probability), reorderProbability: 0.05, duplicateProbability: 0.05 },
          },
          seed,
        );
        pair.connect();
        const count = 400;
        for (let number = 0; number < count; number++) {
          assert.ok(pair.send(number % 4, numbered(4 + ((number * 37) % 3000), number)));
          if (number % 10 === 0) pair.run(20);
        }
        pair.runUntil(() => pair.b.received.length >= count, 3_600_000);
        pair.run(20_000);
        assert.equal(pair.b.received.length, count);
        for (let stream = 0; stream < 4; stream++) {
          const payloads = pair.b.received.filter((message) => message.stream === stream);
          payloads.forEach(({ payload }, place) => {
            const number = 4 * place + stream;
            assert.deepEqual(payload, numbered(4 + ((number * 37) % 3000), number));
          });
        }
        pair.filter = (packet) => packet[12] !== ChunkType.Data || assert.fail('nothing is left to send');
        pair.run(20_000);
      }
    });
  }

  it('in both directions at once, with bursts of losses', () => {
    const pair = new AssociationPair(
      { delayMs: 40, loss: { kind: 'gilbert-elliott', toBad: 0.02, toGood: 0.3 }, reorderProbability: 0.02 },
      11,
    );
    pair.connect();
    for (let number = 0; number < 500; number++) {
      pair.send(0, numbered(1500, number));
      pair.b.association.send(pair.now, 1, 53, numbered(900, number), reliable);
    }
    pair.runUntil(() => pair.a.received.length === 500 && pair.b.received.length === 500, 3_600_000);
    pair.b.received.forEach(({ payload }, number) => {
      assert.deepEqual(payload, numbered(1500, number));
    });
    pair.a.received.forEach(({ payload }, number) => {
      assert.deepEqual(payload, numbered(900, number));
    });
  });

  it('of 256 KiB', () => {
    for (const loss of [0, 0.05]) {
      const pair = new AssociationPair({ delayMs: 20, loss: uniform(loss), reorderProbability: loss }, 2);
      pair.connect();
      for (let number = 0; number < 4; number++) pair.send(0, numbered(262_144, number));
      pair.runUntil(() => pair.b.received.length === 4, 600_000);
      pair.b.received.forEach(({ payload }, number) => {
        assert.ok(Buffer.from(payload).equals(numbered(262_144, number)));
      });
      if (loss === 0) assert.ok(pair.now < 1500, `${pair.now} ms for 1 MiB at 40 ms`);
    }
  });

  it('very many small ones', () => {
    const pair = new AssociationPair({ delayMs: 10, loss: uniform(0.02) }, 6);
    pair.connect();
    for (let number = 0; number < 20_000; number++) pair.send(0, numbered(5, number));
    pair.runUntil(() => pair.b.received.length === 20_000, 600_000);
    pair.b.received.forEach(({ payload }, number) => {
      assert.equal(new DataView(payload.buffer).getUint32(0), number);
    });
  });

  it('go on after an outage', () => {
    const pair = new AssociationPair({ delayMs: 20 }, 6);
    pair.connect();
    for (let number = 0; number < 50; number++) pair.send(0, numbered(1000, number));
    pair.filter = () => false;
    pair.run(15_000);
    pair.filter = () => true;
    pair.runUntil(() => pair.b.received.length === 50, 15_000);
    assert.equal(pair.a.end, null);
  });

  it('keep what the path can carry busy, and leave no standing queue beyond its buffer', () => {
    const pair = new AssociationPair({ delayMs: 25, capacityBps: 4e6, queueMs: 100 }, 3);
    pair.connect();
    const start = pair.now;
    for (let number = 0; number < 1000; number++) pair.send(0, numbered(3000, number));
    pair.runUntil(() => pair.b.received.length === 1000, 60_000);
    const rate = (3_000_000 * 8) / ((pair.now - start) / 1000);
    assert.ok(rate > 0.8 * 4e6, `${Math.round(rate / 1000)} kbit/s of 4000`);
  });

  it('whatever the network does, what comes is what was sent', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 1e6 }),
          loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
          reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
          duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
          delayMs: fc.integer({ min: 0, max: 300 }),
          sizes: fc.array(fc.integer({ min: 4, max: 20_000 }), { minLength: 1, maxLength: 30 }),
        }),
        ({ seed, loss, reorder, duplicate, delayMs, sizes }) => {
          const pair = new AssociationPair(
            {
              ...{ delayMs, loss: uniform(loss), reorderProbability: reorder, reorderDelayMs: 30 },
              duplicateProbability: duplicate,
            },
            seed,
          );
          pair.connect();
          sizes.forEach((bytes, number) => {
            pair.send(number % 2, numbered(bytes, number), { ...reliable, ordered: number % 3 !== 0 });
          });
          pair.runUntil(() => pair.b.received.length >= sizes.length, 3_600_000);
          const numbers = pair.b.received.map(({ payload }) => {
            const number = new DataView(payload.buffer).getUint32(0);
            assert.ok(Buffer.from(payload).equals(numbered(sizes[number], number)));
            return number;
          });
          assert.equal(new Set(numbers).size, sizes.length);
          for (const stream of [0, 1]) {
            const ordered = numbers.filter((number) => number % 2 === stream && number % 3 !== 0);
            assert.deepEqual(
              ordered,
              [...ordered].sort((a, b) => a - b),
            );
          }
        },
      ),
      { numRuns: 40, seed: 20260 },
    );
  });
});
