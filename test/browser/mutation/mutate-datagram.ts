import { below, pick, type Random } from './choices.ts';

const largestDatagram = 2000;
// Values at the edges of the fields parsers read: lengths, counts, versions, padding.
const edgeBytes = [0, 1, 2, 3, 4, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc8, 0xce, 0xfe, 0xff];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

function at(bytes: Buffer, random: Random): number {
  // Most of what a parser reads stands in the first bytes.
  return below(random, 2) === 0 ? below(random, Math.min(bytes.length, 24)) : below(random, bytes.length);
}

const mutations: readonly Mutation[] = [
  (bytes, random) => {
    bytes[at(bytes, random)]! ^= 1 << below(random, 8);
    return bytes;
  },
  (bytes, random) => {
    bytes[at(bytes, random)] = pick(random, edgeBytes);
    return bytes;
  },
  (bytes, random) => {
    bytes.writeUInt16BE(
      pick(random, [0, 1, 3, 4, 0x7fff, 0xfffe, 0xffff, bytes.length, bytes.length + 4]),
      Math.min(at(bytes, random), bytes.length - 2),
    );
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, 1 + below(random, bytes.length)),
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(below(random, 64), pick(random, edgeBytes))]),
  (bytes, random) => {
    const start = below(random, bytes.length);
    const end = start + below(random, bytes.length - start);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  (bytes, random) => {
    const start = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + below(random, 8))]);
  },
  (bytes, random) => {
    const start = at(bytes, random);
    for (let index = start; index < Math.min(start + 1 + below(random, 16), bytes.length); index++)
      bytes[index] = below(random, 256);
    return bytes;
  },
];

/**
 * A changed copy of a real datagram. The first byte keeps its meaning in seven of eight cases, so that the
 * datagram reaches the parser it was meant for (RFC 7983) instead of being dropped by the demultiplexer.
 */
export function mutateDatagram(original: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  const keepFirstByte = below(random, 8) !== 0;
  for (let count = 1 + below(random, 4); count > 0; count--) {
    if (bytes.length < 3) bytes = Buffer.concat([bytes, Buffer.alloc(4)]);
    bytes = pick(random, mutations)(bytes, random);
  }
  if (bytes.length > largestDatagram) bytes = bytes.subarray(0, largestDatagram);
  if (keepFirstByte && bytes.length > 0) bytes[0] = original[0]!;
  return bytes;
}
