import { UserError } from '../../errors.ts';
import type { Delivery } from '../sctp/outgoing-message.ts';
import { type ChannelOpen, type ChannelReliability, maxNameBytes } from './dcep.ts';

/** What a channel that is opened here is to be; the names are W3C's. */
export interface DataChannelInit {
  /** Default true. */
  readonly ordered?: boolean;
  readonly maxRetransmits?: number;
  readonly maxPacketLifeTime?: number;
  readonly protocol?: string;
  /** Both sides make the channel by themselves with this stream number, which must be given then. */
  readonly negotiated?: boolean;
  readonly id?: number;
}

/** Streams of an association, and so channels; as browsers have it. */
export const maxStreams = 1024;

export const reliableDelivery: Delivery = {
  ordered: true,
  maxRetransmits: Number.POSITIVE_INFINITY,
  lifetimeMs: Number.POSITIVE_INFINITY,
};

/** @throws UserError for options that contradict each other or exceed the protocol's limits */
export function checkedOpen(label: string, init: DataChannelInit): ChannelOpen {
  const { ordered = true, maxRetransmits = null, maxPacketLifeTime = null, protocol = '' } = init;
  if (maxRetransmits !== null && maxPacketLifeTime !== null) {
    throw new UserError('invalid-state', 'A channel has maxRetransmits or maxPacketLifeTime, not both.');
  }
  for (const limit of [maxRetransmits, maxPacketLifeTime]) {
    if (limit !== null && (!Number.isInteger(limit) || limit < 0 || limit > 0xffff)) {
      throw new UserError('invalid-state', 'maxRetransmits and maxPacketLifeTime are integers below 65536.');
    }
  }
  for (const name of [label, protocol]) {
    if (Buffer.byteLength(name) > maxNameBytes) {
      throw new UserError('limit-message-size', `A label or protocol has at most ${maxNameBytes} bytes.`);
    }
  }
  return { label, protocol, ordered, maxRetransmits, maxPacketLifeTime };
}

/** How SCTP is to deliver a channel's messages. */
export function deliveryOf({ ordered, maxRetransmits, maxPacketLifeTime }: ChannelReliability): Delivery {
  return {
    ordered,
    maxRetransmits: maxRetransmits ?? Number.POSITIVE_INFINITY,
    lifetimeMs: maxPacketLifeTime ?? Number.POSITIVE_INFINITY,
  };
}
