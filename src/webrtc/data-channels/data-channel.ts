import { EventEmitter } from 'node:events';
import type { ChannelOpen } from './dcep.ts';

export type DataChannelState = 'connecting' | 'open' | 'closing' | 'closed';

/** Why a channel closed; the same words reach logs and the admin API. */
export type DataChannelCloseReason =
  /** close() was called here. */
  | 'closed'
  | 'closed-by-peer'
  /** The client takes no data channels. */
  | 'refused'
  /** A reliable channel whose receiver did not keep up: messages would have been lost. */
  | 'buffer-full'
  /** The connection closed, or its client took data channels back. */
  | 'connection-closed'
  /** The association ended: the peer aborted it, broke the protocol, began anew or does not answer. */
  | 'aborted'
  | 'protocol-violation'
  | 'limit-message-size'
  | 'restarted'
  | 'lost'
  | 'shutdown';

/** What became of a message that was to be sent. */
export type SendResult =
  | 'queued'
  /** On a lossy channel: older messages that waited gave way. */
  | 'queued-dropped-older'
  | 'not-open'
  /** Longer than the peer takes. */
  | 'too-long'
  | 'buffer-full';

export interface DataChannelEvents {
  open: [];
  /** The data must not be changed: it may be on its way to others. `text` says that it is UTF-8 text. */
  message: [data: Uint8Array, text: boolean];
  closed: [reason: DataChannelCloseReason];
}

export interface DataChannelStats {
  messagesIn: number;
  bytesIn: number;
  messagesOut: number;
  bytesOut: number;
  /** Messages dropped at this channel, whatever the reason. */
  dropped: number;
}

/** What a channel needs of the connection it belongs to. */
export interface DataChannelHost {
  send(channel: DataChannel, data: Uint8Array, text: boolean): SendResult;
  bufferedBytes(channel: DataChannel): number;
  close(channel: DataChannel, reason: DataChannelCloseReason): void;
}

const encoder = new TextEncoder();

/** One bidirectional data channel (RFC 8831 §6.4): a pair of SCTP streams with the same number. */
export class DataChannel extends EventEmitter<DataChannelEvents> implements ChannelOpen {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | null;
  readonly maxPacketLifeTime: number | null;
  /** Who opened it; null for one that both sides made by themselves. */
  readonly openedBy: 'local' | 'remote' | null;
  readonly stats: DataChannelStats = { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0, dropped: 0 };
  /** The stream's number; null until the association is there. */
  id: number | null;
  /** Written by the connection only. */
  state: DataChannelState = 'connecting';
  /** Set when it has closed. */
  closeReason: DataChannelCloseReason | null = null;
  readonly #host: DataChannelHost;

  constructor(
    host: DataChannelHost,
    open: ChannelOpen,
    openedBy: 'local' | 'remote' | null,
    id: number | null,
  ) {
    super();
    this.#host = host;
    this.label = open.label;
    this.protocol = open.protocol;
    this.ordered = open.ordered;
    this.maxRetransmits = open.maxRetransmits;
    this.maxPacketLifeTime = open.maxPacketLifeTime;
    this.openedBy = openedBy;
    this.id = id;
  }

  /** Whether messages may be lost, and so dropped when the receiver is slow. */
  get lossy(): boolean {
    return this.maxRetransmits !== null || this.maxPacketLifeTime !== null;
  }

  /** Payload bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#host.bufferedBytes(this);
  }

  /**
   * Sends text, or bytes, which must not be changed afterwards. Never throws: the result says what became of it.
   * Where a reliable channel's buffer is full, the message is not sent and the channel stays as it is.
   */
  send(data: string | Uint8Array): SendResult {
    const text = typeof data === 'string';
    return this.#host.send(this, text ? encoder.encode(data) : data, text);
  }

  /** Sends UTF-8 text that is encoded already, or bytes. */
  sendEncoded(data: Uint8Array, text: boolean): SendResult {
    return this.#host.send(this, data, text);
  }

  /** Closes both directions once what is queued is sent; with a reason other than `closed`, what waits is dropped. */
  close(reason: DataChannelCloseReason = 'closed'): void {
    this.#host.close(this, reason);
  }
}
