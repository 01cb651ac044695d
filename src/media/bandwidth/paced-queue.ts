import { batchSize } from '../../packet-io/layout.ts';
import { packetAge } from '../rtp/serial-number.ts';
import { noCopy } from './sent-copy.ts';

/** Longest prefix that is kept: a header with the usual extensions, a dependency descriptor with its structure, and a MID. */
export const maxPacedPrefixBytes = 176;
const stride = 6;

/**
 * Packets waiting for their turn: the prefix is copied, the body stays in the packet ring and is checked to be still
 * there when it is taken.
 *
 *     word 0   | prefix bytes (8) | offset of abs-send-time (8) | offset of the transport-wide number (8) |
 *     word 1   body offset in the arena
 *     word 2   body length
 *     word 3   packet number in the ring
 *     word 4   when it was queued, ms
 *     word 5   its name (sentCopy())
 */
export class PacedQueue {
  // The packet last shown by peek().
  prefixLength = 0;
  /** Within the prefix; 0 where it has none. */
  sequenceOffset = 0;
  absSendTimeOffset = 0;
  bodyOffset = 0;
  bodyLength = 0;
  packetNumber = 0;
  copy = noCopy;
  /** Of all that wait, prefixes included. */
  bytes = 0;
  length = 0;

  readonly #entries: Int32Array;
  readonly #prefixes: Uint8Array;
  readonly #mask: number;
  #head = 0;

  /** For so many packets at most, a power of two. */
  constructor(packets: number) {
    this.#entries = new Int32Array(packets * stride);
    this.#prefixes = new Uint8Array(packets * maxPacedPrefixBytes);
    this.#mask = packets - 1;
  }

  get full(): boolean {
    return this.length > this.#mask;
  }

  get memoryBytes(): number {
    return this.#entries.byteLength + this.#prefixes.byteLength;
  }

  /** Adds a packet whose prefix was written at `at`. There must be room. */
  push(
    clock: { readonly nowMs: number },
    prefixes: Uint8Array,
    at: number,
    prefixLength: number,
    sequenceOffset: number,
    absSendTimeOffset: number,
    bodyOffset: number,
    bodyLength: number,
    packetNumber: number,
    copy: number,
  ): void {
    const slot = (this.#head + this.length) & this.#mask;
    const entry = slot * stride;
    const entries = this.#entries;
    entries[entry] = (prefixLength << 16) | (absSendTimeOffset << 8) | sequenceOffset;
    entries[entry + 1] = bodyOffset;
    entries[entry + 2] = bodyLength;
    entries[entry + 3] = packetNumber;
    entries[entry + 4] = clock.nowMs;
    entries[entry + 5] = copy;
    const to = slot * maxPacedPrefixBytes;
    for (let i = 0; i < prefixLength; i++) this.#prefixes[to + i] = prefixes[at + i];
    this.length++;
    this.bytes += prefixLength + bodyLength;
  }

  /** Shows the first packet in the fields. There must be one. */
  peek(): void {
    const entry = this.#head * stride;
    const entries = this.#entries;
    const word = entries[entry];
    this.prefixLength = word >>> 16;
    this.absSendTimeOffset = (word >>> 8) & 0xff;
    this.sequenceOffset = word & 0xff;
    this.bodyOffset = entries[entry + 1];
    this.bodyLength = entries[entry + 2];
    this.packetNumber = entries[entry + 3];
    this.copy = entries[entry + 5];
  }

  /** Copies the prefix of the packet shown to `at`. */
  copyPrefix(prefixes: Uint8Array, at: number): void {
    const from = this.#head * maxPacedPrefixBytes;
    for (let i = 0; i < this.prefixLength; i++) prefixes[at + i] = this.#prefixes[from + i];
  }

  /** Whether the body of the packet shown is still in the ring. */
  stillThere(newest: number, slotCount: number): boolean {
    return this.bodyLength === 0 || packetAge(newest, this.packetNumber) < slotCount - batchSize;
  }

  /** How long the first packet has waited, ms. There must be one. */
  waitedMs(nowMs: number): number {
    return ((nowMs | 0) - this.#entries[this.#head * stride + 4]) | 0;
  }

  /** Takes the packet shown out. */
  shift(): void {
    this.#head = (this.#head + 1) & this.#mask;
    this.length--;
    this.bytes -= this.prefixLength + this.bodyLength;
  }

  clear(): void {
    this.#head = 0;
    this.length = 0;
    this.bytes = 0;
  }
}
