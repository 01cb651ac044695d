/** Serial number arithmetic (RFC 1982) for SCTP: transmission and stream sequence numbers wrap only here. */

/** How far the 32-bit number `a` is ahead of `b`: -2^31 … 2^31 - 1. */
export function tsnDelta(a: number, b: number): number {
  return (a - b) | 0;
}

/** `tsn` moved by `steps`, as an unsigned 32-bit integer. */
export function addTsn(tsn: number, steps: number): number {
  return (tsn + steps) >>> 0;
}

/** How far the 16-bit stream sequence number `a` is ahead of `b`: -32768 … 32767. */
export function ssnDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

export function nextSsn(ssn: number): number {
  return (ssn + 1) & 0xffff;
}
