import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssociationPair, reliable } from '../../../test/sctp/association-pair.ts';
import { packetChecksum } from './crc32c.ts';
import { ChunkType } from './sctp-format.ts';

const firstChunk = (packet: Uint8Array): number => packet[12];

describe('setting an association up', () => {
  it('both sides at once', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.connect();
    assert.deepEqual([pair.a.established, pair.b.established], [1, 1]);
    assert.equal(pair.a.association.outboundStreams, 1024);
    pair.run(5000);
    assert.deepEqual(
      [pair.a.established, pair.b.established, pair.a.restarts, pair.b.restarts],
      [1, 1, 0, 0],
    );
  });

  it('one side alone', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.a.association.connect(0);
    pair.runUntil(() => pair.a.association.state === 'established');
    assert.equal(pair.b.association.state, 'established');
    assert.equal(pair.now, 40);
  });

  it('with each packet of the handshake lost once', () => {
    for (let lost = 0; lost < 8; lost++) {
      for (const both of [true, false]) {
        const pair = new AssociationPair({ delayMs: 10 }, lost);
        let sent = 0;
        pair.filter = () => sent++ !== lost;
        pair.a.association.connect(0);
        if (both) pair.b.association.connect(0);
        pair.runUntil(
          () => pair.a.association.state === 'established' && pair.b.association.state === 'established',
        );
        pair.send(0, 'hello');
        pair.runUntil(() => pair.b.received.length === 1);
        assert.deepEqual(pair.b.texts(0), ['hello']);
      }
    }
  });

  it('ends with a reason when nobody answers', () => {
    const pair = new AssociationPair();
    pair.filter = () => false;
    pair.a.association.connect(0);
    pair.runUntil(() => pair.a.end !== null);
    assert.equal(pair.a.end, 'lost');
    assert.ok(pair.now > 30_000 && pair.now < 60_000, `${pair.now}`);
    assert.equal(pair.a.association.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('refuses to send before, and on streams the peer does not take', () => {
    const pair = new AssociationPair({}, 1, { maxStreams: 8 });
    assert.equal(pair.send(0, 'early'), false);
    pair.connect();
    assert.equal(pair.send(7, 'last'), true);
    assert.equal(pair.send(8, 'beyond'), false);
    assert.equal(pair.send(0, ''), false);
  });
});

describe('ending an association', () => {
  it('by shutdown, once everything is delivered', () => {
    for (const both of [false, true]) {
      const pair = new AssociationPair({ delayMs: 10 });
      pair.connect();
      for (let index = 0; index < 200; index++) pair.send(0, 'x'.repeat(1000));
      pair.a.association.shutdown(pair.now);
      if (both) pair.b.association.shutdown(pair.now);
      assert.equal(pair.send(0, 'late'), false);
      pair.runUntil(() => pair.a.end !== null && pair.b.end !== null);
      assert.deepEqual([pair.a.end, pair.b.end, pair.b.received.length], ['shutdown', 'shutdown', 200]);
    }
  });

  it('by shutdown, although any packet of it is lost', () => {
    for (let lost = 0; lost < 3; lost++) {
      const pair = new AssociationPair({ delayMs: 10 });
      pair.connect();
      pair.run(1000);
      let sent = 0;
      pair.filter = () => sent++ !== lost;
      pair.a.association.shutdown(pair.now);
      pair.runUntil(() => pair.a.end !== null && pair.b.end !== null);
      assert.equal(pair.a.end, 'shutdown');
    }
  });

  it('at once', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.connect();
    pair.a.association.close();
    pair.run(100);
    assert.deepEqual([pair.a.end, pair.b.end], ['closed', 'aborted']);
    assert.match(pair.b.detail, /cause 12: closed/);
    pair.b.association.close();
    assert.equal(pair.b.end, 'aborted');
    assert.equal(pair.a.association.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('when the peer is gone, found by data or by heartbeats', () => {
    for (const idle of [false, true]) {
      const pair = new AssociationPair({ delayMs: 10 });
      pair.connect();
      pair.run(1000);
      pair.filter = () => false;
      if (!idle) pair.send(0, 'into the void');
      pair.runUntil(() => pair.a.end !== null, 600_000);
      assert.equal(pair.a.end, 'lost');
    }
  });

  it('heartbeats keep an idle one', () => {
    const pair = new AssociationPair({ delayMs: 30 });
    pair.connect();
    pair.run(600_000);
    assert.deepEqual([pair.a.end, pair.b.end], [null, null]);
    assert.ok(Math.abs(pair.a.association.smoothedRttMs! - 60) < 1);
  });
});

describe('a peer that begins anew', () => {
  it('restarts the association (RFC 9260 §5.2.4.1)', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.connect();
    pair.send(0, 'before');
    pair.send(0, 'before too');
    pair.runUntil(() => pair.b.received.length === 2);
    pair.replaceB();
    pair.b.association.connect(pair.now);
    pair.runUntil(() => pair.b.association.state === 'established');
    pair.run(100);
    assert.equal(pair.a.restarts, 1);
    assert.equal(pair.a.established, 2);
    pair.send(0, 'after');
    pair.b.association.send(pair.now, 0, 51, new TextEncoder().encode('answer'), reliable);
    pair.run(100);
    assert.deepEqual([pair.b.texts(0), pair.a.texts(0)], [['after'], ['answer']]);
  });

  it('an INIT alone, which anyone can send again, changes nothing', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    const inits: Uint8Array[] = [];
    pair.filter = (packet, from) => {
      if (from === 'a' && firstChunk(packet) === ChunkType.Init) inits.push(packet.slice());
      return true;
    };
    pair.connect();
    for (let round = 0; round < 5; round++) pair.b.association.receive(pair.now, inits[0]);
    pair.run(1000);
    pair.send(0, 'still here');
    pair.run(1000);
    assert.deepEqual(pair.b.texts(0), ['still here']);
    assert.equal(pair.b.restarts, 0);
  });
});

describe('streams', () => {
  it('are reset: numbers begin again, and the peer is told after everything before', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.connect();
    for (let index = 0; index < 100; index++) pair.send(3, `${index}`);
    pair.send(4, 'other');
    assert.equal(pair.a.association.resetStream(3), true);
    pair.runUntil(() => pair.a.outgoingResets.length === 1);
    assert.deepEqual(pair.a.outgoingResets, [{ stream: 3, performed: true }]);
    assert.deepEqual(pair.b.incomingResets, [3]);
    assert.equal(pair.b.texts(3).length, 100);
    pair.send(3, 'again');
    pair.send(4, 'goes on');
    pair.run(500);
    assert.equal(pair.b.texts(3).at(-1), 'again');
    assert.deepEqual(pair.b.texts(4), ['other', 'goes on']);
  });

  it('are reset although packets are lost, doubled and out of order', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const loss = { kind: 'uniform', probability: 0.2 } as const;
      const pair = new AssociationPair(
        { delayMs: 20, loss, reorderProbability: 0.1, duplicateProbability: 0.1 },
        seed,
      );
      pair.connect();
      for (let round = 0; round < 5; round++) {
        for (const stream of [1, 2]) {
          pair.send(stream, `${round}`);
          pair.a.association.resetStream(stream);
        }
        pair.runUntil(() => pair.a.outgoingResets.length === 2 * (round + 1), 600_000);
      }
      assert.deepEqual(pair.b.texts(1), ['0', '1', '2', '3', '4']);
      assert.equal(pair.b.incomingResets.length, 10);
    }
  });

  it('take turns', () => {
    const pair = new AssociationPair({ delayMs: 10, capacityBps: 1e6 });
    pair.connect();
    for (let index = 0; index < 100; index++) pair.send(1, 'x'.repeat(1000));
    pair.send(2, 'not last');
    pair.runUntil(() => pair.b.received.length === 101);
    const place = pair.b.received.findIndex(({ stream }) => stream === 2);
    assert.ok(place < 30, `${place}`);
  });
});

