import type { RtpPacket } from '../rtp/rtp-packet.ts';

/**
 * Chooses the packets of one encoding that a receiver gets, by the layers it is to have. One implementation per way
 * in which streams tell their layers; all pass the same tests. Touches no bytes, allocates nothing per packet.
 *
 * Layers change between two pictures only, so that every picture is whole, and only where what a receiver has
 * suffices to decode on.
 */
export interface LayerSelector {
  /** Layers up to these are forwarded now. */
  readonly spatial: number;
  readonly temporal: number;
  /** Changes of the spatial layer so far. */
  readonly switches: number;
  /** Whether the target's spatial layer is out of reach until a key frame comes. */
  readonly needsKeyFrame: boolean;

  /** Layers up to these are wanted, as soon as the stream permits. */
  setTarget(spatial: number, temporal: number): void;

  /** Begins with `packet`, which starts a key frame: select() is asked of it next. */
  start(packet: RtpPacket): void;

  /** Whether a packet is forwarded; `packet.layers` tells what it is. */
  select(packet: RtpPacket): boolean;

  /** The marker bit of the packet that was selected last: whether a picture ends with it, as forwarded. */
  marker(packet: RtpPacket): number;
}

/** How a stream tells its layers; a selector is made for one of them. */
export const LayerScheme = { None: 0, Vp8: 1, Vp9: 2, DependencyDescriptor: 3 } as const;

/** A target that takes whatever there is. */
export const highestLayer = 255;
