import type { PacketIo, SocketAddress } from '../../packet-io/packet-io.ts';

/** A source that has been silent this long may be followed by another. */
export const sourceSilenceMs = 5000;

/**
 * Where the packets of one socket may come from. A peer without ICE sends from whatever port it likes, so the first
 * source is taken whose packet is authentic, or, unprotected, of a kind that was agreed; it stays until it falls
 * silent, whoever else sends. Only while there is none, anything is delivered to be looked at.
 */
export class SourceLatch {
  /** The source that is held; null while there is none. */
  source: SocketAddress | null = null;

  readonly #io: PacketIo;
  readonly #socket: number;
  #packets = 0;
  #heardMs = 0;

  constructor(io: PacketIo, socket: number) {
    this.#io = io;
    this.#socket = socket;
  }

  /** Takes the next source that comes. */
  open(): void {
    this.source = null;
    this.#io.acceptFrom(this.#socket, 'anything');
  }

  /** A packet of a source that is none yet, and may be: whether it is. */
  consider(from: SocketAddress, nowMs: number): boolean {
    // What came in one batch with the first packet has not been sorted out.
    if (this.source !== null) return isSame(this.source, from);
    this.source = from;
    this.#heardMs = nowMs;
    this.#io.acceptFrom(this.#socket, from);
    return true;
  }

  /** Looks whether the source is still heard; `packets` is how many came so far. */
  check(packets: number, nowMs: number): void {
    if (this.source === null) return;
    if (packets !== this.#packets) this.#heardMs = nowMs;
    else if (nowMs - this.#heardMs >= sourceSilenceMs) this.open();
    this.#packets = packets;
  }
}

export function isSame(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.address === b.address;
}
