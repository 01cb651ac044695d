/**
 * The data channels of one connection: opens and closes them (RFC 8832, RFC 8831 §6.7) and carries their messages
 * over one SCTP association, with the limits that keep a slow or hostile peer from filling memory.
 */
import { UserError } from '../../errors.ts';
import { SctpAssociation } from '../sctp/association.ts';
import type { AssociationEnd } from '../sctp/association-types.ts';
import type { ReceivedMessage } from '../sctp/reassembly.ts';
import type { DataLine } from '../sdp/data-line.ts';
import {
  checkedOpen,
  type DataChannelInit,
  deliveryOf,
  maxStreams,
  reliableDelivery,
} from './channel-init.ts';
import {
  DataChannel,
  type DataChannelCloseReason,
  type DataChannelHost,
  type SendResult,
} from './data-channel.ts';
import type { DataCounters } from './data-counters.ts';
import { formatAck, formatOpen, maxNameBytes, PayloadProtocol, parseDcep, payloadProtocol } from './dcep.ts';

export interface DataLimits {
  /** Channels of one connection, those that are closing included. */
  readonly maxChannels: number;
  /** Longest message taken, in bytes; a=max-message-size. */
  readonly maxMessageBytes: number;
  /** Bytes of one connection's messages that may wait to be sent. At least the longest message. */
  readonly maxBufferedBytes: number;
}

/** What the data channels of all connections have in common. */
export interface DataOptions {
  readonly limits: DataLimits;
  readonly counters: DataCounters;
  /** Reads the clock: calls come from packets, timers, and whoever sends messages. Milliseconds. */
  readonly now: () => number;
  /** Told what a listener of a channel threw, which hurts nobody else. */
  readonly reportBug: (where: string, error: unknown) => void;
}

export interface DataTransportOptions extends DataOptions {
  readonly randomUint32: () => number;
  /** Sends one SCTP packet over DTLS. */
  readonly sendPacket: (packet: Uint8Array) => void;
  readonly deadlineChanged: () => void;
  /** The peer opened a channel. */
  readonly onChannel: (channel: DataChannel) => void;
  readonly onEnd: (reason: AssociationEnd, detail: string) => void;
}

/** a=sctp-port of our side; every browser has this one too. */
export const sctpPort = 5000;
/** Within the UDP payload that DTLS keeps to (1200), less its record header, nonce and tag; a multiple of 4. */
const mtu = 1160;
/** Part of the send buffer that one lossy channel may take: what waits longer is stale. */
const lossyBufferShare = 0.25;
const windowsPerMessage = 4;
const leastWindowBytes = 262_144;

/** SCTP carries no empty messages (RFC 8831 §6.6). */
const emptyMessage = new Uint8Array(1);

export class DataTransport implements DataChannelHost {
  readonly #options: DataTransportOptions;
  readonly #channels = new Map<number, DataChannel>();
  /** Opened here, and waiting for the association. */
  #waiting: DataChannel[] = [];
  /** Channels whose incoming and outgoing streams have been reset, by id. */
  readonly #incomingClosed = new Set<number>();
  readonly #outgoingClosed = new Set<number>();
  #association: SctpAssociation | null = null;
  #peerMaxMessageBytes = 0;
  /** Parity of the stream numbers we choose (RFC 8832 §6). */
  #firstId = 0;
  #established = false;
  #ended = false;
  /** Calls into the association that are under way; packets are taken after the last. */
  #depth = 0;
  #retransmittedSeen = 0;
  #abandonedSeen = 0;
  #discardedSeen = 0;

  constructor(options: DataTransportOptions) {
    this.#options = options;
  }

