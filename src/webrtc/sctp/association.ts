/**
 * One SCTP association (RFC 9260) as WebRTC uses it (RFC 8831, RFC 8841): over DTLS, with one address on each
 * side, both sides free to begin. Without sockets, clock or randomness of its own:
 *
 *     connect, receive, send, resetStream, shutdown, handleTimeout  ──►  takePacket() until it returns null
 *
 * and nextDeadline() says when handleTimeout() is due. Events may call anything of the association.
 *
 *     closed ──connect──► cookie-wait ──INIT ACK──► cookie-echoed ──COOKIE ACK──► established
 *        └─────────────────────── COOKIE ECHO of the peer ──────────────────────────┘  │
 *                                        shutdown-pending, -sent, -received, -ack-sent ◄┘
 */
import type {
  AssociationEnd,
  AssociationEvents,
  AssociationOptions,
  AssociationState,
} from './association-types.ts';
import * as control from './control-chunks.ts';
import * as handshake from './handshake.ts';
import { parseInit, writeInit } from './init-chunk.ts';
import type { Delivery } from './outgoing-message.ts';
import { type Chunk, type Packet, parsePacket, readUint32 } from './packet-reader.ts';
import { PacketWriter } from './packet-writer.ts';
import {
  ChunkType,
  chunkHeaderBytes,
  commonHeaderBytes,
  ErrorCause,
  reflectedTagFlag,
} from './sctp-format.ts';
import { openCookie, sealCookie } from './state-cookie.ts';
import { Transfer } from './transfer.ts';

/** Max.Init.Retransmits and Association.Max.Retrans of RFC 9260 §16. */
const maxInitRetransmits = 8;
const maxRetransmits = 10;
const firstTimeoutMs = 500;
const longestTimeoutMs = 10_000;
/** Answers that wait to be sent; a peer that makes more of them loses some. */
const maxWaitingPackets = 8;
const never = Number.POSITIVE_INFINITY;
/** Of a packet with COOKIE ECHO, beside the cookie. */
const largestCookieMargin = commonHeaderBytes + chunkHeaderBytes;
const nothing = new Uint8Array(0);

export class SctpAssociation {
  state: AssociationState = 'closed';
  /** Packets that could not be used: malformed, or with another tag or port. */
  discarded = 0;

  readonly #options: AssociationOptions;
  readonly #events: AssociationEvents;
  readonly #writer: PacketWriter;
  readonly #cookieSecret: Uint8Array;
  readonly #waiting: Uint8Array[] = [];
  #local: handshake.LocalEnd;
  /** Known from INIT ACK or COOKIE ECHO on. */
  #transfer: Transfer | null = null;
  #ended = false;
  /** T1-init, T1-cookie or T2-shutdown, of which at most one runs, and what is sent again when it ends. */
  #stateDeadline = never;
  #stateTimeouts = 0;
  #sendAgain = (): void => {};

  constructor(options: AssociationOptions, events: AssociationEvents) {
    this.#options = options;
    this.#events = events;
    this.#writer = new PacketWriter(options.mtu, options.localPort, options.remotePort);
    this.#cookieSecret = new Uint8Array(Uint32Array.from({ length: 8 }, options.randomUint32).buffer);
    this.#local = this.#newLocalEnd();
  }

