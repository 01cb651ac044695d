/**
 * The latest answers of a session: a client that repeats a request, because it did not get the answer, gets it again
 * and nothing is done twice. Only for the same text: ids begin anew on a second connection.
 */
import type { RequestId } from './json-rpc.ts';
import {
  cachedForMs,
  maxCachedBytes,
  maxCachedBytesPerSession,
  maxCachedResponses,
} from './kurento-limits.ts';

interface CachedResponse {
  readonly request: string;
  readonly response: string;
  readonly expiresMs: number;
}

/** Of all sessions together, in UTF-16 units. */
export class CacheTotal {
  size = 0;
}

export class ResponseCache {
  readonly #total: CacheTotal;
  /** Oldest first. */
  readonly #responses = new Map<RequestId, CachedResponse>();
  #size = 0;

  constructor(total: CacheTotal) {
    this.#total = total;
  }

  find(id: RequestId, request: string, nowMs: number): string | null {
    const cached = this.#responses.get(id);
    return cached !== undefined && cached.expiresMs > nowMs && cached.request === request
      ? cached.response
      : null;
  }

  add(id: RequestId, request: string, response: string, nowMs: number): void {
    this.#remove(id);
    const size = request.length + response.length;
    if (size > maxCachedBytesPerSession / 4) return;
    while (this.#responses.size >= maxCachedResponses || this.#size + size > maxCachedBytesPerSession) {
      this.#removeOldest();
    }
    if (this.#total.size + size > maxCachedBytes) return;
    this.#responses.set(id, { request, response, expiresMs: nowMs + cachedForMs });
    this.#size += size;
    this.#total.size += size;
  }

  expire(nowMs: number): void {
    for (const [id, { expiresMs }] of this.#responses) {
      if (expiresMs > nowMs) return;
      this.#remove(id);
    }
  }

  clear(): void {
    while (this.#responses.size > 0) this.#removeOldest();
  }

  #removeOldest(): void {
    for (const id of this.#responses.keys()) {
      this.#remove(id);
      return;
    }
  }

  #remove(id: RequestId): void {
    const cached = this.#responses.get(id);
    if (cached === undefined) return;
    this.#responses.delete(id);
    const size = cached.request.length + cached.response.length;
    this.#size -= size;
    this.#total.size -= size;
  }
}
