import type { SeededRandom } from '../../network/seeded-random.ts';

export type Random = Pick<SeededRandom, 'uint32'>;

/** An integer, 0 ≤ x < limit. */
export function below(random: Random, limit: number): number {
  return random.uint32() % limit;
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)]!;
}