  /** Channels that are not closed. */
  get channels(): DataChannel[] {
    return [...this.#channels.values(), ...this.#waiting].filter(({ state }) => state !== 'closed');
  }

  get started(): boolean {
    return this.#association !== null;
  }

  /** DTLS is there and both sides have agreed to data channels: sets the association up. */
  start(role: 'client' | 'server', remote: DataLine): void {
    if (this.#association !== null || this.#ended) return;
    const { limits, randomUint32 } = this.#options;
    this.#firstId = role === 'client' ? 0 : 1;
    this.#peerMaxMessageBytes = remote.maxMessageSize;
    this.#association = new SctpAssociation(
      {
        ...{ localPort: sctpPort, remotePort: remote.port, mtu, maxStreams, randomUint32 },
        maxMessageBytes: Math.max(limits.maxMessageBytes, 2 * maxNameBytes + 64),
        maxReceiveBytes: Math.max(leastWindowBytes, windowsPerMessage * limits.maxMessageBytes),
        maxSendBytes: limits.maxBufferedBytes + 4096,
      },
      {
        established: () => this.#associationEstablished(),
        message: (message) => this.#receiveMessage(message),
        incomingReset: (streams) => this.#incomingReset(streams),
        outgoingReset: (streams) => this.#outgoingReset(streams),
        restarted: () => {
          this.#established = false;
          this.#closeAll('restarted');
        },
        ended: (reason, detail) => {
          this.#ended = true;
          this.#closeAll(reason === 'closed' ? 'connection-closed' : reason);
          this.#options.onEnd(reason, detail);
        },
      },
    );
    this.#step((association, now) => association.connect(now));
  }

  /** Feeds one SCTP packet. */
  receive(packet: Uint8Array): void {
    this.#step((association, now) => association.receive(now, packet));
  }

  nextDeadline(): number {
    return this.#association?.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }

  handleTimeout(): void {
    this.#step((association, now) => association.handleTimeout(now));
  }

  /**
   * Opens a channel; it is `connecting` until the peer knows it.
   * @throws UserError `limit-data-channels`, or `invalid-state` where the association is over or the options are
   *   contradictory
   */
  open(label: string, init: DataChannelInit = {}): DataChannel {
    const { limits } = this.#options;
    if (this.#ended) throw new UserError('invalid-state', 'The data channels of the connection have ended.');
    if (this.#channels.size + this.#waiting.length >= limits.maxChannels) {
      throw new UserError('limit-data-channels', `The connection has ${limits.maxChannels} data channels.`);
    }
    const channel = new DataChannel(
      this,
      checkedOpen(label, init),
      init.negotiated ? null : 'local',
      this.#checkedId(init),
    );
    this.#waiting.push(channel);
    if (this.#established) this.#step(() => this.#openWaiting());
    return channel;
  }

  send(channel: DataChannel, data: Uint8Array, text: boolean): SendResult {
    const { counters } = this.#options;
    const result = this.#trySend(channel, data, text);
    if (result === 'queued' || result === 'queued-dropped-older') {
      counters.messagesOut++;
      counters.bytesOut += data.length;
      channel.stats.messagesOut++;
      channel.stats.bytesOut += data.length;
    } else {
      channel.stats.dropped++;
      if (result === 'too-long') counters.droppedTooLong++;
      else if (result === 'buffer-full') counters.droppedBufferFull++;
    }
    return result;
  }

  bufferedBytes({ id, state }: DataChannel): number {
    return id === null || state === 'closed' ? 0 : (this.#association?.bufferedBytes(id) ?? 0);
  }

  close(channel: DataChannel, reason: DataChannelCloseReason): void {
    if (channel.state === 'closing' || channel.state === 'closed') return;
    const { id } = channel;
    if (this.#waiting.includes(channel) || id === null) {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== channel);
      this.#closed(channel, reason);
      return;
    }
    channel.state = 'closing';
    channel.closeReason = reason;
    this.#step((association) => {
      if (reason !== 'closed') association.dropWaiting(id);
      // A peer that cannot reset streams is not told; the number stays taken.
      if (!association.resetStream(id)) this.#closed(channel, reason);
    });
  }

  /** The client wants no data channels: those that wait for them are closed. */
  refuse(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const channel of waiting) this.#closed(channel, 'refused');
  }

  /** Ends the association, telling the peer, and closes all channels. May be called twice. */
  end(): void {
    this.#step((association) => association.close());
    this.#ended = true;
    this.#closeAll('connection-closed');
  }

  #trySend(channel: DataChannel, data: Uint8Array, text: boolean): SendResult {
    const { id } = channel;
    const { limits } = this.#options;
    if (channel.state !== 'open' || id === null) return 'not-open';
    if (data.length > this.#peerMaxMessageBytes || data.length > limits.maxBufferedBytes) return 'too-long';
    const protocol = payloadProtocol(data, text);
    const payload = data.length === 0 ? emptyMessage : data;
    let dropped = 0;
    const sent = this.#step((association, now) => {
      if (channel.lossy) {
        const room = limits.maxBufferedBytes * lossyBufferShare;
        while (association.bufferedBytes(id) + payload.length > room && association.dropOldest(id)) dropped++;
      }
      const delivery = deliveryOf(channel);
      for (;;) {
        if (association.send(now, id, protocol, payload, delivery)) return true;
        if (!channel.lossy || !association.dropOldest(id)) return false;
        dropped++;
      }
    });
    this.#options.counters.droppedOldest += dropped;
    channel.stats.dropped += dropped;
    if (!sent) return 'buffer-full';
    return dropped > 0 ? 'queued-dropped-older' : 'queued';
  }

