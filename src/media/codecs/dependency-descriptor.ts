import { BitReader, BitWriter } from '../rtp/bit-reader.ts';
import {
  DecodeTargetIndication,
  type DependencyStructure,
  parseDependencyStructure,
  skipDependencyStructure,
} from './dependency-structure.ts';

/** Every packet's part: S, E, template id, frame number. */
const mandatoryBytes = 3;
/** It and the five flags of the extended part: where a structure would start. */
const structureAtBit = 29;
const maxDecodeTargets = 32;

/** Most bytes rewriteDependencyDescriptor() adds: flags and a mask of 32 bits. */
export const dependencyDescriptorGrowth = 5;

const reader = new BitReader();
const writer = new BitWriter();

/**
 * The dependency descriptors of one stream, one after the other (AV1 RTP payload format, appendix A). Keeps the
 * template structure the latest key frame came with, and the one before for packets that are late.
 *
 *     |S|E| template id |     frame number      |
 *     |T|A|D|F|C|  structure (T)  | active decode targets (A) | custom DTIs (D), fdiffs (F), chains (C)
 */
export class DependencyDescriptor {
  // Of the packet last read.
  startOfFrame = false;
  endOfFrame = false;
  frameNumber = 0;
  spatial = 0;
  temporal = 0;
  /** The structure its frame belongs to. */
  structure: DependencyStructure | null = null;
  /** Whether the structure was in this packet: the first of a key frame. */
  structureAttached = false;
  /** Bit mask of the decode targets the sender produces now, and whether this packet says so. */
  active = -1;
  activeAttached = false;

  #current: DependencyStructure | null = null;
  #former: DependencyStructure | null = null;
  /** The current structure as it was written, from `structureAtBit` on, and where it came. */
  #raw = new Uint8Array(0);
  #rawBits = 0;
  #currentSince = -1;
  #currentActive = -1;
  #template = 0;
  #customIndications = false;
  #customChains = false;
  readonly #indications = new Uint8Array(maxDecodeTargets);
  readonly #chainDiffs = new Uint8Array(maxDecodeTargets);