describe('limits', () => {
  it('the send buffer', () => {
    const pair = new AssociationPair({ delayMs: 10 }, 1, { maxSendBytes: 10_000 });
    pair.connect();
    pair.filter = (_packet, from) => from === 'b';
    let accepted = 0;
    while (pair.send(1, 'x'.repeat(936))) accepted++;
    assert.equal(accepted, 10);
    assert.equal(pair.a.association.bufferedBytes(1), 9360);
    assert.equal(pair.a.association.dropOldest(1), true);
    assert.equal(pair.send(1, 'x'.repeat(936)), true);
    pair.a.association.dropWaiting(1);
    assert.equal(pair.a.association.bufferedBytes(1), 0);
    assert.equal(pair.a.association.dropOldest(1), false);
  });

  it('a message longer than allowed ends the association', () => {
    const pair = new AssociationPair({ delayMs: 10 }, 1, { maxMessageBytes: 5000 });
    pair.connect();
    pair.send(1, 'x'.repeat(5000));
    pair.runUntil(() => pair.b.received.length === 1);
    pair.send(1, 'x'.repeat(5001));
    pair.run(1000);
    assert.deepEqual([pair.b.end, pair.a.end], ['limit-message-size', 'aborted']);
  });

  it('a window that is too small for what comes is filled and emptied, and nothing is lost', () => {
    const pair = new AssociationPair({ delayMs: 20, loss: { kind: 'uniform', probability: 0.1 } }, 3, {
      maxReceiveBytes: 8000,
      maxMessageBytes: 4000,
    });
    pair.connect();
    for (let index = 0; index < 300; index++) pair.send(index % 3, `${index} ${'x'.repeat(index * 10)}`);
    pair.runUntil(() => pair.b.received.length === 300, 3_600_000);
    for (const stream of [0, 1, 2]) {
      const numbers = pair.b.texts(stream).map((text) => Number.parseInt(text, 10));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
    }
  });

  it('an endless gap is not filled beyond twice the window', () => {
    const pair = new AssociationPair({ delayMs: 5 }, 1, { maxReceiveBytes: 20_000, maxMessageBytes: 10_000 });
    pair.connect();
    pair.run(500);
    // The first chunk is always lost; the window holds the sender back, and the peer ends nothing.
    let firstTsn: number | null = null;
    pair.filter = (packet) => {
      if (firstChunk(packet) !== ChunkType.Data) return true;
      const tsn = new DataView(packet.buffer, packet.byteOffset).getUint32(16);
      firstTsn ??= tsn;
      return tsn !== firstTsn;
    };
    for (let index = 0; index < 100; index++) pair.send(1, 'x'.repeat(1000));
    pair.run(5000);
    assert.equal(pair.b.received.length, 0);
    assert.equal(pair.b.end, null);
    pair.filter = () => true;
    pair.runUntil(() => pair.b.received.length === 100);
  });
});

