import type { DependencyDescriptor } from '../codecs/dependency-descriptor.ts';
import { detectKeyFrame, KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import { KeyFrame } from '../codecs/key-frame.ts';
import type { DescriptorNumbers } from '../codecs/payload-rewrite.ts';
import { Vp8Descriptor } from '../codecs/vp8.ts';
import { Vp9Descriptor } from '../codecs/vp9.ts';

/**
 * What one packet of video says of the layers it belongs to. Read once per packet, however many receivers it has;
 * one object is used for packet after packet.
 */
export class PacketLayers {
  /** The KeyFrameSyntax of which a payload descriptor was read: Vp8 or Vp9, else None. */
  syntax: number = KeyFrameSyntax.None;
  readonly vp8 = new Vp8Descriptor();
  readonly vp9 = new Vp9Descriptor();
  /** The packet's dependency descriptor, where it has one and its structure is known. */
  dependencies: DependencyDescriptor | null = null;
  /** Within the encoding; 0 where there are none. */
  spatial = 0;
  temporal = 0;
  /** Whether the frame ends here. */
  endsFrame = false;
  /** Where the frame ends and another of the same picture is next: the spatial layer of that; -1 while unknown. */
  followedBy = -1;
  /** Whether receivers of a higher spatial layer can do without the frame. */
  skippable = false;
  /** How many spatial layers come from here on, where a key frame tells; 0 elsewhere. */
  spatialLayers = 0;
  /**
   * Whether they depend on each other and are told apart by the dependency descriptor only; said together with
   * `spatialLayers`.
   */
  needsDescriptor = false;
  /** Of the highest spatial layer, where told; 0 elsewhere. */
  width = 0;
  height = 0;

  /**
   * Reads a payload; `marker` is that of the RTP header.
   * @returns one of KeyFrame: whether a key frame starts in it
   */
  read(syntax: number, bytes: Uint8Array, at: number, length: number, marker = 0): number {
    this.syntax = KeyFrameSyntax.None;
    this.dependencies = null;
    this.spatial = 0;
    this.temporal = 0;
    this.endsFrame = marker === 1;
    this.followedBy = -1;
    this.skippable = false;
    this.spatialLayers = 0;
    this.needsDescriptor = false;
    this.width = 0;
    this.height = 0;
    if (length === 0) return KeyFrame.None;
    switch (syntax) {
      case KeyFrameSyntax.Vp8:
        return this.#readVp8(bytes, at, length);
      case KeyFrameSyntax.Vp9:
        return this.#readVp9(bytes, at, length);
      default:
        return detectKeyFrame(syntax, bytes, at, length);
    }
  }

  /**
   * Takes what a dependency descriptor, just read, says; it knows better than the payload.
   * @returns one of KeyFrame
   */
  readDependencies(descriptor: DependencyDescriptor): number {
    this.dependencies = descriptor;
    this.spatial = descriptor.spatial;
    this.temporal = descriptor.temporal;
    this.endsFrame = descriptor.endOfFrame;
    this.skippable = descriptor.skippable;
    if (!descriptor.structureAttached || !descriptor.startOfFrame) return KeyFrame.None;
    const { widths, heights, targetSpatial, decodeTargetCount } = descriptor.structure!;
    this.spatialLayers = 1;
    for (let target = 0; target < decodeTargetCount; target++) {
      const active = (descriptor.active & (1 << target)) !== 0;
      if (active && targetSpatial[target] >= this.spatialLayers)
        this.spatialLayers = targetSpatial[target] + 1;
    }
    // VP8 and VP9 tell in their payload descriptors too. Of independent layers, each is a picture by itself.
    this.needsDescriptor = this.spatialLayers > 1 && this.syntax === KeyFrameSyntax.None && !this.skippable;
    if (widths.length > 0) {
      this.width = widths[this.spatialLayers - 1];
      this.height = heights[this.spatialLayers - 1];
    }
    return KeyFrame.Start;
  }

  /** Keeps the numbers of the payload descriptor read. */
  noteNumbers(numbers: DescriptorNumbers): void {
    numbers.syntax = this.syntax;
    if (this.syntax === KeyFrameSyntax.Vp8) {
      numbers.pictureId = this.vp8.pictureId;
      numbers.tl0PictureIndex = this.vp8.tl0PictureIndex;
      numbers.keyIndex = this.vp8.keyIndex;
    } else if (this.syntax === KeyFrameSyntax.Vp9) {
      numbers.pictureId = this.vp9.pictureId;
      numbers.tl0PictureIndex = this.vp9.tl0PictureIndex;
    }
  }

  #readVp8(bytes: Uint8Array, at: number, length: number): number {
    const { vp8 } = this;
    if (!vp8.parse(bytes, at, length)) return KeyFrame.None;
    this.syntax = KeyFrameSyntax.Vp8;
    if (vp8.temporalLayer > 0) this.temporal = vp8.temporalLayer;
    if (!vp8.keyFrame) return KeyFrame.None;
    this.width = vp8.width;
    this.height = vp8.height;
    return KeyFrame.Start;
  }

  #readVp9(bytes: Uint8Array, at: number, length: number): number {
    const { vp9 } = this;
    if (!vp9.parse(bytes, at, length)) return KeyFrame.None;
    this.syntax = KeyFrameSyntax.Vp9;
    if (vp9.spatialLayer > 0) this.spatial = vp9.spatialLayer;
    if (vp9.temporalLayer > 0) this.temporal = vp9.temporalLayer;
    this.endsFrame = vp9.endOfFrame;
    this.skippable = vp9.notReferencedAbove;
    this.spatialLayers = vp9.spatialLayers;
    this.width = vp9.width;
    this.height = vp9.height;
    return vp9.startOfFrame && vp9.inKeyPicture ? KeyFrame.Start : KeyFrame.None;
  }
}
