/** The webhook that may veto a publication: one POST, of which only the status 200 lets the peer live. */
import { request } from 'node:https';
import type { CallbackPolicy } from './callback-policy.ts';

export interface CallbackBody {
  readonly rid: string;
  readonly uid: string;
  readonly cid: string;
  readonly action: 'ontrack';
}

export interface CallbackOptions {
  readonly policy: CallbackPolicy;
  readonly timeoutMs: number;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

/** Resolves to the HTTP status. Redirects are not followed: they are a status other than 200. @throws Error without one */
export function postCallback(url: URL, body: CallbackBody, options: CallbackOptions): Promise<number> {
  const { policy, timeoutMs, signal } = options;
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      signal,
      ...(policy.lookup === undefined ? {} : { lookup: policy.lookup }),
    });
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    call.once('close', () => clearTimeout(timer));
    call.once('error', reject);
    call.once('response', (response) => {
      // Nobody reads what else it says.
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    call.end(text);
  });
}