  /** Does something with the association, then sends what it has to send. */
  #step<T>(action: (association: SctpAssociation, now: number) => T): T | undefined {
    const association = this.#association;
    if (association === null) return undefined;
    const now = this.#options.now();
    this.#depth++;
    try {
      return action(association, now);
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#drain(association, now);
    }
  }

  #drain(association: SctpAssociation, now: number): void {
    for (let packet = association.takePacket(now); packet !== null; packet = association.takePacket(now)) {
      this.#options.sendPacket(packet);
    }
    const { counters } = this.#options;
    const { retransmitted, abandoned, discarded } = association;
    // A new peer and an end count from 0 again.
    counters.retransmitted += Math.max(0, retransmitted - this.#retransmittedSeen);
    counters.abandoned += Math.max(0, abandoned - this.#abandonedSeen);
    counters.discardedPackets += discarded - this.#discardedSeen;
    this.#retransmittedSeen = retransmitted;
    this.#abandonedSeen = abandoned;
    this.#discardedSeen = discarded;
    this.#options.deadlineChanged();
  }

  #associationEstablished(): void {
    this.#established = true;
    this.#openWaiting();
  }

  #openWaiting(): void {
    const association = this.#association!;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const channel of waiting) {
      const id = channel.id ?? this.#freeId();
      if (id === null || this.#channels.has(id) || id >= association.outboundStreams) {
        this.#closed(channel, 'protocol-violation');
        continue;
      }
      channel.id = id;
      this.#channels.set(id, channel);
      if (channel.openedBy === null) this.#opened(channel);
      else
        association.send(
          this.#options.now(),
          id,
          PayloadProtocol.Dcep,
          formatOpen(channel),
          reliableDelivery,
        );
    }
  }

  #freeId(): number | null {
    for (let id = this.#firstId; id < this.#association!.outboundStreams; id += 2) {
      if (!this.#channels.has(id)) return id;
    }
    return null;
  }

  #receiveMessage({ stream, protocol, payload }: ReceivedMessage): void {
    const { counters, limits } = this.#options;
    if (protocol === PayloadProtocol.Dcep) {
      this.#receiveDcep(stream, payload);
      return;
    }
    const channel = this.#channels.get(stream);
    const empty = protocol === PayloadProtocol.EmptyText || protocol === PayloadProtocol.EmptyBinary;
    const text = protocol === PayloadProtocol.Text || protocol === PayloadProtocol.EmptyText;
    const known = empty || text || protocol === PayloadProtocol.Binary;
    if (channel === undefined || !known || payload.length > limits.maxMessageBytes) {
      counters.malformed++;
      return;
    }
    if (channel.state === 'closed') return;
    // The peer's side is open for sure, whether or not its acknowledgement has come.
    if (channel.state === 'connecting') this.#opened(channel);
    const data = empty ? payload.subarray(0, 0) : payload;
    counters.messagesIn++;
    counters.bytesIn += data.length;
    channel.stats.messagesIn++;
    channel.stats.bytesIn += data.length;
    this.#tell(() => channel.emit('message', data, text));
  }

  #receiveDcep(stream: number, payload: Uint8Array): void {
    const { counters, limits } = this.#options;
    const message = parseDcep(payload);
    const channel = this.#channels.get(stream);
    if (message?.type === 'ack' && channel?.openedBy === 'local') {
      if (channel.state === 'connecting') this.#opened(channel);
      return;
    }
    if (message?.type !== 'open' || channel !== undefined) {
      counters.malformed++;
      return;
    }
    const association = this.#association!;
    if (this.#channels.size + this.#waiting.length >= limits.maxChannels) {
      counters.refusedChannels++;
      association.resetStream(stream);
      return;
    }
    const opened = new DataChannel(this, message, 'remote', stream);
    this.#channels.set(stream, opened);
    association.send(this.#options.now(), stream, PayloadProtocol.Dcep, formatAck(), reliableDelivery);
    this.#opened(opened);
    this.#options.onChannel(opened);
  }

  #opened(channel: DataChannel): void {
    channel.state = 'open';
    this.#options.counters.channelsOpened++;
    this.#tell(() => channel.emit('open'));
  }

  #incomingReset(streams: readonly number[]): void {
    for (const stream of streams.length > 0 ? streams : [...this.#channels.keys()]) {
      const channel = this.#channels.get(stream);
      if (channel === undefined) continue;
      this.#incomingClosed.add(stream);
      if (channel.state === 'open' || channel.state === 'connecting') this.close(channel, 'closed-by-peer');
      this.#forgetIfClosed(stream);
    }
  }

  #outgoingReset(streams: readonly number[]): void {
    for (const stream of streams) {
      const channel = this.#channels.get(stream);
      if (channel === undefined) continue;
      this.#outgoingClosed.add(stream);
      this.#closed(channel, channel.closeReason ?? 'closed');
      this.#forgetIfClosed(stream);
    }
  }

  /** A number is free again once both its directions are reset. */
  #forgetIfClosed(stream: number): void {
    if (!this.#incomingClosed.has(stream) || !this.#outgoingClosed.has(stream)) return;
    this.#incomingClosed.delete(stream);
    this.#outgoingClosed.delete(stream);
    this.#channels.delete(stream);
  }

  #closed(channel: DataChannel, reason: DataChannelCloseReason): void {
    if (channel.state === 'closed') return;
    channel.state = 'closed';
    channel.closeReason = reason;
    this.#tell(() => channel.emit('closed', reason));
    channel.removeAllListeners();
  }

  #tell(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      this.#options.reportBug('listener of a data channel', error);
    }
  }

  #closeAll(reason: DataChannelCloseReason): void {
    const all = [...this.#channels.values(), ...this.#waiting];
    this.#channels.clear();
    this.#incomingClosed.clear();
    this.#outgoingClosed.clear();
    this.#waiting = [];
    for (const channel of all) this.#closed(channel, reason);
  }

  #checkedId({ negotiated, id }: DataChannelInit): number | null {
    if (negotiated !== true) return null;
    const used =
      id !== undefined && (this.#channels.has(id) || this.#waiting.some((other) => other.id === id));
    if (id === undefined || !Number.isInteger(id) || id < 0 || id >= maxStreams || used) {
      throw new UserError('invalid-state', `A negotiated channel needs a free id below ${maxStreams}.`);
    }
    return id;
  }
}
