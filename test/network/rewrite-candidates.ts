/** Puts a relay between two peers by giving its address for the server's in what the server tells its client. */

export interface CandidateAddress {
  /** Left out of `from`: any address. */
  readonly address?: string;
  readonly port: number;
}

/**
 * The text with every UDP candidate at `from` moved to `to`. Takes a whole SDP, one candidate, or any text (JSON)
 * that holds candidates. Candidates elsewhere stay: a server that has any can be reached around the relay.
 */
export function rewriteCandidates(
  sdpOrCandidate: string,
  from: CandidateAddress,
  to: { readonly address: string; readonly port: number },
): string {
  return sdpOrCandidate.replaceAll(
    /(candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( typ )/gi,
    (whole, head: string, address: string, port: string, tail: string) => {
      if (Number(port) !== from.port || (from.address !== undefined && from.address !== address))
        return whole;
      return `${head}${to.address} ${to.port}${tail}`;
    },
  );
}
