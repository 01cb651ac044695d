import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { noRewrite } from '../codecs/payload-rewrite.ts';

/**
 * What one forwarder has sent lately, by outgoing sequence number: where the packet lies in the ring and how it
 * was sent. The bytes stay in the ring; an entry takes 20 bytes.
 *
 *     word 0   packet number in the ring
 *     word 1   outgoing timestamp
 *     word 2   when it was last sent, ms
 *     word 3   | epoch (8) | marker, payload type (8) | sequence number (16) |
 *     word 4   | times it was sent again (4) | can be left out (1) | start within the slot (11) | length (16) |
 *
 * Where anything but the RTP header was rewritten, a second table says how, of 12 bytes an entry: the payload
 * descriptor, the dependency descriptor, and the latter's mask.
 */
export class PacketHistory {
  // The entry last found by find().
  packetNumber = 0;
  timestamp = 0;
  payloadType = 0;
  marker = 0;
  start = 0;
  length = 0;
  /** How often it was sent again; and when it was last sent, as sinceSentMs() has it. */
  repeats = 0;
  /** Whether pictures that follow do without it. */
  dispensable = false;
  /** What the mapping of extensions and payload types was at the time. */
  epoch = 0;
  /** How it was rewritten: noRewrite each, and the mask of active decode targets. */
  rewrite = noRewrite;
  dependencyRewrite = noDependencyRewrite;
  activeTargets = 0;
  #at = 0;
  #newest = 0;

  readonly #entries: Int32Array;
  /** Empty until something was rewritten. */
  #rewrites = new Int32Array(0);
  readonly #mask: number;

  /** `packets` is a power of two. */
  constructor(packets: number) {
    this.#entries = new Int32Array(packets * stride);
    this.#mask = packets - 1;
    this.clear();
  }

  /** The number of the packet recorded last. */
  get newest(): number {
    return this.#newest;
  }

  /** Packets remembered. */
  get capacity(): number {
    return this.#mask + 1;
  }

  get bytes(): number {
    return this.#entries.byteLength + this.#rewrites.byteLength;
  }

  clear(): void {
    this.#entries.fill(0);
    // Length 0 marks an empty entry.
  }

  /** A packet is sent now. Takes the clock, so that no float is passed. */
  record(
    clock: { readonly nowMs: number },
    sequence: number,
    packetNumber: number,
    timestamp: number,
    payloadTypeAndMarker: number,
    epoch: number,
    dispensable: boolean,
    start: number,
    length: number,
  ): void {
    const at = (sequence & this.#mask) * stride;
    const entries = this.#entries;
    this.#newest = sequence;
    entries[at] = packetNumber;
    entries[at + 1] = timestamp;
    entries[at + 2] = clock.nowMs;
    entries[at + 3] = (epoch << 24) | (payloadTypeAndMarker << 16) | sequence;
    entries[at + 4] = (dispensable ? dispensableBit : 0) | (start << 16) | length;
    if (this.#rewrites.length > 0) this.recordRewrite(sequence, noRewrite, noDependencyRewrite, 0);
  }

  /** Remembers how the packet just recorded was rewritten. */
  recordRewrite(sequence: number, rewrite: number, dependencyRewrite: number, activeTargets: number): void {
    if (this.#rewrites.length === 0) {
      this.#rewrites = new Int32Array((this.#mask + 1) * rewriteStride);
      for (let at = 1; at < this.#rewrites.length; at += rewriteStride)
        this.#rewrites[at] = noDependencyRewrite;
    }
    const at = (sequence & this.#mask) * rewriteStride;
    this.#rewrites[at] = rewrite;
    this.#rewrites[at + 1] = dependencyRewrite;
    this.#rewrites[at + 2] = activeTargets;
  }

  /** Looks for a packet and shows it in the fields. */
  find(sequence: number): boolean {
    const at = (sequence & this.#mask) * stride;
    const entries = this.#entries;
    this.#at = at;
    const description = entries[at + 3];
    const place = entries[at + 4];
    if ((description & 0xffff) !== sequence || place === 0) return false;
    this.packetNumber = entries[at];
    this.timestamp = entries[at + 1];
    this.payloadType = (description >>> 16) & 0x7f;
    this.marker = (description >>> 23) & 1;
    this.epoch = description >>> 24;
    this.repeats = place >>> repeatsShift;
    this.dispensable = (place & dispensableBit) !== 0;
    this.start = (place >>> 16) & startMask;
    this.length = place & 0xffff;
    if (this.#rewrites.length > 0) {
      const row = (sequence & this.#mask) * rewriteStride;
      this.rewrite = this.#rewrites[row];
      this.dependencyRewrite = this.#rewrites[row + 1];
      this.activeTargets = this.#rewrites[row + 2];
    }
    return true;
  }

  /** How long ago the packet found was last sent, ms. */
  sinceSentMs(nowMs: number): number {
    return ((nowMs | 0) - this.#entries[this.#at + 2]) | 0;
  }

  /** The packet found is sent again now. */
  repeated(clock: { readonly nowMs: number }): void {
    this.#entries[this.#at + 2] = clock.nowMs;
    if (this.repeats < maxRepeats) this.#entries[this.#at + 4] += 1 << repeatsShift;
  }
}

const stride = 5;
const rewriteStride = 3;
const repeatsShift = 28;
const maxRepeats = 15;
const dispensableBit = 1 << 27;
const startMask = 0x7ff;
