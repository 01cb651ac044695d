/** Numbers and times as people read them. Pure; every function takes what it needs. */

/** Bits per second in the largest unit that keeps at least one digit before the point: `850 kbit/s`, `1.4 Mbit/s`. */
export function formatBitrate(bitsPerSecond: number | null | undefined): string {
  if (bitsPerSecond === null || bitsPerSecond === undefined || !Number.isFinite(bitsPerSecond)) return '–';
  // From 999.5 kbit/s on, rounding would show "1000 kbit/s".
  if (bitsPerSecond >= 999_500) return `${trim(bitsPerSecond / 1_000_000)} Mbit/s`;
  if (bitsPerSecond >= 1000) return `${Math.round(bitsPerSecond / 1000)} kbit/s`;
  return `${Math.round(bitsPerSecond)} bit/s`;
}

/** A count with a short suffix from ten thousand on: `9 421`, `12.4 k`, `3.1 M`. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return '–';
  if (count >= 999_500) return `${trim(count / 1_000_000)} M`;
  if (count >= 10_000) return `${trim(count / 1000)} k`;
  return groupThousands(Math.round(count));
}

/** A share of 0–1 as percent; small but real losses never read as zero. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** Milliseconds with one decimal below ten: `2.4 ms`, `37 ms`. */
export function formatMilliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  return `${ms < 10 ? trim(ms) : Math.round(ms)} ms`;
}

/** A quality score of 1–5 with one decimal. */
export function formatScore(score: number | null | undefined): string {
  return score === null || score === undefined || !Number.isFinite(score) ? '–' : score.toFixed(1);
}

/** An audio level: `−32 dB`, and silence by its name. */
export function formatLevel(dBov: number | null | undefined): string {
  if (dBov === null || dBov === undefined || !Number.isFinite(dBov)) return '–';
  return dBov <= -127 ? 'silent' : `${dBov < 0 ? '−' : ''}${Math.abs(Math.round(dBov))} dB`;
}

/** A span in seconds with its two largest units: `8 s`, `3 min 20 s`, `2 h 5 min`, `4 d 1 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return pair(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return pair(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

/** Up to two letters that stand for a name: `Ada Lovelace` → `AL`. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) =>
    word === undefined ? '' : ([...word][0] ?? ''),
  );
  return letters.join('').toLocaleUpperCase() || '?';
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trim(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
}

function groupThousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
