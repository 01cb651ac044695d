/** What a viewer saw, out of the pictures a page noted: pauses, broken pictures, pictures out of order. */
import { markModulus } from '../page/frame-mark.ts';
import type { SeenFrame } from '../page/frame-watch.ts';

export interface Gap {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** As seen. */
  readonly rawMs: number;
  /** Without what the source is to blame for: while it sent less than usual, less could be shown. */
  readonly netMs: number;
}

/** When something of the source came to the server, and how much later the next usually comes. */
export interface SourceRhythm {
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly usualMs: number;
}

/** A picture is shown this long after it was sent, at most: where the blame for a pause is looked for. */
const playoutDelayMs = 500;

/**
 * The pauses between pictures longer than `thresholdMs`, longest first. The source is to blame for what its longest
 * silence of the time, in the worst of its rhythms, was longer than usual.
 */
export function findGaps(
  seen: readonly SeenFrame[],
  source: readonly SourceRhythm[],
  thresholdMs: number,
): Gap[] {
  const gaps: Gap[] = [];
  for (let i = 1; i < seen.length; i++) {
    // Pictures that were shown without the page being told are pictures.
    const pictures = Math.max(1, seen[i].presented - seen[i - 1].presented);
    const rawMs = (seen[i].at - seen[i - 1].at) / pictures;
    if (rawMs <= thresholdMs) continue;
    const [from, to] = [seen[i - 1].at, seen[i].at];
    const blames = source.map(
      ({ times, usualMs }) => longestSilence(times, from - playoutDelayMs, to) - usualMs,
    );
    gaps.push({ from, to, rawMs, netMs: rawMs - Math.max(0, ...blames) });
  }
  return gaps.sort((a, b) => b.netMs - a.netMs);
}

/** The longest time between two events that lies at least partly between `from` and `to`. */
export function longestSilence(times: readonly number[], from: number, to: number): number {
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    if (times[i] < from || times[i - 1] > to) continue;
    longest = Math.max(longest, times[i] - times[i - 1]);
  }
  return longest;
}

export interface PictureFaults {
  /** Whose number could not be read. */
  readonly unreadable: number;
  /** Older than the one before. */
  readonly backwards: number;
}

export function findFaults(seen: readonly SeenFrame[]): PictureFaults {
  let unreadable = 0;
  let backwards = 0;
  let last = -1;
  for (const { number } of seen) {
    if (number < 0) {
      unreadable++;
      continue;
    }
    const ahead = (number - last + markModulus) % markModulus;
    if (last >= 0 && ahead > markModulus / 2) backwards++;
    last = number;
  }
  return { unreadable, backwards };
}

/** The value below which a share of the values lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
