import type { InboundStream } from '../receiving/inbound-stream.ts';
import { ExtensionKind } from '../rtp/header-extension.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';

/**
 * Whether a frame is the last of the picture for those who get no higher spatial layer is known from what follows it: an
 * encoder short of bits may leave out a layer in the middle, and the one below then ends the picture. A receiver that is
 * not told so by the marker waits for a frame that never comes, and can decode nothing that builds upon the picture.
 * So the last packet of such a frame waits for the next of its stream, which comes right behind it.
 */
export class FrameLookahead {
  /** Of the packet last kept. */
  stream: InboundStream | null = null;
  #kept: RtpPacket | null = null;
  #spare: RtpPacket | null = null;

  /**
   * Keeps a packet, which is handed on by release() later, where something has to follow.
   * @returns the packet to use in place of it; null where it is not kept
   */
  keep(packet: RtpPacket, stream: InboundStream): RtpPacket | null {
    const { newest, marker, startsKeyFrame, layers } = packet;
    if (layers.dependencies === null || !layers.endsFrame || marker === 1 || !newest || startsKeyFrame)
      return null;
    const spare = this.#spare ?? new RtpPacket();
    this.#spare = null;
    this.#kept = packet;
    this.stream = stream;
    return spare;
  }

  /** `next` came, its layers still unread: gives the packet that was kept before it, if there is one, to be handed on now. */
  release(next: RtpPacket, stream: InboundStream): RtpPacket | null {
    const kept = this.#kept;
    if (kept === null) return null;
    this.#kept = null;
    this.#spare = kept;
    const follows =
      stream === this.stream && next.extended === kept.extended + 1 && next.timestamp === kept.timestamp;
    if (follows && next.hasExtension(ExtensionKind.DependencyDescriptor)) {
      const at = next.extensionOffset[ExtensionKind.DependencyDescriptor];
      kept.layers.followedBy = kept.layers.dependencies!.spatialOf(next.bytes, at);
    }
    return kept;
  }
}
