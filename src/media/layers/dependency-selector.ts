import type { DependencyDescriptor } from '../codecs/dependency-descriptor.ts';
import {
  DecodeTargetIndication,
  type DependencyStructure,
  decodeTargetOf,
} from '../codecs/dependency-structure.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { highestLayer, type LayerSelector } from './layer-selector.ts';
import { LimitHistory } from './limit-history.ts';

/** Chain differences have at most 8 bits, so no older frame is asked for. */
const rememberedFrames = 256;
const maxChains = 32;
const intact = -1;
const broken = -2;

/**
 * Layers of any codec by the dependency descriptor (AV1 RTP payload format, appendix A): forwards the frames that
 * one decode target needs. Changes to another at a frame marked as its switching point, if every frame of the chain
 * that protects it was forwarded; or at once if the receiver gets all its frames anyway.
 */
export class DependencySelector implements LayerSelector {
  /** The decode target forwarded; -1 before the first. */
  decodeTarget = -1;
  switches = 0;
  #structure: DependencyStructure | null = null;
  #targetSpatial = highestLayer;
  #targetTemporal = highestLayer;
  #timestamp = 0;
  /** What was decided for the frame the last packets belong to. */
  #frameNumber = -1;
  #forwards = false;
  /** Frame numbers that were forwarded, + 1, by their lowest bits. */
  readonly #forwarded = new Int32Array(rememberedFrames);
  /** By chain: `intact`, `broken`, or the number of the one frame that was not forwarded but may be late. */
  readonly #missing = new Int32Array(maxChains);
  #active = -1;
  /** Decode targets, by picture. */
  readonly #history = new LimitHistory();

  get spatial(): number {
    return this.#structure === null ? 0 : this.#structure.targetSpatial[this.decodeTarget];
  }

  get temporal(): number {
    return this.#structure === null ? 0 : this.#structure.targetTemporal[this.decodeTarget];
  }

  get needsKeyFrame(): boolean {
    const structure = this.#structure;
    if (structure === null) return false;
    const wanted = this.#wanted(structure);
    if (wanted === this.decodeTarget) return false;
    return structure.targetSpatial[wanted] !== this.spatial && this.#includedLike(structure, wanted) < 0;
  }

  setTarget(spatial: number, temporal: number): void {
    this.#targetSpatial = spatial;
    this.#targetTemporal = temporal;
  }

  start(packet: RtpPacket): void {
    this.#structure = null;
    this.#history.clear();
    this.#forwarded.fill(0);
    this.#timestamp = packet.timestamp;
    this.#frameNumber = -1;
  }

  select(packet: RtpPacket): boolean {
    const { dependencies } = packet.layers;
    // A packet without a descriptor goes where the one before went.
    if (dependencies === null) return this.#forwards && packet.payloadLength > 0;
    const { frameNumber } = dependencies;
    if (!packet.newest) return this.#selectLate(packet, dependencies);
    if (frameNumber !== this.#frameNumber) {
      this.#frameNumber = frameNumber;
      this.#forwards = this.#decide(packet, dependencies);
      if (this.#forwards) this.#forwarded[frameNumber % rememberedFrames] = frameNumber + 1;
    }
    return this.#forwards;
  }

  marker(packet: RtpPacket): number {
    const { layers } = packet;
    const structure = this.#structure;
    if (packet.marker === 1 || structure === null || !layers.endsFrame) return packet.marker;
    const late = !packet.newest && this.#history.find(packet.timestamp);
    const decodeTarget = late ? this.#history.spatial : this.decodeTarget;
    const highest = structure.targetSpatial[decodeTarget];
    // Where the encoder has left out the highest, the picture ends with one below.
    return layers.spatial === highest || (layers.spatial < highest && layers.followedBy > highest) ? 1 : 0;
  }

  /** Bit mask of the decode targets a receiver can still choose from, for its descriptors. */
  activeTargets(dependencies: DependencyDescriptor): number {
    const { decodeTargetCount } = dependencies.structure!;
    const all = decodeTargetCount === 32 ? -1 : (1 << decodeTargetCount) - 1;
    const structure = this.#structure;
    if (structure === null || dependencies.structure !== structure) return all;
    return dependencies.active & structure.includes[this.decodeTarget] & all;
  }

  #decide(packet: RtpPacket, dependencies: DependencyDescriptor): boolean {
    const structure = dependencies.structure!;
    const former = this.#structure === null ? -1 : this.spatial;
    if (structure !== this.#structure || dependencies.structureAttached) {
      // Without its key frame nothing of a new structure can be decoded.
      if (!dependencies.structureAttached) return false;
      this.#structure = structure;
      this.#active = dependencies.active;
      this.#timestamp = packet.timestamp;
      this.decodeTarget = this.#wanted(structure);
      this.#noteChains(structure, dependencies);
    } else {
      this.#active = dependencies.active;
      this.#noteChains(structure, dependencies);
      const startsPicture = packet.timestamp !== this.#timestamp;
      this.#timestamp = packet.timestamp;
      this.#changeTarget(structure, dependencies, startsPicture);
    }
    if (former >= 0 && this.spatial !== former) this.switches++;
    this.#history.record(packet.timestamp, this.decodeTarget, 0);
    return dependencies.indication(this.decodeTarget) !== DecodeTargetIndication.NotPresent;
  }

