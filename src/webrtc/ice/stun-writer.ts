/** Writing STUN messages (RFC 8489): attributes in the order they are added, integrity and fingerprint last. */
import type { SocketAddress } from '../../packet-io/packet-io.ts';
import { parseIpAddress, unmapIpv4 } from './ip-address.ts';
import {
  integrityBytes,
  magicCookie,
  StunAttribute,
  stunHeaderBytes,
  transactionIdBytes,
} from './stun-format.ts';
import { fingerprintOf, integrityOf } from './stun-message.ts';

/** Room for a usual ICE message; longer ones grow. */
const initialBytes = 128;

export class StunWriter {
  #bytes = new Uint8Array(initialBytes);
  #length = stunHeaderBytes;

  /** @param transactionId 12 bytes, copied. */
  constructor(type: number, transactionId: Uint8Array) {
    if (transactionId.length !== transactionIdBytes) throw new RangeError('a transaction id has 12 bytes');
    this.#writeUint16(0, type);
    this.#writeUint32(4, magicCookie);
    this.#bytes.set(transactionId, 8);
  }

  /** Adds an attribute of any type, padded with zeros. */
  attribute(type: number, value: Uint8Array): this {
    const offset = this.#append(type, value.length);
    this.#bytes.set(value, offset);
    return this;
  }

  username(text: string): this {
    return this.attribute(StunAttribute.Username, Buffer.from(text));
  }

  software(text: string): this {
    return this.attribute(StunAttribute.Software, Buffer.from(text));
  }

  priority(priority: number): this {
    const offset = this.#append(StunAttribute.Priority, 4);
    this.#writeUint32(offset, priority);
    return this;
  }

  useCandidate(): this {
    this.#append(StunAttribute.UseCandidate, 0);
    return this;
  }

  iceControlling(tieBreaker: bigint): this {
    return this.#uint64(StunAttribute.IceControlling, tieBreaker);
  }

  iceControlled(tieBreaker: bigint): this {
    return this.#uint64(StunAttribute.IceControlled, tieBreaker);
  }

  /** An IPv4-mapped IPv6 address is written as the IPv4 address it is. */
  xorMappedAddress(from: SocketAddress): this {
    const parsed = parseIpAddress(from.address);
    if (parsed === null) throw new RangeError(`not an IP address: ${from.address}`);
    const address = unmapIpv4(parsed);
    const offset = this.#append(StunAttribute.XorMappedAddress, 4 + address.length);
    const bytes = this.#bytes;
    bytes[offset + 1] = address.length === 4 ? 1 : 2;
    this.#writeUint16(offset + 2, from.port ^ (magicCookie >>> 16));
    for (let index = 0; index < address.length; index++) {
      bytes[offset + 4 + index] = address[index] ^ bytes[4 + index];
    }
    return this;
  }

  errorCode(code: number, reason: string): this {
    const text = Buffer.from(reason);
    const offset = this.#append(StunAttribute.ErrorCode, 4 + text.length);
    this.#bytes[offset + 2] = Math.trunc(code / 100);
    this.#bytes[offset + 3] = code % 100;
    this.#bytes.set(text, offset + 4);
    return this;
  }

  unknownAttributes(types: readonly number[]): this {
    const offset = this.#append(StunAttribute.UnknownAttributes, 2 * types.length);
    types.forEach((type, index) => {
      this.#writeUint16(offset + 2 * index, type);
    });
    return this;
  }

  /** Adds MESSAGE-INTEGRITY over everything so far. @param key as of hasValidIntegrity() */
  messageIntegrity(key: string | Uint8Array): this {
    const start = this.#length;
    const digest = integrityOf(this.#bytes, start, key);
    const offset = this.#append(StunAttribute.MessageIntegrity, integrityBytes);
    this.#bytes.set(digest, offset);
    return this;
  }

  /** Adds FINGERPRINT, which must be the last attribute. */
  fingerprint(): this {
    const start = this.#length;
    const offset = this.#append(StunAttribute.Fingerprint, 4);
    this.#writeUint32(offset, fingerprintOf(this.#bytes, start));
    return this;
  }

  /** The message: a view of the writer's memory, whose length field is right. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #uint64(type: number, value: bigint): this {
    const offset = this.#append(type, 8);
    this.#writeUint32(offset, Number(value >> 32n));
    this.#writeUint32(offset + 4, Number(value & 0xffff_ffffn));
    return this;
  }

  /** Makes room for an attribute, writes its head, keeps the length field true; returns where the value goes. */
  #append(type: number, valueLength: number): number {
    const start = this.#length;
    this.#length = start + 4 + ((valueLength + 3) & ~3);
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#writeUint16(start, type);
    this.#writeUint16(start + 2, valueLength);
    this.#writeUint16(2, this.#length - stunHeaderBytes);
    return start + 4;
  }

  #writeUint16(offset: number, value: number): void {
    this.#bytes[offset] = value >> 8;
    this.#bytes[offset + 1] = value;
  }

  #writeUint32(offset: number, value: number): void {
    this.#bytes[offset] = value >> 24;
    this.#bytes[offset + 1] = value >> 16;
    this.#bytes[offset + 2] = value >> 8;
    this.#bytes[offset + 3] = value;
  }
}
