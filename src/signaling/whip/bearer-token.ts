import { isBearer } from '../../http/bearer-token.ts';
import type { Problem } from './problem.ts';

/**
 * @param required the configured token, or null where none is asked for
 * @returns null if the request may go on, else the 401 to answer with
 */
export function checkBearerToken(authorization: string | undefined, required: string | null): Problem | null {
  if (required === null) return null;
  if (isBearer(authorization, required)) return null;
  const given = /^bearer +\S/i.test(authorization ?? '');
  const challenge = given ? 'Bearer realm="manifold", error="invalid_token"' : 'Bearer realm="manifold"';
  return {
    status: 401,
    code: 'unauthorized',
    detail: given ? 'The bearer token is not valid.' : 'A bearer token is required.',
    headers: { 'WWW-Authenticate': challenge },
  };
}
