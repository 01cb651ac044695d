/** Bearer tokens (RFC 6750), compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Problem } from './problem.ts';

/**
 * @param required the configured token, or null where none is asked for
 * @returns null if the request may go on, else the 401 to answer with
 */
export function checkBearerToken(authorization: string | undefined, required: string | null): Problem | null {
  if (required === null) return null;
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined && equal(token, required)) return null;
  const challenge =
    token === undefined ? 'Bearer realm="manifold"' : 'Bearer realm="manifold", error="invalid_token"';
  return {
    status: 401,
    code: 'unauthorized',
    detail: token === undefined ? 'A bearer token is required.' : 'The bearer token is not valid.',
    headers: { 'WWW-Authenticate': challenge },
  };
}

/** Hashing first makes the lengths equal, so that the length leaks no more than the content. */
function equal(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
