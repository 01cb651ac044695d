/** Reading STUN messages (RFC 8489) as far as ICE needs them. Nothing here throws, whatever the bytes are. */
import { timingSafeEqual } from 'node:crypto';
import { hmacSha1 } from '../../packet-io/hmac-sha1.ts';
import type { SocketAddress } from '../../packet-io/packet-io.ts';
import { crc32 } from './crc32.ts';
import { formatIpAddress } from './ip-address.ts';
import {
  fingerprintMask,
  integrityBytes,
  magicCookie,
  maxUnknownAttributes,
  maxUsernameBytes,
  StunAttribute,
  stunHeaderBytes,
} from './stun-format.ts';

export interface StunMessage {
  /** Method and class together, see StunType. */
  readonly type: number;
  /** 12 bytes, a view into the datagram. */
  readonly transactionId: Uint8Array;
  username: string | null;
  software: string | null;
  priority: number | null;
  useCandidate: boolean;
  /** The sender's tie-breaker, where it is controlling or controlled. */
  iceControlling: bigint | null;
  iceControlled: bigint | null;
  xorMappedAddress: SocketAddress | null;
  errorCode: number | null;
  errorReason: string;
  /** What an UNKNOWN-ATTRIBUTES attribute lists. */
  unknownAttributes: number[];
  /** Comprehension-required attributes of this message that this codec does not know. */
  notUnderstood: number[];
  /** Where MESSAGE-INTEGRITY starts in the datagram, or -1. */
  integrityOffset: number;
  /** Where FINGERPRINT starts in the datagram, or -1. */
  fingerprintOffset: number;
}

/** Whether the datagram can be STUN: enough bytes, two zero bits and the magic cookie. */
export function isStun(datagram: Uint8Array): boolean {
  return datagram.length >= stunHeaderBytes && datagram[0] < 4 && readUint32(datagram, 4) === magicCookie;
}

/** The message in a datagram, or null where it is not well-formed STUN. Authenticates nothing. */
export function parseStun(datagram: Uint8Array): StunMessage | null {
  if (!isStun(datagram)) return null;
  const length = readUint16(datagram, 2);
  if ((length & 3) !== 0 || stunHeaderBytes + length !== datagram.length) return null;
  const message: StunMessage = {
    type: readUint16(datagram, 0),
    transactionId: datagram.subarray(8, stunHeaderBytes),
    username: null,
    software: null,
    priority: null,
    useCandidate: false,
    iceControlling: null,
    iceControlled: null,
    xorMappedAddress: null,
    errorCode: null,
    errorReason: '',
    unknownAttributes: [],
    notUnderstood: [],
    integrityOffset: -1,
    fingerprintOffset: -1,
  };
  let offset = stunHeaderBytes;
  while (offset < datagram.length) {
    // RFC 8489 14.7: FINGERPRINT is the last attribute.
    if (message.fingerprintOffset >= 0) return null;
    const type = readUint16(datagram, offset);
    const valueLength = readUint16(datagram, offset + 2);
    const next = offset + 4 + ((valueLength + 3) & ~3);
    if (next > datagram.length) return null;
    // RFC 8489 14.5: what follows MESSAGE-INTEGRITY is not protected and is ignored, except FINGERPRINT.
    if (message.integrityOffset < 0 || type === StunAttribute.Fingerprint) {
      if (!readAttribute(message, datagram, type, offset, valueLength)) return null;
    }
    offset = next;
  }
  return message;
}

/**
 * Whether MESSAGE-INTEGRITY is there and right for `key`: in ICE's short-term credentials the password, or its bytes
 * where it is needed again and again.
 */
export function hasValidIntegrity(
  datagram: Uint8Array,
  message: StunMessage,
  key: string | Uint8Array,
): boolean {
  const offset = message.integrityOffset;
  if (offset < 0) return false;
  const digest = integrityOf(datagram, offset, key);
  return timingSafeEqual(digest, datagram.subarray(offset + 4, offset + 4 + integrityBytes));
}

/** Whether FINGERPRINT is there and right. */
export function hasValidFingerprint(datagram: Uint8Array, message: StunMessage): boolean {
  const offset = message.fingerprintOffset;
  return offset >= 0 && readUint32(datagram, offset + 4) === fingerprintOf(datagram, offset);
}

/** The first four bytes of a message: filled and read within integrityOf(). */
const head = new Uint8Array(4);

