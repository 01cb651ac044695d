/**
 * Bounds the bodies that are being read and worked on: many connections, or many requests on one, could otherwise make
 * the server hold a body of each at once.
 */

/** Bodies of one address under way: dozens of the longest, hundreds of the usual ones. */
const maxPerAddress = 32 * 2 ** 20;
const maxOfAll = 256 * 2 ** 20;
/** What a request takes besides its body while it waits for that: ten thousand slow ones took a gibibyte. */
const bytesPerRequest = 65_536;

export interface BytesRefusal {
  readonly status: 429 | 503;
  readonly message: string;
}

const addressRefusal: BytesRefusal = {
  status: 429,
  message: 'Too many requests of your address are under way.',
};
const serverRefusal: BytesRefusal = { status: 503, message: 'Too many requests are under way.' };

export class RequestBytes {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** Takes the room for one request; otherwise says whose requests take all there is. */
  acquire(address: string, bodyBytes: number): BytesRefusal | null {
    const bytes = bodyBytes + bytesPerRequest;
    const held = (this.#held.get(address) ?? 0) + bytes;
    if (held > maxPerAddress) return addressRefusal;
    if (this.#total + bytes > maxOfAll) return serverRefusal;
    this.#held.set(address, held);
    this.#total += bytes;
    return null;
  }

  /** Gives back what `acquire` granted. */
  release(address: string, bodyBytes: number): void {
    const bytes = bodyBytes + bytesPerRequest;
    const left = (this.#held.get(address) ?? 0) - bytes;
    if (left > 0) this.#held.set(address, left);
    else this.#held.delete(address);
    this.#total -= bytes;
  }

  /** Addresses that have requests under way. */
  get size(): number {
    return this.#held.size;
  }
}
