/**
 * The state cookie (RFC 9260 §5.1.3): everything an association is made of, so that answering an INIT costs no
 * memory. It is authenticated, so that what comes back is what was sent.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readUint16, readUint32 } from './packet-reader.ts';

export interface StateCookie {
  readonly localTag: number;
  readonly localTsn: number;
  readonly remoteTag: number;
  readonly remoteTsn: number;
  readonly remoteWindow: number;
  readonly remoteOutboundStreams: number;
  readonly remoteInboundStreams: number;
  readonly partialReliability: boolean;
  readonly reConfig: boolean;
  /** The tags of the association there was when the INIT came, or 0 (RFC 9260 §5.2.2). */
  readonly localTieTag: number;
  readonly remoteTieTag: number;
  /** Milliseconds on our clock. */
  readonly madeAt: number;
}

const bodyBytes = 44;
const macBytes = 32;

export function sealCookie(cookie: StateCookie, secret: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(bodyBytes + macBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, cookie.localTag);
  view.setUint32(4, cookie.localTsn);
  view.setUint32(8, cookie.remoteTag);
  view.setUint32(12, cookie.remoteTsn);
  view.setUint32(16, cookie.remoteWindow);
  view.setUint16(20, cookie.remoteOutboundStreams);
  view.setUint16(22, cookie.remoteInboundStreams);
  view.setUint32(24, (cookie.partialReliability ? 1 : 0) | (cookie.reConfig ? 2 : 0));
  view.setUint32(28, cookie.localTieTag);
  view.setUint32(32, cookie.remoteTieTag);
  view.setFloat64(36, cookie.madeAt);
  bytes.set(macOf(bytes.subarray(0, bodyBytes), secret), bodyBytes);
  return bytes;
}

/** null for what was not sealed with this secret. */
export function openCookie(bytes: Uint8Array, secret: Uint8Array): StateCookie | null {
  if (bytes.length !== bodyBytes + macBytes) return null;
  const body = bytes.subarray(0, bodyBytes);
  if (!timingSafeEqual(macOf(body, secret), bytes.subarray(bodyBytes))) return null;
  const flags = readUint32(body, 24);
  return {
    localTag: readUint32(body, 0),
    localTsn: readUint32(body, 4),
    remoteTag: readUint32(body, 8),
    remoteTsn: readUint32(body, 12),
    remoteWindow: readUint32(body, 16),
    remoteOutboundStreams: readUint16(body, 20),
    remoteInboundStreams: readUint16(body, 22),
    partialReliability: (flags & 1) !== 0,
    reConfig: (flags & 2) !== 0,
    localTieTag: readUint32(body, 28),
    remoteTieTag: readUint32(body, 32),
    madeAt: new DataView(body.buffer, body.byteOffset).getFloat64(36),
  };
}

function macOf(body: Uint8Array, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(body).digest();
}
