/** What the choice of who is forwarded needs to know of each audio track. */
export interface SpeakerStanding<T> {
  readonly key: T;
  readonly speaking: boolean;
  readonly lastVoiceMs: number;
}

/**
 * The `count` tracks whose voice was heard last: of those who speak the dominant first and then those who are
 * forwarded already, then whoever spoke last. Ties leave things as they are, and otherwise go by order. So nobody who
 * speaks is cut off for another, except by the dominant speaker.
 */
export function chooseLastSpeakers<T>(
  standings: readonly SpeakerStanding<T>[],
  dominant: T | null,
  former: ReadonlySet<T>,
  count: number,
): Set<T> {
  const standingOf = ({ key, speaking }: SpeakerStanding<T>) => {
    if (key === dominant) return 3;
    if (!speaking) return 0;
    return former.has(key) ? 2 : 1;
  };
  const ranked = [...standings].sort((a, b) => {
    const byClass = standingOf(b) - standingOf(a);
    if (byClass !== 0) return byClass;
    if (!a.speaking && a.lastVoiceMs !== b.lastVoiceMs) return b.lastVoiceMs > a.lastVoiceMs ? 1 : -1;
    return Number(former.has(b.key)) - Number(former.has(a.key));
  });
  return new Set(ranked.slice(0, count).map(({ key }) => key));
}