describe('unknown chunks', () => {
  it('are passed over, or end the packet, and are reported, as their type says', () => {
    const pair = new AssociationPair({ delayMs: 10 });
    pair.connect();
    pair.run(1000);
    const errors: Uint8Array[] = [];
    pair.filter = (packet, from) => {
      if (from === 'b' && firstChunk(packet) === ChunkType.Error) errors.push(packet.slice());
      return true;
    };
    pair.send(1, 'one');
    const data = pair.a.association.takePacket(pair.now)!.slice();
    const withUnknown = (type: number): Uint8Array => {
      const packet = new Uint8Array(data.length + 4);
      packet.set(data.subarray(0, 12));
      packet.set([type, 0, 0, 4], 12);
      packet.set(data.subarray(12), 16);
      new DataView(packet.buffer).setUint32(8, packetChecksum(packet), true);
      return packet;
    };
    for (const [type, reported, delivered] of [
      [0x3f, 0, 0],
      [0x7f, 1, 0],
      [0xff, 2, 1],
      [0xbf, 2, 1],
    ]) {
      pair.b.association.receive(pair.now, withUnknown(type));
      pair.run(10);
      assert.deepEqual([errors.length, pair.b.received.length], [reported, delivered]);
    }
    assert.equal(pair.b.end, null);
  });
});
