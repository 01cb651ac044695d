import type { SocketAddress } from './packet-io.ts';

/**
 * Reads the record of `inboxAddresses` at byte offset `at`, which is `index * addressStride`. IPv6 comes in the
 * canonical form of RFC 5952.
 */
export function readAddress(addresses: Uint8Array, at: number): SocketAddress {
  const port = (addresses[at + 2] << 8) | addresses[at + 3];
  if (addresses[at] === 4) {
    const address = `${addresses[at + 4]}.${addresses[at + 5]}.${addresses[at + 6]}.${addresses[at + 7]}`;
    return { family: 4, address, port };
  }
  return { family: 6, address: formatIpv6(addresses, at + 4), port };
}

/** That of an IP address as text, or of both in an `external/local` pair. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** 16 address bytes and the 4 of the scope id, which only a link-local address has. */
function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 8; i++) groups.push((bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1]);
  const [start, length] = longestZeroRun(groups);
  const text =
    length < 2
      ? joinHex(groups)
      : `${joinHex(groups.slice(0, start))}::${joinHex(groups.slice(start + length))}`;
  const scope =
    ((bytes[at + 16] << 24) | (bytes[at + 17] << 16) | (bytes[at + 18] << 8) | bytes[at + 19]) >>> 0;
  return scope === 0 ? text : `${text}%${scope}`;
}

function joinHex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best[1]) best = [start, length];
  }
  return best;
}
