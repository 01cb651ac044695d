/**
 * Takes SCTP packets apart (RFC 9260 §3):
 *
 *     | source port(2) | destination port(2) | verification tag(4) | checksum(4, little-endian) |
 *     | type(1) | flags(1) | length(2) | value, padded to 4 |   … more chunks
 *
 * Nothing is copied: chunk values are views of the packet and end with it. Whatever is malformed is null.
 */
import { packetChecksum } from './crc32c.ts';
import { chunkHeaderBytes, commonHeaderBytes, padded } from './sctp-format.ts';

export interface Chunk {
  readonly type: number;
  readonly flags: number;
  readonly value: Uint8Array;
}

export interface Packet {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  /** At least one. */
  readonly chunks: readonly Chunk[];
}

/** Parameters have the layout of chunks with a 16-bit type. */
export interface Parameter {
  readonly type: number;
  readonly value: Uint8Array;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function parsePacket(bytes: Uint8Array): Packet | null {
  if (bytes.length < commonHeaderBytes + chunkHeaderBytes) return null;
  const checksum = (bytes[8] | (bytes[9] << 8) | (bytes[10] << 16) | (bytes[11] << 24)) >>> 0;
  if (checksum !== packetChecksum(bytes)) return null;
  const chunks: Chunk[] = [];
  for (let at = commonHeaderBytes; at < bytes.length; ) {
    if (at + chunkHeaderBytes > bytes.length) return null;
    const length = readUint16(bytes, at + 2);
    if (length < chunkHeaderBytes || at + length > bytes.length) return null;
    const value = bytes.subarray(at + chunkHeaderBytes, at + length);
    chunks.push({ type: bytes[at], flags: bytes[at + 1], value });
    at += padded(length);
  }
  return {
    sourcePort: readUint16(bytes, 0),
    destinationPort: readUint16(bytes, 2),
    verificationTag: readUint32(bytes, 4),
    chunks,
  };
}

/** The parameters of a chunk's value from `at` on, or null. */
export function parseParameters(bytes: Uint8Array, start: number): Parameter[] | null {
  const parameters: Parameter[] = [];
  for (let at = start; at < bytes.length; ) {
    if (at + 4 > bytes.length) return null;
    const length = readUint16(bytes, at + 2);
    if (length < 4 || at + length > bytes.length) return null;
    parameters.push({ type: readUint16(bytes, at), value: bytes.subarray(at + 4, at + length) });
    at += padded(length);
  }
  return parameters;
}