  /** The number of streams we may send on; 0 before the association is established. */
  get outboundStreams(): number {
    const remote = this.#transfer?.remote;
    return remote === undefined ? 0 : Math.min(remote.inboundStreams, this.#options.maxStreams);
  }

  get retransmitted(): number {
    return this.#transfer?.sender.retransmitted ?? 0;
  }

  /** Messages of limited reliability that were given up. */
  get abandoned(): number {
    const sender = this.#transfer?.sender;
    return sender === undefined ? 0 : sender.abandoned + sender.streams.expired;
  }

  get smoothedRttMs(): number | null {
    return this.#transfer?.sender.rto.smoothedRttMs ?? null;
  }

  /** Begins to set the association up; the peer may do the same at the same time. */
  connect(now: number): void {
    if (this.state !== 'closed' || this.#ended) return;
    this.#enter(now, 'cookie-wait', () =>
      this.#queue(0, (writer) => this.#writeInit(writer, ChunkType.Init, this.#local, null)),
    );
  }

  /**
   * Queues a message, which must not change any more. @returns false when it does not fit the send buffer, or
   * cannot be sent in this state
   */
  send(now: number, stream: number, protocol: number, payload: Uint8Array, delivery: Delivery): boolean {
    if (this.state !== 'established' || payload.length === 0 || stream >= this.outboundStreams) return false;
    return this.#transfer!.sender.send(now, stream, protocol, payload, delivery);
  }

  /** Payload bytes of a stream that wait to be sent. */
  bufferedBytes(stream: number): number {
    return this.#transfer?.sender.streams.bytesOf(stream) ?? 0;
  }

  /** Drops the oldest message of a stream of which nothing was sent yet; whether there was one. */
  dropOldest(stream: number): boolean {
    return this.#transfer?.sender.streams.dropOldest(stream) ?? false;
  }

  /** Drops everything of a stream of which nothing was sent yet. */
  dropWaiting(stream: number): void {
    this.#transfer?.sender.streams.dropWaiting(stream);
  }

  /** Resets our side of a stream once what was queued is sent. @returns false where the peer cannot do that */
  resetStream(stream: number): boolean {
    if (this.state !== 'established' || !this.#transfer!.remote.reConfig) return false;
    this.#transfer!.reset.want(stream);
    return true;
  }

  /** Ends the association once everything is delivered. */
  shutdown(now: number): void {
    if (this.state === 'established') {
      this.state = 'shutdown-pending';
      this.#continueShutdown(now);
    } else if (this.state === 'closed' || this.state === 'cookie-wait' || this.state === 'cookie-echoed') {
      this.#end('closed', '');
    }
  }

  /** Ends the association at once, and tells the peer so. */
  close(): void {
    this.#abort('closed', ErrorCause.UserAbort, 'closed');
  }

  receive(now: number, bytes: Uint8Array): void {
    if (this.#ended) return;
    const packet = parsePacket(bytes);
    if (packet === null || !this.#isOurs(packet)) {
      this.discarded++;
      return;
    }
    let sackSeen = false;
    for (const chunk of packet.chunks) {
      // One packet has one SACK; that more are not looked at bounds the work.
      if (chunk.type === ChunkType.Sack && sackSeen) continue;
      sackSeen ||= chunk.type === ChunkType.Sack;
      if (!this.#receiveChunk(now, packet, chunk) || this.#ended) break;
    }
    this.#transfer?.receiver.packetEnded(now);
    this.#continueShutdown(now);
  }

  nextDeadline(): number {
    if (this.#ended) return never;
    return Math.min(this.#stateDeadline, this.#running()?.nextDeadline() ?? never);
  }

  handleTimeout(now: number): void {
    if (this.#ended) return;
    if (this.#stateDeadline <= now) this.#stateTimedOut(now);
    const transfer = this.#running();
    if (transfer === null) return;
    transfer.handleTimeout(now);
    if (transfer.sender.timeouts > maxRetransmits) {
      this.#abort('lost', ErrorCause.UserAbort, 'no answer');
    }
  }

  /** The next packet to send, valid until the next call; null when there is none. */
  takePacket(now: number): Uint8Array | null {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    const transfer = this.#running();
    if (transfer === null) return null;
    this.#writer.begin(transfer.remote.tag);
    return transfer.write(now, this.#writer, this.state === 'established') ? this.#writer.finish() : null;
  }

  /** The transfer while data may flow. */
  #running(): Transfer | null {
    return this.#ended || this.state === 'cookie-echoed' ? null : this.#transfer;
  }

  /** Ports and verification tag (RFC 9260 §8.5). */
  #isOurs(packet: Packet): boolean {
    const { localPort, remotePort } = this.#options;
    if (packet.sourcePort !== remotePort || packet.destinationPort !== localPort) return false;
    const [{ type, flags }] = packet.chunks;
    const tag = packet.verificationTag;
    if (type === ChunkType.Init) return tag === 0 && packet.chunks.length === 1;
    // Its cookie says which tag is right.
    if (type === ChunkType.CookieEcho) return true;
    const ends = type === ChunkType.Abort || type === ChunkType.ShutdownComplete;
    if (ends && (flags & reflectedTagFlag) !== 0) return tag === this.#transfer?.remote.tag;
    return tag === this.#local.tag && this.state !== 'closed';
  }

  /** Whether the rest of the packet is to be looked at. */
  #receiveChunk(now: number, packet: Packet, chunk: Chunk): boolean {
    switch (chunk.type) {
      case ChunkType.Init:
        this.#receiveInit(now, chunk);
        return false;
      case ChunkType.InitAck:
        this.#receiveInitAck(now, chunk);
        return false;
      case ChunkType.CookieEcho:
        return this.#receiveCookieEcho(now, packet, chunk);
      case ChunkType.CookieAck:
        if (this.state === 'cookie-echoed') this.#established(now);
        return true;
      case ChunkType.Abort:
        this.#end('aborted', control.abortReason(chunk));
        return false;
      case ChunkType.ShutdownComplete:
        if (this.state === 'shutdown-ack-sent') this.#end('shutdown', '');
        return false;
      case ChunkType.ShutdownAck:
        this.#receiveShutdownAck();
        return false;
    }
    const transfer = this.#running();
    if (transfer === null) return false;
    if (chunk.type === ChunkType.Shutdown) return this.#receiveShutdown(now, transfer, chunk);
    const outcome = transfer.receive(now, chunk);
    if (outcome === 'continue' || outcome === 'stop') return outcome === 'continue';
    const tooLong = outcome.reason === 'limit-message-size';
    this.#abort(
      outcome.reason,
      tooLong ? ErrorCause.OutOfResource : ErrorCause.ProtocolViolation,
      outcome.detail,
    );
    return false;
  }

  #receiveInit(now: number, chunk: Chunk): void {
    const init = parseInit(chunk);
    if (init === null || this.state === 'shutdown-ack-sent') return;
    // While we are setting it up ourselves the answer has the tag of our own INIT (RFC 9260 §5.2.1).
    const setUp = this.#running() !== null;
    const local = setUp ? this.#newLocalEnd() : this.#local;
    const tied = { local: setUp ? this.#local.tag : 0, remote: (setUp && this.#transfer?.remote.tag) || 0 };
    const cookie = sealCookie(handshake.cookieFor(now, init, local, tied), this.#cookieSecret);
    this.#queue(init.initiateTag, (writer) => this.#writeInit(writer, ChunkType.InitAck, local, cookie));
  }

  #receiveInitAck(now: number, chunk: Chunk): void {
    if (this.state !== 'cookie-wait') return;
    const init = parseInit(chunk);
    if (init === null || init.cookie === null || init.cookie.length > this.#options.mtu - largestCookieMargin)
      return;
    this.#transfer = this.#newTransfer(handshake.remoteOfInit(init));
    const cookie = init.cookie.slice();
    this.#enter(now, 'cookie-echoed', () => this.#queueChunk(ChunkType.CookieEcho, cookie));
  }

  #receiveCookieEcho(now: number, packet: Packet, chunk: Chunk): boolean {
    const cookie = openCookie(chunk.value, this.#cookieSecret);
    if (cookie === null || cookie.localTag !== packet.verificationTag) return false;
    const known = this.#transfer?.remote.tag ?? 0;
    const verdict = handshake.judgeCookie(now, cookie, this.state === 'closed' ? 0 : this.#local.tag, known);
    if (verdict === 'discard' || (verdict === 'restart' && this.state === 'shutdown-ack-sent')) return false;
    const setUp = this.#running() !== null;
    if (verdict === 'restart') this.#waiting.length = 0;
    this.#queue(cookie.remoteTag, (writer) => control.writeChunk(writer, ChunkType.CookieAck, nothing));
    if (verdict === 'establish' && setUp) return true;
    this.#local = { tag: cookie.localTag, initialTsn: cookie.localTsn };
    if (this.#transfer === null || cookie.remoteTag !== known || verdict === 'restart') {
      this.#transfer = this.#newTransfer(handshake.remoteOfCookie(cookie));
    }
    if (verdict === 'restart') this.#events.restarted();
    this.#established(now);
    return !this.#ended;
  }

  #established(now: number): void {
    this.state = 'established';
    this.#stateDeadline = never;
    this.#transfer!.start(now);
    this.#events.established();
  }

  #receiveShutdown(now: number, { sender }: Transfer, { value }: Chunk): boolean {
    if (value.length !== 4) {
      this.#abort('protocol-violation', ErrorCause.ProtocolViolation, 'malformed SHUTDOWN');
      return false;
    }
    sender.receiveSack(now, { cumulativeTsn: readUint32(value, 0), window: sender.peerWindow, gaps: [] });
    if (this.state === 'established' || this.state === 'shutdown-pending') this.state = 'shutdown-received';
    else if (this.state === 'shutdown-sent') this.#sendShutdownAck(now);
    return true;
  }

  #receiveShutdownAck(): void {
    if (this.state !== 'shutdown-sent' && this.state !== 'shutdown-ack-sent') return;
    this.#queueChunk(ChunkType.ShutdownComplete, nothing);
    this.#end('shutdown', '');
  }

  /** Goes on once everything is delivered (RFC 9260 §9.2). */
  #continueShutdown(now: number): void {
    const waits = this.state === 'shutdown-pending' || this.state === 'shutdown-received';
    if (!waits || this.#ended || !this.#transfer!.sender.idle) return;
    if (this.state === 'shutdown-received') {
      this.#sendShutdownAck(now);
      return;
    }
    const { remote, receiver } = this.#transfer!;
    this.#enter(now, 'shutdown-sent', () =>
      this.#queue(remote.tag, (writer) => control.writeShutdown(writer, receiver.cumulativeTsn)),
    );
  }

  #sendShutdownAck(now: number): void {
    this.#enter(now, 'shutdown-ack-sent', () => this.#queueChunk(ChunkType.ShutdownAck, nothing));
  }

  #stateTimedOut(now: number): void {
    this.#stateTimeouts++;
    const limit =
      this.state === 'cookie-wait' || this.state === 'cookie-echoed' ? maxInitRetransmits : maxRetransmits;
    if (this.#stateTimeouts > limit) {
      this.#end('lost', `no answer in state ${this.state}`);
      return;
    }
    this.#stateDeadline = now + Math.min(longestTimeoutMs, firstTimeoutMs * 2 ** this.#stateTimeouts);
    this.#sendAgain();
  }

  /** A state that waits for an answer to what `send` queues; without one it is queued again. */
  #enter(now: number, state: AssociationState, send: () => void): void {
    this.state = state;
    this.#stateTimeouts = 0;
    this.#stateDeadline = now + firstTimeoutMs;
    this.#sendAgain = send;
    send();
  }

