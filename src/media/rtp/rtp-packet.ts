import { PacketLayers } from '../layers/packet-layers.ts';
import { ExtensionKind, extensionKindCount, unknownExtension } from './header-extension.ts';

/** Profile values of the two forms of header extension (RFC 8285 §4.2, §4.3). */
export const oneByteProfile = 0xbede;
export const twoByteProfile = 0x1000;

const fixedHeaderBytes = 12;

/**
 * One RTP packet (RFC 3550 §5.1), seen through offsets into the memory that holds it. One object is used for
 * packet after packet; nothing is allocated.
 *
 *      0                   1                   2                   3
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |                             SSRC                              |
 *     |                        CSRC × CC …                            |
 *     |      profile (X)              |     length in words           |
 */
export class RtpPacket {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the packet starts in `bytes`, and its length with header and padding. */
  start = 0;
  length = 0;
  /** The payload without padding. */
  payloadOffset = 0;
  payloadLength = 0;
  /** 0 or 1. */
  marker = 0;
  payloadType = 0;
  sequenceNumber = 0;
  /** Signed 32-bit, as is `ssrc`. */
  timestamp = 0;
  ssrc = 0;

  /** Bit mask by ExtensionKind of what readExtensions() found. */
  extensions = 0;
  /** By ExtensionKind, valid where the mask has its bit: where the data starts in `bytes`, and its length. */
  readonly extensionOffset = new Int32Array(extensionKindCount);
  readonly extensionLength = new Int32Array(extensionKindCount);
  #extensionStart = 0;
  #extensionEnd = 0;
  #extensionProfile = 0;

  // What receivers of the packet learn on its way; set by whoever knows it.
  /** Differs for each packet: a key for work that is shared between those who forward it. */
  serial = 0;
  /** The number of the packet in the ring. */
  number = 0;
  /** abs-send-time of now: 6.18 fixed-point seconds. */
  absSendTime = 0;
  /** Whether it arrived by RTX. */
  recovered = false;
  /** Its extended sequence number. */
  extended = 0;
  /** Whether it is the latest of its stream so far. */
  newest = false;
  /** Which run of sequence numbers it belongs to; changes with the stream, and when a stream restarts. */
  streamKey = 0;
  /** Index among its track's encodings. */
  encoding = 0;
  /**
   * 0 for the payload as it came. Where one block of a RED payload (RFC 2198) was put in its place: which, counted
   * from the end, the primary being 1.
   */
  redBlock = 0;
  /** Video: whether a decoder can start here. */
  startsKeyFrame = false;
  /** Video: the layers it belongs to. */
  readonly layers = new PacketLayers();

  /**
   * Reads the header at `start`. False for what is no RTP packet: too short, another version, CSRCs,
   * extension or padding beyond the end. Fields are undefined then.
   */
  parse(bytes: Uint8Array, start: number, length: number): boolean {
    if (length < fixedHeaderBytes) return false;
    const first = bytes[start];
    if (first >>> 6 !== 2) return false;
    let payload = start + fixedHeaderBytes + (first & 0x0f) * 4;
    let end = start + length;
    if (payload > end) return false;
    this.#extensionProfile = 0;
    if ((first & 0x10) !== 0) {
      if (payload + 4 > end) return false;
      const extensionEnd = payload + 4 + ((bytes[payload + 2] << 8) | bytes[payload + 3]) * 4;
      if (extensionEnd > end) return false;
      this.#extensionProfile = (bytes[payload] << 8) | bytes[payload + 1];
      this.#extensionStart = payload + 4;
      this.#extensionEnd = extensionEnd;
      payload = extensionEnd;
    }
    if ((first & 0x20) !== 0) {
      const padding = bytes[end - 1];
      if (padding === 0 || payload + padding > end) return false;
      end -= padding;
    }
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.payloadOffset = payload;
    this.payloadLength = end - payload;
    const second = bytes[start + 1];
    this.marker = second >>> 7;
    this.payloadType = second & 0x7f;
    this.sequenceNumber = (bytes[start + 2] << 8) | bytes[start + 3];
    this.timestamp = readInt32(bytes, start + 4);
    this.ssrc = readInt32(bytes, start + 8);
    this.extensions = 0;
    return true;
  }

  /**
   * Finds the known extensions (RFC 8285); `kinds` gives the ExtensionKind by id. An element that reaches
   * beyond the block ends the reading, what came before it counts.
   */
  readExtensions(kinds: Uint8Array): void {
    if (this.#extensionProfile === oneByteProfile) this.#readOneByte(kinds);
    else if ((this.#extensionProfile & 0xfff0) === twoByteProfile) this.#readTwoByte(kinds);
  }

  hasExtension(kind: number): boolean {
    return (this.extensions & (1 << kind)) !== 0;
  }

  /** The 16-bit number of transport-wide congestion control, or -1. */
  get transportSequence(): number {
    const kind = ExtensionKind.TransportWideCc;
    if (!this.hasExtension(kind) || this.extensionLength[kind] < 2) return -1;
    const at = this.extensionOffset[kind];
    return (this.bytes[at] << 8) | this.bytes[at + 1];
  }

  /** An extension that is text (MID, RID); '' where it is missing. Allocates: for unknown SSRCs only. */
  extensionText(kind: number): string {
    if (!this.hasExtension(kind)) return '';
    let text = '';
    const at = this.extensionOffset[kind];
    for (let i = 0; i < this.extensionLength[kind]; i++) text += String.fromCharCode(this.bytes[at + i]);
    return text;
  }

  /** Moves everything by `bytes`: for a header that was moved in memory. */
  moveBy(bytes: number): void {
    this.start += bytes;
    this.length -= bytes;
    for (let kind = 0; kind < extensionKindCount; kind++) this.extensionOffset[kind] += bytes;
    this.#extensionStart += bytes;
    this.#extensionEnd += bytes;
  }

  #readOneByte(kinds: Uint8Array): void {
    const bytes = this.bytes;
    const end = this.#extensionEnd;
    let at = this.#extensionStart;
    while (at < end) {
      const head = bytes[at++];
      const id = head >>> 4;
      if (id === 0) continue;
      if (id === 15) return;
      const length = (head & 0x0f) + 1;
      if (at + length > end) return;
      this.#found(kinds[id], at, length);
      at += length;
    }
  }

  #readTwoByte(kinds: Uint8Array): void {
    const bytes = this.bytes;
    const end = this.#extensionEnd;
    let at = this.#extensionStart;
    while (at < end) {
      const id = bytes[at++];
      if (id === 0) continue;
      if (at === end) return;
      const length = bytes[at++];
      if (at + length > end) return;
      this.#found(kinds[id], at, length);
      at += length;
    }
  }

  #found(kind: number, at: number, length: number): void {
    if (kind === unknownExtension) return;
    this.extensions |= 1 << kind;
    this.extensionOffset[kind] = at;
    this.extensionLength[kind] = length;
  }
}

/** A 32-bit field as a signed integer. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
