/** All sessions. One that has had no connection for the timeout ends, and so does what only it refers to. */
import { compactUuid } from '../compact-uuid.ts';
import { KurentoError } from './kurento-error.ts';
import { maxSessionIdLength, maxSessionsPerAddress } from './kurento-limits.ts';
import { KurentoSession } from './kurento-session.ts';
import { CacheTotal } from './response-cache.ts';

export interface SessionTableOptions {
  readonly maxSessions: number;
  readonly timeoutMs: number;
  nowMs(): number;
  after(delayMs: number, run: () => void): () => void;
  /** The session is over: what it had is to be given up. */
  ended(session: KurentoSession): void;
}

/** How exactly the timeout is kept. */
const sweepsPerTimeout = 20;
const longestSweepMs = 5000;

export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, KurentoSession>();
  readonly #perAddress = new Map<string, number>();
  readonly #cacheTotal = new CacheTotal();
  #cancelSweep: (() => void) | null = null;

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get ids(): readonly string[] {
    return [...this.#sessions.keys()];
  }

  find(id: string): KurentoSession | null {
    return this.#sessions.get(id) ?? null;
  }

  /** @param id one that the client chose; default: a new one. @throws KurentoError 40009 */
  open(address: string, id: string = compactUuid()): KurentoSession {
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (id.length === 0 || id.length > maxSessionIdLength) {
      throw new KurentoError(
        -32000,
        `'sessionId' parameter should have 1 to ${maxSessionIdLength} characters`,
      );
    }
    if (this.#sessions.size >= this.#options.maxSessions || ofAddress >= maxSessionsPerAddress) {
      throw new KurentoError(40009, 'There are too many sessions');
    }
    const session = new KurentoSession(id, address, this.#cacheTotal, this.#options.nowMs());
    this.#sessions.set(id, session);
    this.#perAddress.set(address, ofAddress + 1);
    this.#sweepLater();
    return session;
  }

  end(session: KurentoSession): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    const left = (this.#perAddress.get(session.address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(session.address, left);
    else this.#perAddress.delete(session.address);
    session.unbind(this.#options.nowMs());
    session.responses.clear();
    this.#options.ended(session);
  }

  /** Ends all. */
  close(): void {
    for (const session of [...this.#sessions.values()]) this.end(session);
    this.#cancelSweep?.();
  }

  #sweepLater(): void {
    if (this.#cancelSweep !== null || this.#sessions.size === 0) return;
    const delayMs = Math.min(this.#options.timeoutMs / sweepsPerTimeout, longestSweepMs);
    this.#cancelSweep = this.#options.after(delayMs, () => {
      this.#cancelSweep = null;
      this.#sweep(this.#options.nowMs());
      this.#sweepLater();
    });
  }

  #sweep(nowMs: number): void {
    for (const session of [...this.#sessions.values()]) {
      if (!session.connected && nowMs - session.idleSinceMs >= this.#options.timeoutMs) this.end(session);
      else session.responses.expire(nowMs);
    }
  }
}
