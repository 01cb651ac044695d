import {
  dependencyDescriptorGrowth,
  noDependencyRewrite,
  rewriteDependencyDescriptor,
  rewritesActiveTargets,
} from '../codecs/dependency-descriptor.ts';
import type { RtpHeaderExtension } from '../rtp-parameters.ts';
import { ExtensionKind, extensionKindCount, extensionKindOf } from './header-extension.ts';
import { oneByteProfile, type RtpPacket, twoByteProfile, writeUint16, writeUint24 } from './rtp-packet.ts';

/**
 * Extensions of the publisher that receivers get as they are, with their own ids. The dependency descriptor, which
 * may be rewritten for one receiver, is not among them: it follows these.
 */
const copiedKinds: readonly number[] = [
  ExtensionKind.AudioLevel,
  ExtensionKind.VideoOrientation,
  ExtensionKind.PlayoutDelay,
  ExtensionKind.AbsCaptureTime,
  ExtensionKind.VideoContentType,
];

/** Bit mask by ExtensionKind of what is translated for receivers: packets that have none of these are written alike. */
export const translatedExtensions = [...copiedKinds, ExtensionKind.DependencyDescriptor].reduce(
  (mask, kind) => mask | (1 << kind),
  0,
);

/** Profile and length, before the elements. */
const blockHeadBytes = 4;

/** What the one-byte form can say (RFC 8285 §4.2). */
const oneByteMaxId = 14;
const oneByteMaxLength = 16;

/** Longest block kept for sharing: all copied extensions, the dependency descriptor at its longest. */
const maxBlockBytes = 512;
/** A descriptor that would not fit its length field if it grew is left as it is. */
const maxRewrittenBytes = 255 - dependencyDescriptorGrowth;

/**
 * Writes header extensions with a receiver's ids. Receivers with equal ids share one mapping, and a mapping
 * translates a packet once however many receivers it has: only the dependency descriptor, the MID and a delay that is
 * asked for may differ, and they come last.
 */
export class ExtensionMapping {
  /** Names the ids; equal keys mean equal mappings. */
  readonly key: string;
  /** How many forwarders use it. */
  users = 0;
  // Within the block last written, from its start: where the transport-wide number is to be put, and where
  // abs-send-time is, for who sends it later; 0 where there is none.
  sequenceOffset = 0;
  absSendTimeOffset = 0;

  readonly #ids: Uint8Array;
  readonly #midId: number;
  readonly #absSendTimeId: number;
  readonly #transportWideId: number;
  readonly #descriptorId: number;
  readonly #playoutDelayId: number;
  readonly #copyMask: number;
  readonly #alwaysTwoByte: boolean;
  /** Whether it never writes anything. */
  readonly empty: boolean;

  readonly #block = new Uint8Array(maxBlockBytes);
  #blockLength = 0;
  /** Where the dependency descriptor's element starts in the block; its length where there is none. */
  #descriptorAt = 0;
  #blockSerial = -1;
  #twoByte = false;

  constructor(extensions: readonly RtpHeaderExtension[], longMid: boolean) {
    const ids = idsByKind(extensions);
    this.key = mappingKey(extensions, longMid);
    this.#ids = ids;
    this.#midId = ids[ExtensionKind.Mid];
    this.#absSendTimeId = ids[ExtensionKind.AbsSendTime];
    this.#transportWideId = ids[ExtensionKind.TransportWideCc];
    this.#descriptorId = ids[ExtensionKind.DependencyDescriptor];
    this.#playoutDelayId = ids[ExtensionKind.PlayoutDelay];
    this.#copyMask = copiedKinds.reduce((mask, kind) => (ids[kind] > 0 ? mask | (1 << kind) : mask), 0);
    this.empty = ids.every((id) => id === 0);
    this.#alwaysTwoByte = longMid || ids.some((id) => id > oneByteMaxId);
  }

