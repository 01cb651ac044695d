import { sends } from './direction.ts';
import type { Transceiver } from './transceiver.ts';

/**
 * Gives the transceivers that are to send their SSRCs, once and for all, unlike any other of the connection in
 * either direction (RFC 3550 §8.2).
 */
export function allocateSources(
  senders: readonly Transceiver[],
  all: readonly Transceiver[],
  randomUint32: () => number,
): void {
  let used: Set<number> | null = null;
  for (const transceiver of senders) {
    if (transceiver.ssrc >= 0 || !sends(transceiver.direction)) continue;
    used ??= usedSources(all);
    transceiver.ssrc = unusedSource(used, randomUint32);
    if (transceiver.kind === 'video') transceiver.rtxSsrc = unusedSource(used, randomUint32);
  }
}

function usedSources(transceivers: readonly Transceiver[]): Set<number> {
  const used = new Set<number>();
  for (const { ssrc, rtxSsrc, receive } of transceivers) {
    used.add(ssrc).add(rtxSsrc);
    for (const encoding of receive?.encodings ?? []) used.add(encoding.ssrc).add(encoding.rtxSsrc);
  }
  return used;
}

function unusedSource(used: Set<number>, randomUint32: () => number): number {
  let ssrc = randomUint32();
  // 0 is legal but has been mistaken for "none" by several stacks.
  while (ssrc === 0 || used.has(ssrc)) ssrc = randomUint32();
  used.add(ssrc);
  return ssrc;
}
