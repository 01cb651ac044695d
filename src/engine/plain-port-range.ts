import { UserError } from '../errors.ts';
import type { PacketIo } from '../packet-io/packet-io.ts';
import { familyOf } from '../packet-io/socket-address.ts';
import type { PlainSockets } from '../webrtc/plain/plain-line.ts';
import { externalAddressesOf } from './local-candidates.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What the system says to a port it does not give, or an address it has no longer. */
const refusals: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE']);

/**
 * Sockets for lines without ICE: pairs of ports out of a range, RTP's even and RTCP's the next (RFC 3550 §11), each
 * used again as late as possible, so that what a former peer still sends meets nobody.
 */
export class PlainPortRange {
  readonly #io: PacketIo;
  readonly #addresses: readonly string[];
  readonly #announced: readonly string[];
  /** Even ports, in the order they are tried. */
  readonly #free: number[] = [];

  constructor(
    io: PacketIo,
    range: PortRange | null,
    addresses: readonly string[],
    announced: readonly string[],
  ) {
    this.#io = io;
    this.#addresses = addresses;
    this.#announced = announced;
    if (range === null) return;
    for (let port = range.first + (range.first % 2); port + 1 <= range.last; port += 2) this.#free.push(port);
  }

  /** Pairs that can be opened, as far as is known. */
  get freePairs(): number {
    return this.#free.length;
  }

  /** @throws UserError limit-ports */
  open(family: 4 | 6, towards: string | null): PlainSockets {
    const address = this.#localAddress(family, towards);
    if (address === null) throw new UserError('limit-ports', `There is no IPv${family} address for media.`);
    // Some other program may have a port of ours: then the next is tried, each once.
    for (let tries = this.#free.length; tries > 0; tries--) {
      const port = this.#free.shift()!;
      const sockets = this.#openPair(address, port);
      if (sockets !== null) return sockets;
      this.#free.push(port);
    }
    throw new UserError('limit-ports', 'All ports for connections without ICE are in use.');
  }

  #openPair(address: string, port: number): PlainSockets | null {
    const rtp = this.#tryOpen(address, port);
    if (rtp === null) return null;
    const rtcp = this.#tryOpen(address, port + 1);
    if (rtcp === null) {
      this.#io.closeSocket(rtp.socket);
      return null;
    }
    let rtcpOpen = true;
    const joinRtcp = (): void => {
      if (rtcpOpen) this.#io.closeSocket(rtcp.socket);
      rtcpOpen = false;
    };
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      joinRtcp();
      this.#io.closeSocket(rtp.socket);
      this.#free.push(port);
    };
    return { address: this.#shownAddress(address), rtp, rtcp, joinRtcp, close };
  }

  #tryOpen(address: string, port: number): { readonly socket: number; readonly port: number } | null {
    try {
      return this.#io.openSocket(address, port);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== undefined && refusals.has(code)) return null;
      throw error;
    }
  }

  /** Loopback for who is on this machine, else the first address others can reach. */
  #localAddress(family: 4 | 6, towards: string | null): string | null {
    const usable = this.#addresses.filter((address) => familyOf(address) === family);
    const local = towards !== null && isLoopback(towards);
    return usable.find((address) => isLoopback(address) === local) ?? usable[0] ?? null;
  }

  #shownAddress(address: string): string {
    if (isLoopback(address)) return address;
    return externalAddressesOf(address, this.#announced)[0] ?? address;
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
