import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DataChunk } from './data-chunk.ts';
import { Reassembly } from './reassembly.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function chunk(tsn: number, text: string, fields: Partial<DataChunk> = {}): DataChunk {
  const plain = {
    stream: 1,
    ssn: 0,
    protocol: 51,
    begin: true,
    end: true,
    unordered: false,
    immediate: false,
  };
  return { tsn: tsn >>> 0, payload: bytes(text), ...plain, ...fields };
}

function collector(maxMessageBytes = 1000): { reassembly: Reassembly; texts: string[] } {
  const texts: string[] = [];
  const reassembly = new Reassembly(maxMessageBytes, ({ payload }) =>
    texts.push(new TextDecoder().decode(payload)),
  );
  return { reassembly, texts };
}

/** Messages as a sender makes them into chunks. */
function chunksOf(
  messages: { text: string; unordered: boolean; stream: number }[],
  first: number,
): DataChunk[] {
  const ssns = new Map<number, number>();
  let tsn = first;
  return messages.flatMap(({ text, unordered, stream }) => {
    const ssn = unordered ? 0 : (ssns.get(stream) ?? 0);
    if (!unordered) ssns.set(stream, ssn + 1);
    const pieces = text.match(/.{1,3}/g)!;
    return pieces.map((piece, index) =>
      chunk(tsn++, piece, { stream, ssn, unordered, begin: index === 0, end: index === pieces.length - 1 }),
    );
  });
}

test('whole messages in any order of chunks: each once, ordered ones in order, and nothing is left', () => {
  const message = fc.record({
    unordered: fc.boolean(),
    stream: fc.integer({ min: 0, max: 2 }),
    length: fc.integer({ min: 1, max: 14 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.nat(), fc.nat(), (shapes, seed, first) => {
      const messages = shapes.map(({ unordered, stream, length }, index) => ({
        ...{ unordered, stream },
        text: `${stream}${unordered ? 'u' : 'o'}${index}:${'x'.repeat(length)}`,
      }));
      const chunks = chunksOf(messages, 0xffff_fff0 + (first % 32));
      let state = seed | 1;
      const shuffled = chunks
        .map((item) => {
          state = Math.imul(state, 1664525) + 1013904223;
          return { item, key: state };
        })
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
      const { reassembly, texts } = collector();
      for (const item of shuffled) assert.equal(reassembly.add(item), null);
      assert.deepEqual([...texts].sort(), messages.map(({ text }) => text).sort());
      for (const stream of [0, 1, 2]) {
        const ordered = (all: string[]) => all.filter((text) => text.startsWith(`${stream}o`));
        assert.deepEqual(ordered(texts), ordered(messages.map(({ text }) => text)));
      }
      assert.equal(reassembly.heldBytes, 0);
    }),
  );
});

test('a message that is too long is refused, in one piece and in many', () => {
  const { reassembly } = collector(5);
  assert.equal(reassembly.add(chunk(1, '123456')), 'limit-message-size');
  assert.equal(reassembly.add(chunk(10, '123', { end: false })), null);
  assert.equal(reassembly.add(chunk(11, '456', { begin: false })), 'limit-message-size');
});

test('fragments that contradict their neighbours end it', () => {
  for (const second of [
    chunk(2, 'b', { begin: false, stream: 2 }),
    chunk(2, 'b', { begin: false, ssn: 1 }),
    chunk(2, 'b', { begin: false, unordered: true }),
  ]) {
    const { reassembly } = collector();
    reassembly.add(chunk(1, 'a', { end: false }));
    assert.equal(reassembly.add(second), 'protocol-violation');
  }
});

test('what is given up is forgotten, and what waited behind it is delivered', () => {
  const { reassembly, texts } = collector();
  reassembly.add(chunk(1, 'a', { end: false }));
  reassembly.add(chunk(4, 'c', { ssn: 2 }));
  reassembly.add(chunk(5, 'e', { ssn: 4 }));
  assert.deepEqual(texts, []);
  reassembly.skip(3, new Map([[1, 1]]));
  assert.deepEqual(texts, ['c']);
  reassembly.skip(6, new Map([[1, 5]]));
  assert.deepEqual(texts, ['c', 'e']);
  assert.equal(reassembly.heldBytes, 0);
  // Late, and given up before.
  reassembly.add(chunk(7, 'x', { ssn: 3 }));
  reassembly.add(chunk(8, 'g', { ssn: 6 }));
  assert.deepEqual(texts, ['c', 'e', 'g']);
});

test('a stream that is reset counts from 0 again', () => {
  const { reassembly, texts } = collector();
  reassembly.add(chunk(1, 'a'));
  reassembly.add(chunk(3, 'c', { ssn: 2 }));
  reassembly.resetStream(1);
  assert.equal(reassembly.heldBytes, 0);
  reassembly.add(chunk(4, 'again'));
  assert.deepEqual(texts, ['a', 'again']);
});

test('stream numbers wrap', () => {
  const { reassembly, texts } = collector();
  for (let index = 0; index < 65_540; index++)
    reassembly.add(chunk(index, String(index), { ssn: index & 0xffff }));
  assert.equal(texts.length, 65_540);
});
