import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { highestLayer, type LayerSelector } from './layer-selector.ts';

/**
 * Spatial and temporal layers by the VP9 payload descriptor (RFC 9628 §4.2).
 *
 * Up to a spatial layer at key pictures. Down to one at any picture, unless frames of it were skipped because no
 * higher layer needs them (Z, as in the *_KEY modes): then at a key picture too. Temporal layers go up after a
 * switching-up point (U), down at once. While the highest layer is not known (`highestLayer`) nothing is skipped.
 */
export class Vp9Selector implements LayerSelector {
  spatial = highestLayer;
  temporal = highestLayer;
  #targetSpatial = highestLayer;
  #targetTemporal = highestLayer;
  #timestamp = 0;
  /** Bit mask by spatial layer: those the receiver has had every frame of since the last key picture. */
  #complete = 0xff;

  get needsKeyFrame(): boolean {
    return this.#targetSpatial !== this.spatial && !this.#isComplete(this.#targetSpatial);
  }

  setTarget(spatial: number, temporal: number): void {
    this.#targetSpatial = spatial;
    this.#targetTemporal = temporal;
  }

  start(packet: RtpPacket): void {
    this.#timestamp = packet.timestamp;
    this.#startKeyPicture();
  }

  select(packet: RtpPacket): boolean {
    const { layers } = packet;
    if (layers.syntax !== KeyFrameSyntax.Vp9) return true;
    if (packet.newest && packet.timestamp !== this.#timestamp) this.#nextPicture(packet);
    if (layers.temporal > this.temporal) return false;
    const { spatial } = layers;
    if (
      spatial > this.spatial ||
      (layers.skippable && spatial < this.spatial && this.spatial < highestLayer)
    ) {
      this.#complete &= ~(1 << spatial);
      return false;
    }
    return true;
  }

  marker(packet: RtpPacket): number {
    const { layers } = packet;
    return packet.marker === 1 || (layers.endsFrame && layers.spatial === this.spatial) ? 1 : 0;
  }

  #nextPicture(packet: RtpPacket): void {
    this.#timestamp = packet.timestamp;
    const { vp9, temporal } = packet.layers;
    if (vp9.inKeyPicture) {
      this.#startKeyPicture();
      return;
    }
    if (this.#targetSpatial < this.spatial && this.#isComplete(this.#targetSpatial)) {
      this.spatial = this.#targetSpatial;
    }
    if (this.#targetTemporal <= this.temporal) this.temporal = this.#targetTemporal;
    else if (vp9.switchingUp && temporal <= this.temporal) this.temporal = this.#targetTemporal;
  }

  #startKeyPicture(): void {
    this.spatial = this.#targetSpatial;
    this.temporal = this.#targetTemporal;
    this.#complete = 0xff;
  }

  #isComplete(spatial: number): boolean {
    return spatial > 7 || (this.#complete & (1 << spatial)) !== 0;
  }
}
