/**
 * Names one transmission of one packet in an integer, so that its forwarder can be told when feedback says that it got
 * lost:
 *
 *     | forwarder (12) | how often the packet had been sent before (4) | sequence number (16) |
 *
 * Forwarders are numbered from 1 within their transport.
 */
export function sentCopy(forwarder: number, repeats: number, sequence: number): number {
  return (forwarder << 20) | (repeats << 16) | sequence;
}

/** Of a packet nobody wants to hear of. */
export const noCopy = 0;
/** The highest number of a forwarder. */
export const maxForwarderNumber = 0xfff;

export function forwarderOf(copy: number): number {
  return copy >>> 20;
}

export function repeatsOf(copy: number): number {
  return (copy >>> 16) & 15;
}

export function sequenceOf(copy: number): number {
  return copy & 0xffff;
}
