import {
  type DependencyDescriptor,
  dependencyRewrite,
  noDependencyRewrite,
} from './dependency-descriptor.ts';

/**
 * Keeps the dependency descriptors of one receiver's stream right: frame numbers go on over a change of the encoding
 * (within one they stay, holes included: differences count from them), and the active decode targets are those
 * the receiver still gets all frames of. Decides only; rewriteDependencyDescriptor() makes bytes of it.
 */
export class DependencyRewriter {
  /** How the descriptor of the packet last given to next() is rewritten, and its mask if it gets one. */
  rewrite = noDependencyRewrite;
  activeTargets = 0;

  /** The newest of the source. */
  #newest = -1;
  #offset = 0;
  /** What the receiver has been told, and in the packets of which frame. */
  #announced = -1;
  #announcedIn = -1;

  /** Another stream begins: its numbers go on after the last. */
  splice(descriptor: DependencyDescriptor): void {
    if (this.#newest < 0) return;
    this.#offset = (this.#offset + this.#newest + 1 - descriptor.frameNumber) & 0xffff;
    this.#newest = descriptor.frameNumber;
    this.#announcedIn = -1;
  }

  /** Decides on a packet that is forwarded; `activeTargets` is what the receiver can decode from now on. */
  next(descriptor: DependencyDescriptor, activeTargets: number, newest: boolean): void {
    const { frameNumber } = descriptor;
    let withMask = false;
    if (newest) {
      this.#newest = frameNumber;
      if (descriptor.structureAttached) {
        // A structure alone says that all its decode targets are active.
        this.#announced = descriptor.active;
      }
      if (activeTargets !== this.#announced) this.#announcedIn = frameNumber;
      this.#announced = activeTargets;
      withMask = descriptor.activeAttached && activeTargets !== descriptor.active;
    }
    if (this.#announcedIn === frameNumber) withMask = true;
    if (!withMask && this.#offset === 0) {
      this.rewrite = noDependencyRewrite;
      return;
    }
    this.activeTargets = this.#announced;
    this.rewrite = dependencyRewrite(
      (frameNumber + this.#offset) & 0xffff,
      withMask,
      descriptor.structure!.decodeTargetCount,
    );
  }
}
