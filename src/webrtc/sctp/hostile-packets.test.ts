/** A peer that sends anything: the association goes on or ends with a reason, in bounded time and memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from '../../../test/network/seeded-random.ts';
import {
  AssociationPair,
  defaultAssociation,
  reliable,
  type SctpEnd,
} from '../../../test/sctp/association-pair.ts';
import { packetChecksum } from './crc32c.ts';
import { PacketWriter } from './packet-writer.ts';
import { ChunkType, DataFlag } from './sctp-format.ts';

function sign(packet: Uint8Array): Uint8Array {
  if (packet.length >= 12)
    new DataView(packet.buffer, packet.byteOffset).setUint32(8, packetChecksum(packet), true);
  return packet;
}

/** A changed copy with a right checksum, so that the change is looked at. */
function mutated(packet: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = packet.slice();
  // Past the ports and the tag, mostly.
  const at = random.happens(0.05)
    ? random.uint32() % copy.length
    : 12 + (random.uint32() % (copy.length - 12));
  switch (random.uint32() % 6) {
    case 0:
      copy[at] ^= 1 << (random.uint32() % 8);
      return sign(copy);
    case 1:
      copy[at] = random.uint32() & 0xff;
      return sign(copy);
    case 2:
      return sign(copy.slice(0, at & ~3));
    case 3:
      return sign(Uint8Array.from([...copy, ...copy.subarray(12)].slice(0, 1500)));
    case 4:
      for (let index = 0; index < 8; index++)
        copy[12 + ((at + index) % (copy.length - 12))] = random.uint32() & 0xff;
      return sign(copy);
    default: {
      const extreme = [0, 0xff, 0x7f, 0x80][random.uint32() % 4];
      copy.fill(extreme, at, at + 4);
      return sign(copy);
    }
  }
}

/** Every packet of a call with handshake, data of all kinds, losses, resets and heartbeats. */
function recordCall(seed: number): Uint8Array[] {
  const loss = { kind: 'uniform', probability: 0.1 } as const;
  const pair = new AssociationPair({ delayMs: 10, loss }, seed);
  const recorded: Uint8Array[] = [];
  pair.filter = (packet) => recorded.push(packet.slice()) > 0;
  pair.connect();
  for (let index = 0; index < 60; index++) {
    pair.send(index % 3, 'x'.repeat(1 + 100 * index), {
      ...reliable,
      ...{ ordered: index % 2 === 0, maxRetransmits: index % 3 === 0 ? 0 : Number.POSITIVE_INFINITY },
    });
    pair.run(7);
  }
  pair.a.association.resetStream(1);
  pair.run(70_000);
  pair.a.association.shutdown(pair.now);
  pair.run(1000);
  return recorded;
}

describe('hostile packets', () => {
  it('10 000 changed ones, into calls at any stage', () => {
    const random = new SeededRandom(20260);
    const ends = new Map<string, number>();
    for (let round = 0; round < 100; round++) {
      const recorded: Uint8Array[] = [];
      const pair = new AssociationPair({ delayMs: 5 }, round);
      pair.filter = (packet, from) => from === 'b' || recorded.push(packet.slice()) > 0;
      pair.a.association.connect(0);
      if (round % 2 === 0) pair.b.association.connect(0);
      pair.run(round % 5 === 0 ? 5 : 100);
      for (let number = 0; number < 100; number++) {
        if (pair.a.association.state === 'established') {
          const maxRetransmits = number % 2 === 0 ? 0 : Number.POSITIVE_INFINITY;
          pair.send(number % 4, 'y'.repeat(1 + (random.uint32() % 3000)), { ...reliable, maxRetransmits });
          if (number % 20 === 0) pair.a.association.resetStream(3);
        }
        const source = recorded[recorded.length - 1 - (random.uint32() % Math.min(10, recorded.length))];
        pair.b.association.receive(pair.now, mutated(source, random));
        pair.run(3);
      }
      const end = pair.b.end ?? 'goes on';
      ends.set(end, (ends.get(end) ?? 0) + 1);
      assert.ok(pair.b.received.every(({ payload }) => payload.length <= defaultAssociation.maxMessageBytes));
    }
    assert.ok((ends.get('goes on') ?? 0) > 10, JSON.stringify([...ends]));
  });

  it('packets of another call, whole and changed', () => {
    const random = new SeededRandom(3);
    const foreign = recordCall(5);
    const pair = new AssociationPair({ delayMs: 5 }, 77);
    pair.connect();
    for (const packet of foreign) {
      pair.b.association.receive(pair.now, packet);
      pair.b.association.receive(pair.now, mutated(packet, random));
      pair.run(1);
    }
    pair.send(0, 'still here');
    pair.run(5000);
    assert.deepEqual(pair.b.texts(0), ['still here']);
    assert.ok(pair.b.association.discarded > 100);
  });

  it('random chunks with the right tag', () => {
    const random = new SeededRandom(9);
    for (let round = 0; round < 300; round++) {
      const pair = new AssociationPair({}, round);
      let tag = 0;
      pair.filter = (packet, from) => {
        if (from === 'a' && packet[12] === ChunkType.CookieEcho)
          tag = new DataView(packet.buffer).getUint32(4);
        return true;
      };
      pair.connect();
      assert.notEqual(tag, 0);
      const types = Object.values(ChunkType);
      for (let number = 0; number < 30 && pair.b.end === null; number++) {
        const writer = new PacketWriter(1160, 5000, 5000);
        writer.begin(tag);
        for (let chunks = random.uint32() % 5; chunks >= 0; chunks--) {
          writer.beginChunk(types[random.uint32() % types.length], random.uint32() & 0xff);
          writer.bytes(Uint8Array.from({ length: random.uint32() % 60 }, () => random.uint32() & 0xff));
          writer.endChunk();
        }
        pair.b.association.receive(pair.now, writer.finish());
        while (pair.b.association.takePacket(pair.now) !== null);
      }
    }
  });
});

