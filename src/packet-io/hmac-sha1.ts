import { loadAddon } from './load-addon.ts';

const sha1Bytes = 20;

/**
 * HMAC-SHA1 (RFC 2104) of `head` followed by bytes[start … end), for what comes with every check of every client: with
 * the addon's one context it takes a fraction of what node:crypto's objects do. Pure, as the rest of the addon's crypto.
 * @throws Error with code ERR_OUT_OF_RANGE where there are no such bytes
 */
export function hmacSha1(
  key: Uint8Array,
  head: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  const digest = new Uint8Array(sha1Bytes);
  loadAddon().hmacSha1(digest, key, head, bytes, start, end);
  return digest;
}