  /**
   * Writes the extension block of an outgoing packet at `at`, with `mid` unless it is empty, and with the dependency
   * descriptor changed as `rewrite` says. `playoutDelay` is asked for (its three bytes; 0 for none) unless the publisher
   * asks for one.
   * @returns its end; `at` where there is nothing to write
   */
  write(
    bytes: Uint8Array,
    at: number,
    packet: RtpPacket,
    mid: Uint8Array,
    rewrite: number = noDependencyRewrite,
    activeTargets = 0,
    playoutDelay = 0,
  ): number {
    if (this.#blockSerial !== packet.serial) this.#translate(packet);
    let length = this.#blockLength;
    const withMid = this.#midId > 0 && mid.length > 0;
    const withDelay =
      playoutDelay !== 0 && this.#playoutDelayId > 0 && !packet.hasExtension(ExtensionKind.PlayoutDelay);
    if (length === 0 && !withMid && !withDelay) return at;
    const rewritten = rewrite !== noDependencyRewrite && this.#descriptorAt < length;
    if (rewritten) length = this.#descriptorAt;
    const block = this.#block;
    let end = at + blockHeadBytes;
    for (let i = 0; i < length; i++) bytes[end++] = block[i];
    if (rewritten) end = this.#rewriteDescriptor(bytes, end, packet, rewrite, activeTargets);
    if (withMid) end = this.#writeMid(bytes, end, mid);
    if (withDelay) {
      end = this.#writeHead(bytes, end, this.#playoutDelayId, 3);
      writeUint24(bytes, end, playoutDelay);
      end += 3;
    }
    while (((end - at) & 3) !== 0) bytes[end++] = 0;
    writeUint16(bytes, at, this.#twoByte ? twoByteProfile : oneByteProfile);
    writeUint16(bytes, at + 2, (end - at - blockHeadBytes) >>> 2);
    return end;
  }

  #translate(packet: RtpPacket): void {
    this.#blockSerial = packet.serial;
    const found = packet.extensions & this.#copyMask;
    const withDescriptor = this.#descriptorId > 0 && packet.hasExtension(ExtensionKind.DependencyDescriptor);
    this.#twoByte = this.#alwaysTwoByte || (found !== 0 && this.#needsTwoByte(packet, found));
    if (withDescriptor && needsRoom(packet.extensionLength[ExtensionKind.DependencyDescriptor])) {
      this.#twoByte = true;
    }
    let end = 0;
    if (this.#absSendTimeId > 0) {
      end = this.#writeHead(this.#block, end, this.#absSendTimeId, 3);
      this.absSendTimeOffset = blockHeadBytes + end;
      writeUint24(this.#block, end, packet.absSendTime);
      end += 3;
    }
    if (this.#transportWideId > 0) {
      end = this.#writeHead(this.#block, end, this.#transportWideId, 2);
      this.sequenceOffset = blockHeadBytes + end;
      end += 2;
    }
    if (found !== 0) {
      for (let kind = 0; kind < extensionKindCount; kind++) {
        if ((found & (1 << kind)) !== 0) end = this.#copy(packet, kind, end);
      }
    }
    this.#descriptorAt = end;
    if (withDescriptor) end = this.#copy(packet, ExtensionKind.DependencyDescriptor, end);
    this.#blockLength = end;
  }

  #needsTwoByte(packet: RtpPacket, found: number): boolean {
    for (let kind = 0; kind < extensionKindCount; kind++) {
      if ((found & (1 << kind)) === 0) continue;
      const length = packet.extensionLength[kind];
      if (length === 0 || length > oneByteMaxLength) return true;
    }
    return false;
  }

  #copy(packet: RtpPacket, kind: number, at: number): number {
    const length = packet.extensionLength[kind];
    if (at + 2 + length > maxBlockBytes) return at;
    const block = this.#block;
    const from = packet.extensionOffset[kind];
    const { bytes } = packet;
    let end = this.#writeHead(block, at, this.#ids[kind], length);
    for (let i = 0; i < length; i++) block[end++] = bytes[from + i];
    return end;
  }

  #rewriteDescriptor(
    bytes: Uint8Array,
    at: number,
    packet: RtpPacket,
    rewrite: number,
    activeTargets: number,
  ): number {
    const from = packet.extensionOffset[ExtensionKind.DependencyDescriptor];
    const length = packet.extensionLength[ExtensionKind.DependencyDescriptor];
    const data = at + (this.#twoByte ? 2 : 1);
    // Too long to grow: its frame number is changed at least.
    const change = length > maxRewrittenBytes && rewritesActiveTargets(rewrite) ? rewrite & 0xffff : rewrite;
    const end = rewriteDependencyDescriptor(packet.bytes, from, length, bytes, data, change, activeTargets);
    this.#writeHead(bytes, at, this.#descriptorId, end - data);
    return end;
  }

  #writeMid(bytes: Uint8Array, at: number, mid: Uint8Array): number {
    let end = this.#writeHead(bytes, at, this.#midId, mid.length);
    for (let i = 0; i < mid.length; i++) bytes[end++] = mid[i];
    return end;
  }

  #writeHead(bytes: Uint8Array, at: number, id: number, length: number): number {
    if (this.#twoByte) {
      bytes[at] = id;
      bytes[at + 1] = length;
      return at + 2;
    }
    bytes[at] = (id << 4) | (length - 1);
    return at + 1;
  }
}

/**
 * Whether a dependency descriptor of this length needs the two-byte form, should it be rewritten: one that consists
 * of its mandatory part only still fits then.
 */
function needsRoom(length: number): boolean {
  return length === 0 || (length > 3 && length + dependencyDescriptorGrowth > oneByteMaxLength);
}

/** Hands out one mapping for all receivers with the same ids. */
export class ExtensionMappings {
  readonly #mappings = new Map<string, ExtensionMapping>();

  /** Pair with release(). */
  acquire(extensions: readonly RtpHeaderExtension[], midBytes: number): ExtensionMapping {
    const longMid = midBytes > oneByteMaxLength;
    const key = mappingKey(extensions, longMid);
    let mapping = this.#mappings.get(key);
    if (mapping === undefined) {
      mapping = new ExtensionMapping(extensions, longMid);
      this.#mappings.set(key, mapping);
    }
    mapping.users++;
    return mapping;
  }

  release(mapping: ExtensionMapping): void {
    if (--mapping.users === 0) this.#mappings.delete(mapping.key);
  }

  /** Mappings in use. */
  get size(): number {
    return this.#mappings.size;
  }
}

/** By the list they were made of; connections have lists in common. */
const madeIds = new WeakMap<readonly RtpHeaderExtension[], Uint8Array>();

function idsByKind(extensions: readonly RtpHeaderExtension[]): Uint8Array {
  let ids = madeIds.get(extensions);
  if (ids === undefined) {
    ids = makeIds(extensions);
    madeIds.set(extensions, ids);
  }
  return ids;
}

function makeIds(extensions: readonly RtpHeaderExtension[]): Uint8Array {
  const ids = new Uint8Array(extensionKindCount);
  for (const { uri, id } of extensions) {
    const kind = extensionKindOf(uri);
    if (kind >= 0 && id >= 1 && id <= 255) ids[kind] = id;
  }
  return ids;
}

function mappingKey(extensions: readonly RtpHeaderExtension[], longMid: boolean): string {
  return `${idsByKind(extensions).join(',')}${longMid ? ',long' : ''}`;
}
