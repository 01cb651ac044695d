/** What RtpEndpoint offers on the wire. */
import * as v from 'valibot';
import { keyBytesOf } from '../../webrtc/plain/sdes.ts';
import { baseRtpEndpointClass } from './endpoint-classes.ts';
import { KurentoError } from './kurento-error.ts';
import { ObjectClass } from './object-class.ts';
import { boolean, enumeration, text } from './param-types.ts';

export const rtpEndpointClass = new ObjectClass({
  name: 'RtpEndpoint',
  parent: baseRtpEndpointClass,
  events: ['OnKeySoftLimit'],
});

/** Kurento's names of suites, and those of descriptions. */
const suites = {
  AES_128_CM_HMAC_SHA1_32: 'AES_CM_128_HMAC_SHA1_32',
  AES_128_CM_HMAC_SHA1_80: 'AES_CM_128_HMAC_SHA1_80',
  AES_256_CM_HMAC_SHA1_32: 'AES_256_CM_HMAC_SHA1_32',
  AES_256_CM_HMAC_SHA1_80: 'AES_256_CM_HMAC_SHA1_80',
  AEAD_AES_128_GCM: 'AEAD_AES_128_GCM',
  AEAD_AES_256_GCM: 'AEAD_AES_256_GCM',
} as const;
const suiteNames = Object.keys(suites) as (keyof typeof suites)[];

/** Key and salt in one piece, as text or in base64; `key` is what `keyASCII` was called. */
const sdes = v.object({
  key: v.optional(text),
  keyASCII: v.optional(text),
  keyBase64: v.optional(text),
  crypto: v.optional(enumeration('CryptoSuite', suiteNames), 'AES_128_CM_HMAC_SHA1_80'),
});

/** Of the constructor. */
export const rtpEndpointParams = v.object({
  mediaPipeline: text,
  crypto: v.optional(sdes),
  useIpv6: v.optional(boolean, false),
});

/** How an endpoint is to protect what it sends; the key is null where it may choose one. @throws KurentoError 40107 */
export function readSdes({ key, keyASCII, keyBase64, crypto }: v.InferOutput<typeof sdes>) {
  const suite = suites[crypto];
  const ascii = keyASCII ?? key;
  const bytes =
    keyBase64 !== undefined
      ? Buffer.from(keyBase64, 'base64')
      : ascii === undefined
        ? null
        : Buffer.from(ascii, 'latin1');
  if (bytes !== null && bytes.length !== keyBytesOf(suite)) {
    throw new KurentoError(40107, `Key and salt for ${crypto} have ${keyBytesOf(suite)} bytes together`);
  }
  return { suite, key: bytes };
}
