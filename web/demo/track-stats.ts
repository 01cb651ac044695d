/** What getStats says about one line, reduced to what a tile shows. Pure: reports and an earlier sample in, sample out. */
import { formatBitrate, formatPercent } from '../shared/format.ts';

/** The fields of RTCStats entries read here; browsers leave out what they do not know. */
export interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly kind?: string;
  readonly mid?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly active?: boolean;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  readonly framesDecoded?: number;
  readonly jitter?: number;
}

export type Direction = 'inbound' | 'outbound';

/** Counters at one moment, and the rates since the moment before. */
export interface TrackSample {
  readonly direction: Direction;
  readonly mid: string;
  readonly timestampMs: number;
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  readonly framesDecoded: number;
  /** Bits per second; null until there are two samples. */
  readonly bitrate: number | null;
  /** Share of packets lost since the sample before, 0–1; null for what we send. */
  readonly lossShare: number | null;
}

export type Samples = ReadonlyMap<string, TrackSample>;

/** The key of a line in the result of sampleTracks. */
export function sampleKey(direction: Direction, mid: string): string {
  return `${direction} ${mid}`;
}

/** One sample per line and direction. Several SSRCs of a line (simulcast) are added up, the largest picture counts. */
export function sampleTracks(entries: Iterable<StatsEntry>, previous: Samples): Map<string, TrackSample> {
  const all = [...entries];
  const codecs = new Map(all.filter((entry) => entry.type === 'codec').map((entry) => [entry.id, entry]));
  const samples = new Map<string, TrackSample>();
  for (const entry of all) {
    const direction = directionOf(entry);
    if (direction === null || entry.mid === undefined) continue;
    const key = sampleKey(direction, entry.mid);
    const sample = read(entry, direction, entry.mid, codecs);
    const other = samples.get(key);
    samples.set(key, other === undefined ? sample : combine(other, sample));
  }
  for (const [key, sample] of samples) samples.set(key, withRates(sample, previous.get(key)));
  return samples;
}

/** `VP8 · 1.2 Mbit/s · 1280×720 · 30 fps`, with what is unknown left out. */
export function describeSample(sample: TrackSample): string {
  const parts: string[] = [];
  if (sample.codec !== null) parts.push(sample.codec);
  if (sample.bitrate !== null) parts.push(formatBitrate(sample.bitrate));
  if (sample.width !== null && sample.height !== null) parts.push(`${sample.width}×${sample.height}`);
  if (sample.framesPerSecond !== null) parts.push(`${Math.round(sample.framesPerSecond)} fps`);
  // Below one percent is everyday noise that says nothing to a viewer.
  if (sample.lossShare !== null && sample.lossShare >= 0.01)
    parts.push(`${formatPercent(sample.lossShare)} lost`);
  return parts.join(' · ');
}

function directionOf(entry: StatsEntry): Direction | null {
  if (entry.type === 'inbound-rtp') return 'inbound';
  if (entry.type === 'outbound-rtp' && entry.active !== false) return 'outbound';
  return null;
}

function read(
  entry: StatsEntry,
  direction: Direction,
  mid: string,
  codecs: ReadonlyMap<string, StatsEntry>,
): TrackSample {
  const mimeType = entry.codecId === undefined ? undefined : codecs.get(entry.codecId)?.mimeType;
  return {
    direction,
    mid,
    timestampMs: entry.timestamp,
    bytes: (direction === 'inbound' ? entry.bytesReceived : entry.bytesSent) ?? 0,
    packets: entry.packetsReceived ?? 0,
    lost: entry.packetsLost ?? 0,
    codec: mimeType?.split('/')[1] ?? null,
    // Zero means "no picture yet" in some browsers.
    width: entry.frameWidth || null,
    height: entry.frameHeight || null,
    framesPerSecond: entry.framesPerSecond ?? null,
    framesDecoded: entry.framesDecoded ?? 0,
    bitrate: null,
    lossShare: null,
  };
}

function combine(a: TrackSample, b: TrackSample): TrackSample {
  const large = (a.width ?? 0) >= (b.width ?? 0) ? a : b;
  return {
    ...large,
    codec: a.codec ?? b.codec,
    bytes: a.bytes + b.bytes,
    packets: a.packets + b.packets,
    lost: a.lost + b.lost,
    framesDecoded: a.framesDecoded + b.framesDecoded,
  };
}

function withRates(sample: TrackSample, before: TrackSample | undefined): TrackSample {
  if (before === undefined) return sample;
  const seconds = (sample.timestampMs - before.timestampMs) / 1000;
  const bytes = sample.bytes - before.bytes;
  // A counter that ran backwards belongs to a new stream on the same line.
  if (seconds <= 0 || bytes < 0) return sample;
  const packets = sample.packets - before.packets;
  const lost = Math.max(0, sample.lost - before.lost);
  const expected = packets + lost;
  return {
    ...sample,
    bitrate: (bytes * 8) / seconds,
    lossShare: sample.direction === 'outbound' ? null : expected > 0 ? lost / expected : 0,
  };
}
