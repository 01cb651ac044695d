/**
 * Who is speaking, from audio levels (0–1, linear as in getSynchronizationSources). Louder than the threshold starts
 * it at once; it ends only after a moment of quiet, so that the ring does not flicker between syllables.
 */

/** Linear level of −36 dBov: above room noise, below quiet speech. */
const speakingLevel = 0.016;
/** Pauses between words are shorter than this. */
const holdMs = 700;

export class SpeakingDetector {
  readonly #lastLoudMs = new Map<string, number>();

  /** @param nowMs monotonic milliseconds */
  observe(nowMs: number, participantId: string, level: number | undefined): void {
    if (level !== undefined && level >= speakingLevel) this.#lastLoudMs.set(participantId, nowMs);
  }

  speaking(nowMs: number): ReadonlySet<string> {
    const speaking = new Set<string>();
    for (const [id, lastLoudMs] of this.#lastLoudMs) {
      if (nowMs - lastLoudMs <= holdMs) speaking.add(id);
      else this.#lastLoudMs.delete(id);
    }
    return speaking;
  }
}

/** Whether two sets hold the same, so that an unchanged result causes no rendering. */
export function sameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member));
}
