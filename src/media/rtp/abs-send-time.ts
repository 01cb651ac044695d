import type { MediaClock } from '../media-context.ts';

/** Fixed-point 6.18 seconds, 24 bits, wrapping every 64 s (http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time). */
const unitsPerMs = 2 ** 18 / 1000;

/** abs-send-time of now. Takes the clock, not its time, so that no float is passed for every packet. */
export function absSendTimeAt(clock: MediaClock): number {
  return Math.floor((clock.nowMs % 64_000) * unitsPerMs) & 0xffffff;
}
