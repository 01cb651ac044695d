/**
 * What each small number of one connection means: payload types, or header extension identifiers. A number
 * that came into use is never given another meaning by us (RFC 8843 §9.1, RFC 9429 §5.2.2), whichever side gave
 * it. Numbers that we offered and the remote did not take up are forgotten: Firefox later uses them for its own.
 */
export class IdentifierMap {
  readonly #meanings: Map<number, string>;
  /** In the order they are given out when the preferred one is taken. */
  readonly #available: readonly number[];

  constructor(available: readonly number[], meanings: ReadonlyMap<number, string> | null = null) {
    this.#available = available;
    this.#meanings = new Map(meanings);
  }

  /** A copy to plan with; the original stays as it is until the plan is carried out. */
  clone(): IdentifierMap {
    return new IdentifierMap(this.#available, this.#meanings);
  }

  /** The first number that got this meaning, or -1. */
  find(meaning: string): number {
    for (const [number, known] of this.#meanings) if (known === meaning) return number;
    return -1;
  }

  /** Whether a number is free for a meaning, or already has it. */
  agrees(number: number, meaning: string): boolean {
    return (this.#meanings.get(number) ?? meaning) === meaning;
  }

  /** Notes what a number is used for. A remote that gives it another meaning is believed. */
  note(number: number, meaning: string): void {
    this.#meanings.set(number, meaning);
  }

  /** The number for a meaning: the one it has, else the preferred, else any free one, else -1. */
  claim(meaning: string, preferred: number): number {
    const known = this.find(meaning);
    if (known >= 0) return known;
    const number = this.#meanings.has(preferred)
      ? (this.#available.find((candidate) => !this.#meanings.has(candidate)) ?? -1)
      : preferred;
    if (number >= 0) this.#meanings.set(number, meaning);
    return number;
  }
}

/** Dynamic payload types: 96–127, then the part of 35–63 that cannot be taken for RTCP (RFC 5761 §4). */
const dynamicPayloadTypes: readonly number[] = [...range(96, 127), ...range(35, 63)];
/** Header extension identifiers of the one-byte form (RFC 8285 §4.2), which every receiver can read. */
const oneByteIdentifiers: readonly number[] = range(1, 14);

export function payloadTypeMap(): IdentifierMap {
  return new IdentifierMap(dynamicPayloadTypes);
}

export function headerExtensionMap(): IdentifierMap {
  return new IdentifierMap(oneByteIdentifiers);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
