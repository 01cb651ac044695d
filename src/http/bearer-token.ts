/** Bearer tokens (RFC 6750 §2.1), compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries exactly this token. */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization ?? '')?.[1];
  // Digests have one length, so that the comparison does not tell the token's.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