  /**
   * Reads one; `extended` is the packet's extended sequence number.
   * @returns false where it is malformed or its structure is unknown
   */
  read(bytes: Uint8Array, at: number, length: number, extended: number): boolean {
    if (length < mandatoryBytes) return false;
    reader.start(bytes, at, length);
    this.startOfFrame = reader.flag();
    this.endOfFrame = reader.flag();
    const templateId = reader.read(6);
    this.frameNumber = reader.read(16);
    this.structureAttached = false;
    this.#customIndications = false;
    this.#customChains = false;
    this.activeAttached = false;
    let customDiffs = false;
    if (length > mandatoryBytes) {
      this.structureAttached = reader.flag();
      this.activeAttached = reader.flag();
      this.#customIndications = reader.flag();
      customDiffs = reader.flag();
      this.#customChains = reader.flag();
      if (this.structureAttached && !this.#readStructure(bytes, at, length, extended)) return false;
    }
    const structure = this.#structureOf(templateId, extended);
    this.structure = structure;
    if (structure === null) return false;
    this.#template = templateOf(structure, templateId);
    if (this.activeAttached) {
      const active = reader.read(structure.decodeTargetCount);
      if (structure === this.#current && extended >= this.#currentSince) this.#currentActive = active;
    }
    this.active = structure === this.#current ? this.#currentActive : -1;
    this.spatial = structure.spatial[this.#template];
    this.temporal = structure.temporal[this.#template];
    if (this.#customIndications) {
      for (let i = 0; i < structure.decodeTargetCount; i++) this.#indications[i] = reader.read(2);
    }
    if (customDiffs) {
      for (let size = reader.read(2); size > 0; size = reader.read(2)) reader.skip(4 * size);
    }
    if (this.#customChains) {
      for (let i = 0; i < structure.chainCount; i++) this.#chainDiffs[i] = reader.read(8);
    }
    return !reader.failed;
  }

  /** What the frame is to a decode target: one of DecodeTargetIndication. */
  indication(target: number): number {
    if (this.#customIndications) return this.#indications[target];
    const structure = this.structure!;
    return structure.indications[this.#template * structure.decodeTargetCount + target];
  }

  /** How many frames ago the chain had its last frame; 0 for none. */
  chainDiff(chain: number): number {
    if (this.#customChains) return this.#chainDiffs[chain];
    const structure = this.structure!;
    return structure.chainDiffs[this.#template * structure.chainCount + chain];
  }

  /** Whether no decode target of a higher spatial layer needs the frame: the highest can do without it. */
  get skippable(): boolean {
    const { targetSpatial, decodeTargetCount } = this.structure!;
    let higher = false;
    for (let target = 0; target < decodeTargetCount; target++) {
      if (targetSpatial[target] <= this.spatial || (this.active & (1 << target)) === 0) continue;
      if (this.indication(target) !== DecodeTargetIndication.NotPresent) return false;
      higher = true;
    }
    return higher;
  }

  /** The spatial layer of the frame with the descriptor at `at`, if it has the structure of the frame last read; else -1. */
  spatialOf(bytes: Uint8Array, at: number): number {
    const { structure } = this;
    const templateId = bytes[at] & 63;
    if (structure === null || !hasTemplate(structure, templateId)) return -1;
    return structure.spatial[templateOf(structure, templateId)];
  }

  /** The stream has started anew: nothing is known of it. */
  forget(): void {
    this.#current = null;
    this.#former = null;
    this.#currentSince = -1;
    this.#rawBits = 0;
  }

  #readStructure(bytes: Uint8Array, at: number, length: number, extended: number): boolean {
    const count = skipDependencyStructure(reader);
    if (count < 0) return false;
    const endBit = reader.position;
    if (extended < this.#currentSince) return true;
    if (!this.#isCurrent(bytes, at, endBit)) {
      reader.start(bytes, at, length);
      reader.skip(structureAtBit);
      const structure = parseDependencyStructure(reader);
      if (structure === null) return false;
      this.#former = this.#current;
      this.#current = structure;
      this.#raw = bytes.slice(at, at + ((endBit + 7) >>> 3));
      this.#rawBits = endBit;
    }
    this.#currentSince = extended;
    this.#currentActive = count === 32 ? -1 : (1 << count) - 1;
    return true;
  }

  /** Whether a structure that ends at `endBit` is written as the current one was. */
  #isCurrent(bytes: Uint8Array, at: number, endBit: number): boolean {
    if (this.#current === null || endBit !== this.#rawBits) return false;
    const first = structureAtBit >>> 3;
    const last = (endBit - 1) >>> 3;
    for (let i = first; i <= last; i++) {
      let mask = 0xff;
      if (i === first) mask &= 0xff >>> (structureAtBit & 7);
      if (i === last) mask &= 0xff << (7 - ((endBit - 1) & 7));
      if (((bytes[at + i] ^ this.#raw[i]) & mask) !== 0) return false;
    }
    return true;
  }

  #structureOf(templateId: number, extended: number): DependencyStructure | null {
    const current = this.#current;
    if (current === null) return null;
    const late = extended < this.#currentSince;
    const former = this.#former;
    if (late && former !== null && hasTemplate(former, templateId)) return former;
    return hasTemplate(current, templateId) ? current : null;
  }
}

function hasTemplate(structure: DependencyStructure, templateId: number): boolean {
  return templateOf(structure, templateId) < structure.templateCount;
}

function templateOf(structure: DependencyStructure, templateId: number): number {
  return (templateId - structure.templateIdOffset) & 63;
}

/**
 * How a descriptor is rewritten, in one integer, so that it can be remembered: noDependencyRewrite, or
 *
 *     | – | decode targets - 1 (5) | with a mask (1) | frame number (16) |
 */
export function dependencyRewrite(frameNumber: number, withMask: boolean, decodeTargets: number): number {
  return frameNumber | (withMask ? 1 << 16 : 0) | ((decodeTargets - 1) << 17);
}

/** The descriptor goes out as it is. */
export const noDependencyRewrite = -1;

/** Whether a rewrite changes the length of a descriptor. */
export function rewritesActiveTargets(rewrite: number): boolean {
  return (rewrite & (1 << 16)) !== 0;
}

/**
 * Writes the descriptor of `length` bytes at `from` to `to`, with the frame number of `rewrite` and, if it says so,
 * `mask` as the active decode targets.
 * @returns the end of what was written: at most `dependencyDescriptorGrowth` bytes further than it was long
 */
export function rewriteDependencyDescriptor(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  to: number,
  rewrite: number,
  mask: number,
): number {
  if (!rewritesActiveTargets(rewrite)) {
    for (let i = 0; i < length; i++) bytes[to + i] = source[from + i];
    bytes[to + 1] = rewrite >>> 8;
    bytes[to + 2] = rewrite;
    return to + length;
  }
  const decodeTargets = ((rewrite >>> 17) & 31) + 1;
  reader.start(source, from, length);
  writer.start(bytes, to);
  writer.write(reader.read(8), 8);
  reader.skip(16);
  writer.write(rewrite, 16);
  if (length === mandatoryBytes) {
    writer.write(0b01000, 5);
    writer.write(mask, decodeTargets);
    return to + writer.length;
  }
  const structureAttached = reader.read(1);
  const activePresent = reader.flag();
  writer.write(structureAttached, 1);
  writer.write(1, 1);
  writer.write(reader.read(3), 3);
  if (structureAttached === 1) {
    skipDependencyStructure(reader);
    const end = reader.position;
    reader.start(source, from, length);
    reader.skip(structureAtBit);
    copyBits(end - structureAtBit);
  }
  if (activePresent) reader.skip(decodeTargets);
  writer.write(mask, decodeTargets);
  copyBits(length * 8 - reader.position);
  return to + writer.length;
}

function copyBits(bits: number): void {
  for (let left = bits; left > 0; left -= 16) {
    const count = Math.min(16, left);
    writer.write(reader.read(count), count);
  }
}
