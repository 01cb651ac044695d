import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { highestLayer, type LayerSelector } from './layer-selector.ts';
import { LimitHistory } from './limit-history.ts';
import type { PacketLayers } from './packet-layers.ts';

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
  readonly #history = new LimitHistory();
  /** The highest spatial layer that has come. */
  #highestSeen = 0;
  switches = 0;

  get needsKeyFrame(): boolean {
    return this.#targetSpatial !== this.spatial && !this.#isComplete(this.#targetSpatial);
  }

  setTarget(spatial: number, temporal: number): void {
    this.#targetSpatial = spatial;
    this.#targetTemporal = temporal;
  }

  start(packet: RtpPacket): void {
    this.#timestamp = packet.timestamp;
    this.#history.clear();
    this.#startKeyPicture(packet);
  }

  select(packet: RtpPacket): boolean {
    const { layers } = packet;
    if (layers.syntax !== KeyFrameSyntax.Vp9) return true;
    if (!packet.newest) return this.#selectLate(packet);
    if (packet.timestamp !== this.#timestamp) this.#nextPicture(packet);
    if (layers.spatial > this.#highestSeen) this.#highestSeen = layers.spatial;
    if (layers.temporal > this.temporal) return false;
    if (fits(layers, this.spatial)) return true;
    this.#complete &= ~(1 << layers.spatial);
    return false;
  }

  marker(packet: RtpPacket): number {
    const { layers } = packet;
    if (packet.marker === 1) return 1;
    // Of a late packet, `select` has looked up the limits.
    const spatial = packet.newest ? this.spatial : this.#history.spatial;
    return layers.endsFrame && layers.spatial === spatial ? 1 : 0;
  }

  #selectLate({ timestamp, layers }: RtpPacket): boolean {
    const history = this.#history;
    return history.find(timestamp) && layers.temporal <= history.temporal && fits(layers, history.spatial);
  }

  #nextPicture(packet: RtpPacket): void {
    this.#timestamp = packet.timestamp;
    const { vp9, temporal } = packet.layers;
    if (vp9.inKeyPicture) {
      this.#startKeyPicture(packet);
      return;
    }
    if (this.#targetSpatial < this.spatial && this.#isComplete(this.#targetSpatial)) {
      this.#setSpatial(this.#targetSpatial);
    }
    if (this.#targetTemporal <= this.temporal) this.temporal = this.#targetTemporal;
    else if (vp9.switchingUp && temporal <= this.temporal) this.temporal = this.#targetTemporal;
    this.#history.record(packet.timestamp, this.spatial, this.temporal);
  }

  #startKeyPicture({ timestamp }: RtpPacket): void {
    this.#setSpatial(this.#targetSpatial);
    this.temporal = this.#targetTemporal;
    this.#complete = 0xff;
    this.#history.record(timestamp, this.spatial, this.temporal);
  }

  #setSpatial(spatial: number): void {
    if (Math.min(spatial, this.#highestSeen) !== Math.min(this.spatial, this.#highestSeen)) this.switches++;
    this.spatial = spatial;
  }

  #isComplete(spatial: number): boolean {
    return spatial > 7 || (this.#complete & (1 << spatial)) !== 0;
  }
}

/** Whether a receiver of layers up to `limit` needs a frame. */
function fits({ spatial, skippable }: PacketLayers, limit: number): boolean {
  return spatial <= limit && !(skippable && spatial < limit && limit < highestLayer);
}
