/** The candidates told to every client: where media is received, as clients see it. */
import { familyOf } from '../packet-io/socket-address.ts';
import { formatHostCandidate, formatServerReflexiveCandidate } from '../webrtc/ice/candidate.ts';

/** As what announced addresses are told: host in place of the local ones, srflx (server-reflexive) beside them. */
export type AnnouncedAs = 'host' | 'srflx';

export interface BoundAddress {
  readonly socket: number;
  readonly address: string;
  readonly port: number;
}

export interface LocalCandidate {
  /** That it leads to. */
  readonly socket: number;
  /** `candidate:…` */
  readonly candidate: string;
}

/** More announced addresses of one local one would share its priorities with the next. */
const prioritiesPerAddress = 4;

/**
 * @param announced addresses for all local ones of their family, or `external/local` pairs
 * @returns each candidate once
 */
export function localCandidates(
  bound: readonly BoundAddress[],
  announced: readonly string[],
  announcedAs: AnnouncedAs,
): LocalCandidate[] {
  const candidates = bound.flatMap(({ socket, address, port }, boundIndex) => {
    const external = externalAddressesOf(address, announced);
    const index = (position: number): number => boundIndex * prioritiesPerAddress + position;
    const host = (shown: string, position: number): LocalCandidate => ({
      socket,
      candidate: formatHostCandidate({ address: shown, port, index: index(position) }),
    });
    if (external.length === 0) return [host(address, 0)];
    if (announcedAs === 'host') return external.map(host);
    return [
      host(address, 0),
      ...external.map((shown, position) => ({
        socket,
        candidate: formatServerReflexiveCandidate({
          address: shown,
          port,
          base: address,
          index: index(position),
        }),
      })),
    ];
  });
  return candidates.filter(
    ({ candidate }, index, all) => all.findIndex((other) => other.candidate === candidate) === index,
  );
}

/** What is announced for a local address: pairs that name it; else all that stand alone and are of its family. */
export function externalAddressesOf(local: string, announced: readonly string[]): readonly string[] {
  const pairs = announced.map((text) => text.split('/'));
  const paired = pairs.filter(([, base]) => base === local);
  const chosen = paired.length > 0 ? paired : pairs.filter((pair) => pair.length === 1);
  return chosen.map(([external]) => external).filter((external) => familyOf(external) === familyOf(local));
}