/**
 * HMAC-SHA1 of the message before `offset`, where MESSAGE-INTEGRITY starts or is going to. The length field counts
 * as if that attribute were the last one (RFC 8489 14.5), so it is fed from a copy.
 */
export function integrityOf(datagram: Uint8Array, offset: number, key: string | Uint8Array): Uint8Array {
  const length = offset + 4 + integrityBytes - stunHeaderBytes;
  head[0] = datagram[0];
  head[1] = datagram[1];
  head[2] = length >> 8;
  head[3] = length;
  return hmacSha1(typeof key === 'string' ? Buffer.from(key) : key, head, datagram, 4, offset);
}

/** The FINGERPRINT value for a message whose FINGERPRINT starts at `offset` and whose length field includes it. */
export function fingerprintOf(datagram: Uint8Array, offset: number): number {
  return (crc32(datagram, offset) ^ fingerprintMask) >>> 0;
}

/** Takes one attribute into `message`; false where it is malformed. Of repeated ones the first counts (14). */
function readAttribute(
  message: StunMessage,
  bytes: Uint8Array,
  type: number,
  offset: number,
  length: number,
): boolean {
  const value = offset + 4;
  switch (type) {
    case StunAttribute.Username:
      if (length > maxUsernameBytes) return false;
      message.username ??= textOf(bytes, value, value + length);
      return true;
    case StunAttribute.Software:
      message.software ??= textOf(bytes, value, value + length);
      return true;
    case StunAttribute.Priority:
      if (length !== 4) return false;
      message.priority ??= readUint32(bytes, value);
      return true;
    case StunAttribute.UseCandidate:
      message.useCandidate = true;
      return length === 0;
    case StunAttribute.IceControlling:
      if (length !== 8) return false;
      message.iceControlling ??= readUint64(bytes, value);
      return true;
    case StunAttribute.IceControlled:
      if (length !== 8) return false;
      message.iceControlled ??= readUint64(bytes, value);
      return true;
    case StunAttribute.XorMappedAddress:
      message.xorMappedAddress ??= readXorAddress(bytes, value, length);
      return message.xorMappedAddress !== null;
    case StunAttribute.ErrorCode:
      if (length < 4 || (bytes[value + 2] & 7) < 3 || (bytes[value + 2] & 7) > 6) return false;
      if (bytes[value + 3] > 99) return false;
      if (message.errorCode !== null) return true;
      message.errorCode = (bytes[value + 2] & 7) * 100 + bytes[value + 3];
      message.errorReason = textOf(bytes, value + 4, value + length);
      return true;
    case StunAttribute.UnknownAttributes:
      if ((length & 1) !== 0) return false;
      for (
        let index = 0;
        index < length && message.unknownAttributes.length < maxUnknownAttributes;
        index += 2
      ) {
        message.unknownAttributes.push(readUint16(bytes, value + index));
      }
      return true;
    case StunAttribute.MessageIntegrity:
      message.integrityOffset = offset;
      return length === integrityBytes;
    case StunAttribute.Fingerprint:
      message.fingerprintOffset = offset;
      return length === 4;
    // Known, and without a meaning in ICE: no reason for a 420.
    case StunAttribute.Realm:
    case StunAttribute.Nonce:
    case StunAttribute.MessageIntegritySha256:
      return true;
    default:
      // RFC 8489 14: types below 0x8000 must be understood.
      if (type < 0x8000 && message.notUnderstood.length < maxUnknownAttributes)
        message.notUnderstood.push(type);
      return true;
  }
}

/** RFC 8489 14.2: port and address are XORed with the cookie, an IPv6 address also with the transaction id. */
function readXorAddress(bytes: Uint8Array, offset: number, length: number): SocketAddress | null {
  const family = bytes[offset + 1];
  const addressBytes = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (addressBytes === 0 || length !== 4 + addressBytes) return null;
  const address = new Uint8Array(addressBytes);
  for (let index = 0; index < addressBytes; index++) {
    address[index] = bytes[offset + 4 + index] ^ bytes[4 + index];
  }
  const port = readUint16(bytes, offset + 2) ^ (magicCookie >>> 16);
  return { family: family === 1 ? 4 : 6, address: formatIpAddress(address), port };
}

export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 8) | bytes[offset + 1];
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]) >>> 0
  );
}

function readUint64(bytes: Uint8Array, offset: number): bigint {
  return (BigInt(readUint32(bytes, offset)) << 32n) | BigInt(readUint32(bytes, offset + 4));
}

/** The UTF-8 text of part of a datagram; what is no UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
