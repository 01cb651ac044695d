import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssociationPair, reliable } from '../../../test/sctp/association-pair.ts';
import type { Delivery } from './outgoing-message.ts';

const uniform = (probability: number) => ({ kind: 'uniform', probability }) as const;
const once: Delivery = { ...reliable, maxRetransmits: 0 };

describe('messages of limited reliability', () => {
  for (const ordered of [true, false]) {
    it(`are sent once, ${ordered ? 'in order' : 'in any order'}, and what is lost is not waited for`, () => {
      let delivered = 0;
      for (let seed = 1; seed <= 5; seed++) {
        const pair = new AssociationPair({ delayMs: 20, loss: uniform(0.1), reorderProbability: 0.1 }, seed);
        pair.connect();
        for (let index = 0; index < 500; index++) {
          assert.ok(pair.send(1, `${index}`, { ...once, ordered }));
          pair.run(5);
        }
        pair.send(1, 'end');
        pair.runUntil(() => pair.b.texts(1).includes('end'));
        pair.run(2000);
        const numbers = pair.b.texts(1).flatMap((text) => (text === 'end' ? [] : [Number(text)]));
        assert.equal(new Set(numbers).size, numbers.length, 'nothing comes twice');
        if (ordered)
          assert.deepEqual(
            numbers,
            [...numbers].sort((a, b) => a - b),
          );
        assert.equal(pair.a.association.abandoned + numbers.length >= 500, true);
        delivered += numbers.length;
      }
      assert.ok(delivered > 2000 && delivered < 2500, `${delivered}`);
    });
  }

  it('are sent again as often as they say', () => {
    const share = (maxRetransmits: number): number => {
      const pair = new AssociationPair({ delayMs: 20, loss: uniform(0.3) }, 4);
      pair.connect();
      for (let index = 0; index < 400; index++) {
        pair.send(1, `${index}`, { ...reliable, ordered: false, maxRetransmits });
        pair.run(20);
      }
      pair.run(60_000);
      assert.equal(pair.a.association.nextDeadline() > pair.now + 1000, true, 'nothing is left to do');
      return pair.b.received.length / 400;
    };
    const [none, one, three] = [share(0), share(1), share(3)];
    assert.ok(none > 0.6 && none < 0.8, `${none}`);
    assert.ok(one > none + 0.1 && one < 0.98, `${one}`);
    assert.ok(three > 0.96, `${three}`);
  });

  it('are given up when their time is over, sent or not', () => {
    const pair = new AssociationPair({ delayMs: 20 });
    pair.connect();
    pair.setLink({ capacityBps: 0 });
    for (let index = 0; index < 300; index++)
      pair.send(1, `${index} ${'x'.repeat(1000)}`, { ...reliable, lifetimeMs: 500 });
    pair.run(3000);
    pair.setLink({ capacityBps: Number.POSITIVE_INFINITY });
    pair.send(1, 'now');
    pair.runUntil(() => pair.b.texts(1).at(-1) === 'now');
    pair.run(1000);
    assert.ok(pair.b.received.length < 60, `${pair.b.received.length}`);
    assert.ok(pair.a.association.abandoned > 240);
  });

  it('of many fragments are given up as a whole, also when they were sent in part', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const pair = new AssociationPair(
        { delayMs: 20, loss: uniform(0.05), duplicateProbability: 0.05 },
        seed,
      );
      pair.connect();
      const sent: string[] = [];
      for (let index = 0; index < 12; index++) {
        const text = `${index}:`.padEnd(1000 + 9000 * (index % 5), `${index}`);
        sent.push(text);
        pair.send(index % 2, text, { ...once, ordered: index % 3 !== 0 });
      }
      pair.send(0, 'end');
      pair.runUntil(() => pair.b.texts(0).includes('end'), 600_000);
      pair.run(5000);
      const received = pair.b.received.map(({ payload }) => new TextDecoder().decode(payload));
      for (const text of received) assert.ok(text === 'end' || sent.includes(text), 'whole or not at all');
      assert.equal(new Set(received).size, received.length);
      assert.equal(pair.b.association.state, 'established');
    }
  });

  it('do not hold up reliable ones on other streams', () => {
    const pair = new AssociationPair({ delayMs: 20, loss: uniform(0.15), reorderProbability: 0.05 }, 9);
    pair.connect();
    for (let index = 0; index < 300; index++) {
      pair.send(1, `${index}`);
      pair.send(2, `${index}`, { ...once, ordered: false });
      pair.run(3);
    }
    pair.runUntil(() => pair.b.texts(1).length === 300, 600_000);
    assert.deepEqual(
      pair.b.texts(1),
      Array.from({ length: 300 }, (_, index) => `${index}`),
    );
  });
});
