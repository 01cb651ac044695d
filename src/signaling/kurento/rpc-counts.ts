/** How many calls there were and how they ended; for metrics, so the words are bounded. */
import { methodNames } from './methods.ts';

const known: ReadonlySet<string> = new Set([...methodNames, 'unreadable']);

export class RpcCounts {
  readonly calls = new Map<string, number>();
  /** By error code. */
  readonly errors = new Map<string, number>();

  /** @param code null for a call that succeeded */
  count(method: string, code: number | string | null): void {
    const label = known.has(method) ? method : 'other';
    this.calls.set(label, (this.calls.get(label) ?? 0) + 1);
    if (code !== null) this.errors.set(`${code}`, (this.errors.get(`${code}`) ?? 0) + 1);
  }
}
