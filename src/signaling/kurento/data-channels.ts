/** The data channels of an endpoint, as its clients see them. */
import { UserError } from '../../errors.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { DataChannelInit } from '../../webrtc/data-channels/channel-init.ts';
import type { DataChannel } from '../../webrtc/data-channels/data-channel.ts';
import { KurentoError } from './kurento-error.ts';
import { type MediaObject, record } from './media-object.ts';

export interface NewDataChannel {
  readonly label: string;
  readonly ordered: boolean;
  /** -1 for no limit. */
  readonly maxPacketLifeTime: number;
  readonly maxRetransmits: number;
  readonly protocol: string;
}

export class DataChannels {
  readonly #object: MediaObject;
  #participant: Participant | null = null;
  #opened = 0;
  #closed = 0;

  constructor(object: MediaObject) {
    this.#object = object;
  }

  begin(participant: Participant): void {
    this.#participant = participant;
    participant.on('datachannel', (channel) => this.#watch(channel));
  }

  end(): void {
    this.#participant = null;
  }

  /** @throws KurentoError 40107, 40111, 40009 */
  create({ label, ordered, maxPacketLifeTime, maxRetransmits, protocol }: NewDataChannel): void {
    if (maxPacketLifeTime >= 0 && maxRetransmits >= 0) {
      throw new KurentoError(40107, "'maxPacketLifeTime' and 'maxRetransmits' cannot be given both");
    }
    const init: DataChannelInit = {
      ordered,
      protocol,
      ...(maxPacketLifeTime >= 0 ? { maxPacketLifeTime } : {}),
      ...(maxRetransmits >= 0 ? { maxRetransmits } : {}),
    };
    try {
      this.#watch(this.#supported.openDataChannel(label, { ...init, shared: true }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'limit-data-channels') throw new KurentoError(40009, error.message);
      if (error.code === 'invalid-state') throw new KurentoError(40111, 'Data channels are not supported');
      throw new KurentoError(40107, error.message);
    }
  }

  /** @throws KurentoError 40107, 40111 */
  close(channelId: number): void {
    const channel = this.#supported.dataChannels.find(({ id }) => id === channelId);
    if (channel === undefined) throw new KurentoError(40107, `There is no data channel ${channelId}`);
    channel.close();
  }

  records(timestampMillis: number): Record<string, object> {
    const { id: objectId } = this.#object;
    const records: Record<string, object> = {};
    for (const channel of this.#participant?.dataChannels ?? []) {
      const { label, protocol, state, stats } = channel;
      const id = `${objectId}_data_${channel.id ?? label}`;
      records[id] = record('RTCDataChannelStats', {
        ...{ id, type: 'datachannel', timestampMillis, timestamp: Math.floor(timestampMillis / 1000) },
        ...{ label, protocol, datachannelid: channel.id ?? -1, state },
        ...{ messagesSent: stats.messagesOut, bytesSent: stats.bytesOut },
        ...{ messagesReceived: stats.messagesIn, bytesReceived: stats.bytesIn },
      });
    }
    const id = `${objectId}_session`;
    records[id] = record('RTCPeerConnectionStats', {
      ...{ id, type: 'session', timestampMillis, timestamp: Math.floor(timestampMillis / 1000) },
      ...{ dataChannelsOpened: this.#opened, dataChannelsClosed: this.#closed },
    });
    return records;
  }

  get #supported(): Participant {
    if (this.#participant === null) throw new KurentoError(40111, 'Data channels are not supported');
    return this.#participant;
  }

  /** A channel has its number when it is open. */
  #watch(channel: DataChannel): void {
    let channelId = -1;
    const opened = () => {
      channelId = channel.id ?? -1;
      this.#opened++;
      this.#object.raise('DataChannelOpened', { channelId });
    };
    if (channel.state === 'open') opened();
    else channel.once('open', opened);
    channel.once('closed', () => {
      if (channelId < 0) return;
      this.#closed++;
      this.#object.raise('DataChannelClosed', { channelId });
    });
  }
}
