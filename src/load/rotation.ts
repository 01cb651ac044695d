/**
 * Whose turn it is, where each of many has one turn in every interval and the turns are spread evenly over it. So do
 * clients that know nothing of each other report (RFC 3550 §6.2 has them take care of it); if all did at once, the
 * server would be measured with a crowd that no room ever has.
 */
export class Rotation {
  readonly #intervalMs: number;
  #atMs: number;
  /** Turns so far; what is after the point has not come yet. */
  #turns = 0;

  /** @param nowMs when it begins */
  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    this.#atMs = nowMs;
  }

  /** Those of `members` whose turn has come since the last call; each once at most. */
  *due<T>(nowMs: number, members: readonly T[]): Generator<T> {
    const share = Math.min(1, (nowMs - this.#atMs) / this.#intervalMs);
    const until = this.#turns + share * members.length;
    this.#atMs = nowMs;
    const first = Math.floor(this.#turns);
    this.#turns = until;
    for (let turn = first; turn < Math.floor(until); turn++) yield members[turn % members.length];
  }
}
