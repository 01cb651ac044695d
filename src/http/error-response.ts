/** Maps errors to HTTP answers: one JSON body with a stable code for all of them. */
import { HTTPException } from 'hono/http-exception';
import { type ErrorCode, ProtocolError, UserError } from '../errors.ts';
import type { Logger } from '../log.ts';

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  unauthorized: 401,
  'not-found': 404,
  'invalid-state': 409,
  'limit-message-size': 413,
  'codec-not-supported': 415,
  'limit-connections': 429,
  'limit-joins': 429,
  'limit-rooms': 503,
  'limit-participants': 503,
  'limit-publications': 503,
  'shutting-down': 503,
};

export function jsonError(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}

/** Answers a known error with its code; anything else is a bug: logged, and told as no more than that. */
export function errorResponse(error: Error, log: Logger): Response {
  if (error instanceof UserError || error instanceof ProtocolError) {
    return jsonError(statusOfCode[error.code] ?? 400, error.code, error.message);
  }
  if (error instanceof HTTPException) return error.getResponse();
  log.error({ err: error }, 'bug: an HTTP request ended in an unexpected error');
  return jsonError(500, 'internal-error', 'Internal error.');
}