  /** A late packet goes where the others of its picture went. */
  #selectLate(packet: RtpPacket, dependencies: DependencyDescriptor): boolean {
    const { frameNumber, structure } = dependencies;
    if (frameNumber === this.#frameNumber) return this.#forwards;
    if (structure !== this.#structure || !this.#history.find(packet.timestamp)) return false;
    const needed = dependencies.indication(this.#history.spatial) !== DecodeTargetIndication.NotPresent;
    if (needed) this.#noteLate(frameNumber);
    return needed;
  }

  /** The spatial layer changes between pictures only; temporal layers at any frame of it that permits. */
  #changeTarget(
    structure: DependencyStructure,
    dependencies: DependencyDescriptor,
    startsPicture: boolean,
  ): void {
    let wanted = this.#wanted(structure);
    if (wanted === this.decodeTarget) return;
    if (startsPicture && this.#reaches(structure, dependencies, wanted)) {
      this.decodeTarget = wanted;
      return;
    }
    const included = startsPicture ? this.#includedLike(structure, wanted) : -1;
    if (included >= 0) {
      // The receiver has had the smaller picture all along, if not so many of them: more of them come when they can.
      this.decodeTarget = included;
      return;
    }
    // While the spatial layer is out of reach, its temporal layers are not.
    if (structure.targetSpatial[wanted] !== this.spatial) {
      wanted = decodeTargetOf(structure, this.#active, this.spatial, this.#targetTemporal);
      if (wanted < 0 || structure.targetSpatial[wanted] !== this.spatial) return;
    }
    if (this.#reaches(structure, dependencies, wanted)) this.decodeTarget = wanted;
  }

  /** Whether a decode target can be had from this frame on: it must be decodable itself, and so be one of those sent. */
  #reaches(structure: DependencyStructure, dependencies: DependencyDescriptor, target: number): boolean {
    if (this.#includes(target)) return true;
    if (dependencies.indication(target) !== DecodeTargetIndication.Switch) return false;
    if (dependencies.indication(this.decodeTarget) === DecodeTargetIndication.NotPresent) return false;
    return structure.chainCount === 0
      ? structure.targetSpatial[target] === this.spatial
      : this.#missing[structure.protectedBy[target]] === intact;
  }

  /** The best decode target of the same spatial layer as `target` all of whose frames the receiver gets; -1 for none. */
  #includedLike(structure: DependencyStructure, target: number): number {
    const spatial = structure.targetSpatial[target];
    const included = this.#active & structure.includes[this.decodeTarget];
    const best = decodeTargetOf(structure, included, spatial, structure.targetTemporal[target]);
    return best >= 0 && structure.targetSpatial[best] === spatial ? best : -1;
  }

  #includes(target: number): boolean {
    return (this.#structure!.includes[this.decodeTarget] & (1 << target)) !== 0;
  }

  #noteChains(structure: DependencyStructure, dependencies: DependencyDescriptor): void {
    for (let chain = 0; chain < structure.chainCount; chain++) {
      const diff = dependencies.chainDiff(chain);
      if (diff === 0) this.#missing[chain] = intact;
      else {
        const frameNumber = (dependencies.frameNumber - diff) & 0xffff;
        if (this.#forwarded[frameNumber % rememberedFrames] === frameNumber + 1) continue;
        const missing = this.#missing[chain];
        if (missing !== frameNumber) this.#missing[chain] = missing === intact ? frameNumber : broken;
      }
    }
  }

  #noteLate(frameNumber: number): void {
    this.#forwarded[frameNumber % rememberedFrames] = frameNumber + 1;
    for (let chain = 0; chain < maxChains; chain++) {
      if (this.#missing[chain] === frameNumber) this.#missing[chain] = intact;
    }
  }

  /** The decode target that fits what is wanted best; where nothing is that low, the lowest there is. */
  #wanted(structure: DependencyStructure): number {
    const target = decodeTargetOf(structure, this.#active, this.#targetSpatial, this.#targetTemporal);
    if (target >= 0) return target;
    const lowest = decodeTargetOf(structure, this.#active, 0, 0);
    return lowest >= 0 ? lowest : Math.max(0, this.decodeTarget);
  }
}
