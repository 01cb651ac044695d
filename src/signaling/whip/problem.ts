/** Error answers a person can read and a program can tell apart (RFC 9457, application/problem+json). */
import { type ErrorCode, ProtocolError, UserError } from '../../errors.ts';

export interface Problem {
  readonly status: number;
  /** One of the project's stable error codes, or the name of the HTTP condition. */
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a client refused for a limit should wait; limits ease when someone leaves. */
export const retryAfterSeconds = 10;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const statuses: Partial<Record<ErrorCode, number>> = {
  'malformed-message': 400,
  'malformed-sdp': 400,
  'malformed-candidate': 400,
  'unsupported-sdp': 422,
  'codec-not-supported': 422,
  'limit-media-lines': 422,
  'invalid-state': 409,
  'not-found': 404,
  'limit-message-size': 413,
  'limit-rooms': 503,
  'limit-participants': 503,
  'limit-publications': 503,
  'limit-connections': 503,
  'limit-joins': 429,
  'shutting-down': 503,
};

/** The answer to a ProtocolError or UserError; null for anything else, which is a bug. */
export function problemOf(error: unknown): Problem | null {
  if (!(error instanceof ProtocolError) && !(error instanceof UserError)) return null;
  const status = statuses[error.code] ?? 400;
  const problem = { status, code: error.code, detail: error.message };
  return status === 503 || status === 429
    ? { ...problem, headers: { 'Retry-After': String(retryAfterSeconds) } }
    : problem;
}

export function problemResponse(problem: Problem): Response {
  const { status, code, detail } = problem;
  const body = { type: 'about:blank', title: titles[status] ?? 'Error', status, code, detail };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...problem.headers, 'Content-Type': 'application/problem+json' },
  });
}
