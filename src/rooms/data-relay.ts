/**
 * One participant's part in the room's data channels: what its client sends on a channel goes to the channels of
 * the same label of all others. Receivers that are too slow lose messages on lossy channels, the oldest first; on
 * a reliable channel, which may lose none, they lose the channel.
 */
import type { DataChannel } from '../webrtc/data-channels/data-channel.ts';
import type { DataCounters } from '../webrtc/data-channels/data-counters.ts';

/** A member of the room, as the relay of another sees it. */
export interface RelayMember {
  readonly dataRelay: DataRelay;
}

export interface DataRelayOptions {
  readonly sends: boolean;
  readonly receives: boolean;
  /** Does something for everyone else in the room; what goes wrong for one of them is a bug of that one. */
  readonly tellOthers: (tell: (other: RelayMember) => void) => void;
  /** Who gets what the client sends, on all their channels; null for the room's channels of the same label. */
  readonly sinks?: (() => Iterable<RelayMember> | null) | undefined;
  /** Does what is a member's own; a bug in it is that one's. */
  readonly isolate: (member: RelayMember, action: () => void) => void;
  readonly counters: Pick<DataCounters, 'closedBufferFull'>;
  /** A channel was closed because its receiver was too slow. */
  readonly onOverflow: (channel: DataChannel) => void;
}

export class DataRelay {
  readonly #options: DataRelayOptions;
  readonly #byLabel = new Map<string, Set<DataChannel>>();

  constructor(options: DataRelayOptions) {
    this.#options = options;
  }

  /** Makes a channel one of the room's, until it closes. */
  add(channel: DataChannel): void {
    let channels = this.#byLabel.get(channel.label);
    if (channels === undefined) {
      channels = new Set();
      this.#byLabel.set(channel.label, channels);
    }
    channels.add(channel);
    channel.on('message', (data, text) => this.#relay(channel.label, data, text));
    channel.once('closed', () => this.#remove(channel));
  }

  /** Sends to this participant's channels of a label. */
  deliver(label: string, data: Uint8Array, text: boolean): void {
    if (this.#options.receives) this.#send(this.#byLabel.get(label) ?? [], data, text);
  }

  /** Sends to all of this participant's channels. */
  deliverToAll(data: Uint8Array, text: boolean): void {
    for (const channels of this.#byLabel.values()) this.#send(channels, data, text);
  }

  #send(channels: Iterable<DataChannel>, data: Uint8Array, text: boolean): void {
    for (const channel of channels) {
      if (channel.sendEncoded(data, text) !== 'buffer-full' || channel.lossy) continue;
      this.#options.counters.closedBufferFull++;
      this.#options.onOverflow(channel);
      channel.close('buffer-full');
    }
  }

  #relay(label: string, data: Uint8Array, text: boolean): void {
    if (!this.#options.sends) return;
    const sinks = this.#options.sinks?.() ?? null;
    if (sinks !== null) {
      for (const sink of sinks) this.#options.isolate(sink, () => sink.dataRelay.deliverToAll(data, text));
      return;
    }
    this.#options.tellOthers(({ dataRelay }) => dataRelay.deliver(label, data, text));
  }

  #remove(channel: DataChannel): void {
    const channels = this.#byLabel.get(channel.label);
    channels?.delete(channel);
    if (channels?.size === 0) this.#byLabel.delete(channel.label);
  }
}
