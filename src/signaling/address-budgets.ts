/** How fast one address may call: a bucket for each address that fills steadily. */

export interface BudgetRates {
  /** Calls a second of one address, over time; 0 for no limit. */
  readonly perSecond: number;
  /** As many at once. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  updatedMs: number;
}

/** Addresses remembered; of more, those that have been quiet longest begin anew. */
const maxAddresses = 10_000;

export class AddressBudgets {
  readonly #rates: BudgetRates;
  readonly #now: () => number;
  /** The longest quiet first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rates: BudgetRates, now: () => number) {
    this.#rates = rates;
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Pays for one call of `address`; false when it has made too many. */
  spend(address: string): boolean {
    const { perSecond, burst } = this.#rates;
    if (perSecond === 0) return true;
    const network = networkOf(address);
    const nowMs = this.#now();
    const bucket = this.#buckets.get(network) ?? { tokens: burst, updatedMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.updatedMs) / 1000) * perSecond);
    bucket.updatedMs = nowMs;
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    if (this.#buckets.size > maxAddresses) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

/** One customer has a /64 of IPv6 to choose addresses from. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head, tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return all.slice(0, 4).join(':');
}
