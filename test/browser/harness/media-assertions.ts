import type { Page } from 'puppeteer-core';
import type { InboundMedia, OutboundMedia } from '../page/media-report.ts';
import { smallPicture } from '../page/media-source.ts';

/** The media a page should receive: exactly so many lines of each kind, all of them alive. */
export interface ExpectedMedia {
  readonly videos: number;
  readonly audios: number;
  readonly width?: number;
  readonly height?: number;
  /** Codecs every line of the kind must have; undefined accepts any. */
  readonly videoCodec?: string;
  readonly audioCodec?: string;
}

// Enough to exclude a single lucky frame, few enough to see in well under a second.
const framesToGrow = 5;
const audioPacketsToGrow = 20;
const pollIntervalMs = 100;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Polls until the probe yields a value; the message of the failure is the last thing the probe complained about. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<{ value: T } | { pending: unknown }> | { value: T } | { pending: unknown },
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if ('value' in result) return result.value;
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(result.pending)}`);
    }
    await sleep(pollIntervalMs);
  }
}

export const inbound = (page: Page): Promise<InboundMedia[]> => page.evaluate(() => toolkit.inboundMedia());
export const outbound = (page: Page): Promise<OutboundMedia[]> =>
  page.evaluate(() => toolkit.outboundMedia());

const keyOf = (media: InboundMedia) => `${media.connection}/${media.mid}/${media.ssrc}`;

function complaintAbout(
  media: InboundMedia,
  before: InboundMedia | undefined,
  expected: ExpectedMedia,
): string | null {
  const { kind, codec, framesDecoded, packetsReceived, frameWidth, frameHeight, totalAudioEnergy } = media;
  if (before === undefined) return 'new';
  if (kind === 'video') {
    const width = expected.width ?? smallPicture.width;
    const height = expected.height ?? smallPicture.height;
    if (framesDecoded - before.framesDecoded < framesToGrow) {
      return `decoded ${framesDecoded} frames, ${before.framesDecoded} before, from ${packetsReceived} packets`;
    }
    if (frameWidth !== width || frameHeight !== height) return `picture of ${frameWidth}x${frameHeight}`;
    if (expected.videoCodec !== undefined && codec !== expected.videoCodec) return `codec ${codec}`;
    return null;
  }
  if (
    packetsReceived - before.packetsReceived < audioPacketsToGrow ||
    media.bytesReceived <= before.bytesReceived
  ) {
    return `received ${packetsReceived} packets, ${before.packetsReceived} before`;
  }
  if (media.totalSamplesReceived <= before.totalSamplesReceived) return 'no samples';
  if (totalAudioEnergy <= 0) return 'silence';
  if (expected.audioCodec !== undefined && codec !== expected.audioCodec) return `codec ${codec}`;
  return null;
}

/**
 * Waits until the page receives exactly the expected number of lines and every one of them is alive: pictures of
 * the right size decode, audio arrives and is not silent. Growth counts from the call on, so the same
 * check proves that media goes on after a disturbance.
 */
export async function receives(
  page: Page,
  expected: ExpectedMedia,
  timeoutMs = 20_000,
): Promise<InboundMedia[]> {
  const first = new Map<string, InboundMedia>();
  return await eventually(`receives ${JSON.stringify(expected)}`, timeoutMs, async () => {
    const now = await inbound(page);
    const complaints: string[] = [];
    for (const media of now) {
      const complaint = complaintAbout(media, first.get(keyOf(media)), expected);
      if (!first.has(keyOf(media))) first.set(keyOf(media), media);
      if (complaint !== null)
        complaints.push(`${media.kind} mid ${media.mid} ssrc ${media.ssrc}: ${complaint}`);
    }
    const videos = now.filter((media) => media.kind === 'video').length;
    const audios = now.length - videos;
    if (videos !== expected.videos) complaints.push(`${videos} videos`);
    if (audios !== expected.audios) complaints.push(`${audios} audios`);
    return complaints.length === 0 ? { value: now } : { pending: complaints };
  });
}

/** Frames decoded by each receiving video line, to compare across a disturbance. */
export async function framesDecoded(page: Page): Promise<number> {
  let total = 0;
  for (const media of await inbound(page)) total += media.framesDecoded;
  return total;
}
