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

  #entries: Int32Array;
  /** Empty until something was rewritten. */
  #rewrites = new Int32Array(0);
  #mask: number;
  readonly #maxPackets: number;
  readonly #keptTicks: number;

  /**
   * Begins with room for `packets`, and doubles it up to `maxPackets` (powers of two) for as long as what it would
   * forget is younger than `keptTicks` of the RTP timestamp: most streams are slow, and there are many.
   */
  constructor(packets: number, maxPackets = packets, keptTicks = 0) {
    this.#entries = new Int32Array(packets * stride);
    this.#mask = packets - 1;
    this.#maxPackets = maxPackets;
    this.#keptTicks = keptTicks;
  }

  /** What writeHistoryEntry() is to write to; another array once record() has made more room. */
  get entries(): Int32Array {
    return this.#entries;
  }

  /** Whether it is remembered how packets were rewritten: record() has to be told of those that were not, too. */
  get remembersRewrites(): boolean {
    return this.#rewrites.length > 0;
  }

  /** Packets up to `sequence` have been written by writeHistoryEntry(). */
  passed(sequence: number): void {
    this.#newest = sequence;
  }

  /** The number of the packet recorded last. */
  get newest(): number {
    return this.#newest;
  }

  /** What is younger than so many ticks makes room instead of being forgotten; negative where there is enough. */
  get keptTicks(): number {
    return this.#mask + 1 < this.#maxPackets ? this.#keptTicks : roomEnough;
  }

  /** Packets remembered. */
  get capacity(): number {
    return this.#mask + 1;
  }

  get bytes(): number {
    return this.#entries.byteLength + this.#rewrites.byteLength;
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
    if (forgetsYounger(this.#entries, sequence & this.#mask, timestamp, this.keptTicks)) this.#grow();
    const description = (epoch << 24) | (payloadTypeAndMarker << 16) | sequence;
    const at = sequence & this.#mask;
    writeHistoryEntry(
      this.#entries,
      at,
      packetNumber,
      timestamp,
      clock,
      description,
      dispensable,
      start,
      length,
    );
    this.#newest = sequence;
    if (this.#rewrites.length > 0) this.recordRewrite(sequence, noRewrite, noDependencyRewrite, 0);
  }

  /** Remembers how the packet just recorded was rewritten. */
  recordRewrite(sequence: number, rewrite: number, dependencyRewrite: number, activeTargets: number): void {
    if (this.#rewrites.length === 0) this.#rewrites = emptyRewrites(this.#mask + 1);
    const at = (sequence & this.#mask) * rewriteStride;
    this.#rewrites[at] = rewrite;
    this.#rewrites[at + 1] = dependencyRewrite;
    this.#rewrites[at + 2] = activeTargets;
  }

  #grow(): void {
    const entries = this.#entries;
    const rewrites = this.#rewrites;
    const packets = this.#mask + 1;
    this.#mask = 2 * packets - 1;
    this.#entries = new Int32Array(2 * packets * stride);
    if (rewrites.length > 0) this.#rewrites = emptyRewrites(2 * packets);
    for (let index = 0; index < packets; index++) {
      const from = index * stride;
      const to = entries[from + 3] & this.#mask;
      this.#entries.set(entries.subarray(from, from + stride), to * stride);
      if (rewrites.length === 0) continue;
      const row = index * rewriteStride;
      this.#rewrites.set(rewrites.subarray(row, row + rewriteStride), to * rewriteStride);
    }
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

/** Whether entry `index` of a history is of a packet that is not `keptTicks` older than one with `timestamp`. */
export function forgetsYounger(
  entries: Int32Array,
  index: number,
  timestamp: number,
  keptTicks: number,
): boolean {
  const at = index * stride;
  return entries[at + 4] !== 0 && ((timestamp - entries[at + 1]) | 0) < keptTicks;
}

/**
 * Writes entry `index`, of a packet that is sent now and out of which nothing was rewritten. `description` is word 3.
 * Takes the clock, so that no float is passed.
 */
export function writeHistoryEntry(
  entries: Int32Array,
  index: number,
  packetNumber: number,
  timestamp: number,
  clock: { readonly nowMs: number },
  description: number,
  dispensable: boolean,
  start: number,
  length: number,
): void {
  const at = index * stride;
  entries[at] = packetNumber;
  entries[at + 1] = timestamp;
  entries[at + 2] = clock.nowMs;
  entries[at + 3] = description;
  entries[at + 4] = (dispensable ? dispensableBit : 0) | (start << 16) | length;
}

function emptyRewrites(packets: number): Int32Array<ArrayBuffer> {
  const rewrites = new Int32Array(packets * rewriteStride);
  for (let at = 1; at < rewrites.length; at += rewriteStride) rewrites[at] = noDependencyRewrite;
  return rewrites;
}

// An entry of length 0 is empty.
const stride = 5;
const rewriteStride = 3;
/** No two timestamps are further apart. */
const roomEnough = -(2 ** 31);
const repeatsShift = 28;
const maxRepeats = 15;
const dispensableBit = 1 << 27;
const startMask = 0x7ff;
