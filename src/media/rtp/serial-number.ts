/**
 * Serial number arithmetic (RFC 1982) for the numbers of RTP: the only place that knows where they wrap.
 *
 * 32-bit values (timestamps, SSRCs) are kept as signed integers, which V8 holds without boxing; `>>> 0` gives
 * the number people write down.
 */

/** How far the 16-bit sequence number `a` is ahead of `b`: -32768 … 32767. */
export function sequenceDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** The 16-bit sequence number of an extended one. */
export function toSequence(extended: number): number {
  return extended & 0xffff;
}

/** The extended number (RFC 3550 appendix A.1) of a sequence number, taken as the one nearest to `near`. */
export function extendSequence(sequence: number, near: number): number {
  return near + sequenceDelta(sequence, near);
}

/** Extended numbers start one cycle up, so that those just before the first are not negative. */
export function firstExtended(sequence: number): number {
  return 0x10000 + sequence;
}

/** How far the 32-bit timestamp `a` is ahead of `b`, in ticks: -2^31 … 2^31 - 1. */
export function timestampDelta(a: number, b: number): number {
  return (a - b) | 0;
}

/** `timestamp` moved by `ticks`, as a signed 32-bit integer. */
export function addTicks(timestamp: number, ticks: number): number {
  return (timestamp + ticks) | 0;
}

/** How many packets ago packet number `number` was received, `newest` being the latest (31-bit numbers). */
export function packetAge(newest: number, number: number): number {
  return (newest - number) & 0x7fffffff;
}
