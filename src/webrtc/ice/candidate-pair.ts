/** The candidate pairs of one ICE session, all learnt from authenticated requests (RFC 8445 7.3.1.3). */
import type { SocketAddress } from '../../packet-io/packet-io.ts';

/** A local socket and a remote address that an authenticated request came from. */
export interface CandidatePair {
  readonly socket: number;
  readonly remote: SocketAddress;
  /** PRIORITY of its latest check: the peer's preference for its own candidate; 0 where it sent none. */
  priority: number;
  /** When its latest authenticated check came, in engine ms. */
  lastCheckAt: number;
}

/**
 * Pairs kept per session. The addon accepts media from the selected address and 8 more, and a browser rarely has
 * more than 6 usable candidates towards one server address.
 */
export const maxPairs = 8;

export function isSamePath(pair: CandidatePair, socket: number, remote: SocketAddress): boolean {
  return pair.socket === socket && pair.remote.port === remote.port && pair.remote.address === remote.address;
}

/** Adds a pair; where the table is full, the pair longest without a check makes room, unless it is `keep`. */
export function addPair(pairs: CandidatePair[], pair: CandidatePair, keep: CandidatePair | null): void {
  if (pairs.length >= maxPairs) {
    let oldest = -1;
    for (let index = 0; index < pairs.length; index++) {
      if (pairs[index] === keep) continue;
      if (oldest < 0 || pairs[index].lastCheckAt < pairs[oldest].lastCheckAt) oldest = index;
    }
    pairs.splice(oldest, 1);
  }
  pairs.push(pair);
}