describe('a peer that fills memory', () => {
  /** An established end, and packets with DATA for it. */
  function victim(): {
    end: SctpEnd;
    clock: { now: number };
    send(chunks: [tsn: number, fields?: object][]): void;
  } {
    const pair = new AssociationPair({}, 1);
    let tag = 0;
    let firstTsn = 0;
    pair.filter = (packet, from) => {
      const view = new DataView(packet.buffer, packet.byteOffset);
      if (from === 'a' && packet[12] === ChunkType.CookieEcho) tag = view.getUint32(4);
      if (from === 'a' && packet[12] === ChunkType.Init) firstTsn = view.getUint32(28);
      return true;
    };
    pair.connect();
    const writer = new PacketWriter(1160, 5000, 5000);
    return {
      end: pair.b,
      clock: pair,
      send(chunks) {
        writer.begin(tag);
        for (const [offset, fields] of chunks) {
          const {
            flags = DataFlag.Begin,
            stream = 0,
            ssn = 0,
            bytes = 1,
          } = (fields ?? {}) as Record<string, number>;
          writer.beginChunk(ChunkType.Data, flags);
          writer.uint32((firstTsn + offset) >>> 0);
          writer.uint16(stream);
          writer.uint16(ssn);
          writer.uint32(51);
          writer.bytes(new Uint8Array(bytes));
          writer.endChunk();
        }
        pair.b.association.receive(pair.now, writer.finish());
        while (pair.b.association.takePacket(pair.now) !== null);
      },
    };
  }

  it('with beginnings of messages is held at its window, or ended', () => {
    const { end, send } = victim();
    for (let number = 0; number < 100_000 && end.end === null; number += 40)
      send(Array.from({ length: 40 }, (_, index) => [number + index, { flags: DataFlag.Begin }]));
    assert.equal(end.end, 'protocol-violation');
  });

  it('with messages ahead of their turn is ended', () => {
    const { end, send } = victim();
    for (let number = 0; number < 200_000 && end.end === null; number++)
      send([
        [
          number,
          {
            flags: DataFlag.Begin | DataFlag.End,
            ssn: 1 + (number % 30_000),
            stream: number % 7,
            bytes: 1000,
          },
        ],
      ]);
    assert.equal(end.end, 'protocol-violation');
  });

  it('with gaps is not believed beyond a number of them', () => {
    const { end, send } = victim();
    for (let number = 2; number < 60_000; number += 80)
      send(
        Array.from({ length: 40 }, (_, index) => [
          number + 2 * index,
          { flags: DataFlag.Begin | DataFlag.End },
        ]),
      );
    assert.equal(end.end, null);
    // All say they are the first of their stream; one is.
    assert.equal(end.received.length, 1);
  });

  it('with answers to make: of INITs and heartbeats that come in one batch, few are answered', () => {
    const { end, clock } = victim();
    const writer = new PacketWriter(1160, 5000, 5000);
    writer.begin(0);
    writer.beginChunk(ChunkType.Init);
    for (const word of [1, 1 << 20, 0x00100010, 1]) writer.uint32(word);
    writer.endChunk();
    const init = writer.finish().slice();
    for (let number = 0; number < 1000; number++) end.association.receive(clock.now, init);
    let answers = 0;
    while (end.association.takePacket(clock.now) !== null) answers++;
    assert.ok(answers <= 8, `${answers}`);
  });
});
