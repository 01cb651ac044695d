/** Bounds how many connections one address may hold. */
export class AddressLimit {
  readonly #max: number;
  readonly #held = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes one connection for `address`; false when it has as many as it may. */
  acquire(address: string): boolean {
    const held = this.#held.get(address) ?? 0;
    if (held >= this.#max) return false;
    this.#held.set(address, held + 1);
    return true;
  }

  /** Gives back one that `acquire` granted. */
  release(address: string): void {
    const held = this.#held.get(address) ?? 0;
    if (held <= 1) this.#held.delete(address);
    else this.#held.set(address, held - 1);
  }

  /** Addresses that hold any. */
  get size(): number {
    return this.#held.size;
  }
}
