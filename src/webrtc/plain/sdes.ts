/** Keys of SRTP in a session description: a=crypto (RFC 4568, RFC 6188, RFC 7714 §14.3). */
import type { SrtpProfile } from '../../packet-io/packet-io.ts';

/** One a=crypto line that can be used. */
export interface CryptoAttribute {
  readonly tag: number;
  readonly suite: SrtpProfile;
  /** The master key and its salt. */
  readonly key: Uint8Array;
}

/** Bytes of master key and salt together, in the order we would rather have them. */
const keyBytes: Readonly<Record<SrtpProfile, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_32: 46,
};

export function isSrtpSuite(name: string): name is SrtpProfile {
  return Object.hasOwn(keyBytes, name);
}

export function keyBytesOf(suite: SrtpProfile): number {
  return keyBytes[suite];
}

/**
 * Reads the value of an a=crypto line; null for one that cannot be used: another suite, several keys told apart by an
 * MKI, or a session parameter that would change what goes over the wire.
 */
export function parseCrypto(value: string): CryptoAttribute | null {
  const match =
    /^([0-9]{1,9}) +([A-Za-z0-9_]{1,64}) +inline:([A-Za-z0-9+/]{1,128}={0,2})((?:\|[^ |;]+)*)((?: +\S+)*)$/.exec(
      value.trimEnd(),
    );
  if (match === null) return null;
  const [, tag, suite, inline, lifetimeAndMki, parameters] = match;
  if (!isSrtpSuite(suite) || !lifetimeAndMki.split('|').every(isLifetime)) return null;
  if (!parameters.split(/ +/).every(isHarmless)) return null;
  const key = Buffer.from(inline, 'base64');
  return key.length === keyBytes[suite] ? { tag: Number(tag), suite, key } : null;
}

export function formatCrypto({ tag, suite, key }: CryptoAttribute): string {
  return `${tag} ${suite} inline:${Buffer.from(key).toString('base64')}`;
}

/** A key is good for 2^48 packets at most (RFC 3711 §9.2), which no connection lives to see: what is said is taken. */
function isLifetime(text: string): boolean {
  return text === '' || /^(?:2\^[0-9]{1,2}|[0-9]{1,15})$/.test(text);
}

/** Those with a leading "-" may be left alone (RFC 4568 §6.3.7); WSH is only a hint for the receiver's window. */
function isHarmless(parameter: string): boolean {
  return parameter === '' || parameter.startsWith('-') || /^WSH=[0-9]{1,9}$/.test(parameter);
}