  #writeInit(writer: PacketWriter, type: number, local: handshake.LocalEnd, cookie: Uint8Array | null): void {
    const { maxReceiveBytes, maxStreams } = this.#options;
    writeInit(writer, type, {
      ...{ initiateTag: local.tag, initialTsn: local.initialTsn, window: maxReceiveBytes, cookie },
      ...{ outboundStreams: maxStreams, inboundStreams: maxStreams },
    });
  }

  /** A packet with chunks that do not wait for others. */
  #queue(tag: number, write: (writer: PacketWriter) => void): void {
    if (this.#waiting.length >= maxWaitingPackets) return;
    this.#writer.begin(tag);
    write(this.#writer);
    this.#waiting.push(this.#writer.finish().slice());
  }

  /** A packet to the peer with this chunk alone. */
  #queueChunk(type: number, value: Uint8Array): void {
    this.#queue(this.#transfer!.remote.tag, (writer) => control.writeChunk(writer, type, value));
  }

  #newLocalEnd(): handshake.LocalEnd {
    const { randomUint32 } = this.#options;
    return { tag: randomUint32() || 1, initialTsn: randomUint32() };
  }

  #newTransfer(remote: handshake.RemoteEnd): Transfer {
    const queue = (write: (writer: PacketWriter) => void): void => this.#queue(remote.tag, write);
    return new Transfer(this.#options, this.#local.initialTsn, remote, this.#events, queue);
  }

  #abort(reason: AssociationEnd, cause: control.Cause, detail: string): void {
    if (this.#ended) return;
    const tag = this.#transfer?.remote.tag;
    this.#waiting.length = 0;
    if (tag !== undefined) this.#queue(tag, (writer) => control.writeAbort(writer, cause, detail));
    this.#end(reason, detail);
  }

  #end(reason: AssociationEnd, detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.state = 'closed';
    this.#transfer = null;
    this.#events.ended(reason, detail);
  }
}
