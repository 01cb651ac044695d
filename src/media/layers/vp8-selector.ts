import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { highestLayer, type LayerSelector } from './layer-selector.ts';
import { LimitHistory } from './limit-history.ts';

/**
 * Temporal layers by the VP8 payload descriptor: frames of higher layers are left out. Up again at a frame with
 * the Y bit, which depends on the base layer alone (RFC 7741 §4.2), and at key frames.
 */
export class Vp8Selector implements LayerSelector {
  readonly spatial = 0;
  temporal = highestLayer;
  readonly switches = 0;
  readonly needsKeyFrame = false;
  #target = highestLayer;
  #timestamp = 0;
  readonly #history = new LimitHistory();

  setTarget(_spatial: number, temporal: number): void {
    this.#target = temporal;
  }

  start(packet: RtpPacket): void {
    this.temporal = this.#target;
    this.#timestamp = packet.timestamp;
    this.#history.clear();
    this.#history.record(packet.timestamp, 0, this.temporal);
  }

  select(packet: RtpPacket): boolean {
    const { layers } = packet;
    if (layers.syntax !== KeyFrameSyntax.Vp8) return true;
    if (!packet.newest)
      return this.#history.find(packet.timestamp) && layers.temporal <= this.#history.temporal;
    if (packet.timestamp !== this.#timestamp) this.#nextPicture(packet);
    return layers.temporal <= this.temporal;
  }

  marker(packet: RtpPacket): number {
    return packet.marker;
  }

  #nextPicture(packet: RtpPacket): void {
    this.#timestamp = packet.timestamp;
    const { vp8, temporal } = packet.layers;
    if (this.#target <= this.temporal || vp8.keyFrame) this.temporal = this.#target;
    else if (vp8.layerSync && temporal > this.temporal && temporal <= this.#target) {
      // Frames of the layers above this one may depend on some from before it.
      this.temporal = temporal;
    }
    this.#history.record(packet.timestamp, 0, this.temporal);
  }
}
