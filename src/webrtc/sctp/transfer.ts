/**
 * What an association consists of once the peer is known: sending, receiving, stream resets and heartbeats with
 * one peer. A restart of the peer replaces it as a whole.
 */
import * as control from './control-chunks.ts';
import { parseData, parseForwardTsn, parseSack } from './data-chunk.ts';
import { DataReceiver, type DataReceiverLimits } from './data-receiver.ts';
import { DataSender, type DataSenderLimits } from './data-sender.ts';
import type { RemoteEnd } from './handshake.ts';
import type { Chunk } from './packet-reader.ts';
import type { PacketWriter } from './packet-writer.ts';
import type { ReceivedMessage } from './reassembly.ts';
import { ChunkType, ErrorCause } from './sctp-format.ts';
import { StreamReset } from './stream-reset.ts';

export interface TransferOptions extends DataReceiverLimits, DataSenderLimits {
  readonly randomUint32: () => number;
}

export interface TransferEvents {
  message(message: ReceivedMessage): void;
  /** The peer has reset its outgoing streams; all of them where none are named. */
  incomingReset(streams: readonly number[]): void;
  /** Our streams have been reset, or the peer would not. */
  outgoingReset(streams: readonly number[], performed: boolean): void;
}

/** What became of a chunk: `stop` leaves the rest of its packet, anything longer ends the association. */
export type ChunkOutcome =
  | 'continue'
  | 'stop'
  | { readonly reason: 'protocol-violation' | 'limit-message-size'; readonly detail: string };

/** HB.interval of RFC 9260 §16. ICE finds a dead path sooner. */
const heartbeatIntervalMs = 30_000;

export class Transfer {
  readonly remote: RemoteEnd;
  readonly sender: DataSender;
  readonly receiver: DataReceiver;
  readonly reset: StreamReset;
  readonly #options: TransferOptions;
  /** Queues a packet that does not wait for others. */
  readonly #queue: (write: (writer: PacketWriter) => void) => void;
  #heartbeatDeadline = Number.POSITIVE_INFINITY;
  #heartbeat: { readonly nonce: number; readonly sentAt: number } | null = null;

  constructor(
    options: TransferOptions,
    localInitialTsn: number,
    remote: RemoteEnd,
    events: TransferEvents,
    queue: (write: (writer: PacketWriter) => void) => void,
  ) {
    this.#options = options;
    this.#queue = queue;
    this.remote = remote;
    this.sender = new DataSender(options, localInitialTsn, remote);
    this.receiver = new DataReceiver(options, remote.initialTsn, (message) => events.message(message));
    this.reset = new StreamReset(
      {
        nextTsn: () => this.sender.nextTsn,
        cumulativeTsn: () => this.receiver.cumulativeTsn,
        isDrained: (stream) => this.sender.streams.isDrained(stream),
        pause: (streams) => {
          for (const stream of streams) this.sender.streams.pause(stream);
        },
        outgoingDone: (streams, performed) => {
          for (const stream of streams) this.#outgoingDone(stream, performed);
          events.outgoingReset(streams, performed);
        },
        incomingReset: (streams) => {
          const named = streams.length > 0 ? streams : [...this.receiver.streams];
          for (const stream of named) this.receiver.resetStream(stream);
          events.incomingReset(streams);
        },
      },
      localInitialTsn,
      remote.initialTsn,
    );
  }

  /** The association is established: heartbeats begin. */
  start(now: number): void {
    this.#heartbeatDeadline = now + heartbeatIntervalMs;
  }

  receive(now: number, chunk: Chunk): ChunkOutcome {
    switch (chunk.type) {
      case ChunkType.Data: {
        const data = parseData(chunk);
        if (data === null) return malformed('DATA');
        const failure = this.receiver.receiveData(data);
        return failure === null ? 'continue' : { reason: failure, detail: failure };
      }
      case ChunkType.Sack: {
        const sack = parseSack(chunk);
        if (sack === null) return malformed('SACK');
        this.sender.receiveSack(now, sack);
        return 'continue';
      }
      case ChunkType.ForwardTsn: {
        const forward = parseForwardTsn(chunk);
        if (forward === null) return malformed('FORWARD TSN');
        this.receiver.receiveForwardTsn(forward);
        return 'continue';
      }
      case ChunkType.ReConfig:
        return this.reset.receive(chunk) ? 'continue' : malformed('RE-CONFIG');
      case ChunkType.Heartbeat:
        if (chunk.value.length > this.#options.mtu / 2) return 'stop';
        this.#queue((writer) => control.writeChunk(writer, ChunkType.HeartbeatAck, chunk.value));
        return 'continue';
      case ChunkType.HeartbeatAck:
        this.#receiveHeartbeatAck(now, chunk);
        return 'continue';
      case ChunkType.Error:
        return 'continue';
      default:
        return this.#unknownChunk(chunk);
    }
  }

  nextDeadline(): number {
    const { sender, receiver, reset } = this;
    return Math.min(
      this.#heartbeatDeadline,
      sender.nextDeadline(),
      receiver.nextDeadline(),
      reset.nextDeadline(),
    );
  }

  handleTimeout(now: number): void {
    if (this.#heartbeatDeadline <= now) this.#beat(now);
    this.sender.handleTimeout(now);
    this.reset.handleTimeout(now, this.sender.rto.ms);
  }

  /** Writes all that is due and fits into a packet that has been begun; whether there was anything. */
  write(now: number, writer: PacketWriter, mayReset: boolean): boolean {
    const { sender, receiver, reset } = this;
    const resetDue = mayReset && reset.writeDue();
    if (!receiver.sackDue(now) && !sender.sendDue(now) && !resetDue) return false;
    if (receiver.sackWaiting) receiver.writeSack(writer);
    if (resetDue) reset.write(now, sender.rto.ms, writer);
    sender.writeForwardTsn(now, writer);
    sender.writeData(now, writer);
    return !writer.empty;
  }

  #outgoingDone(stream: number, performed: boolean): void {
    if (performed) this.sender.streams.reset(stream);
    else this.sender.streams.resume(stream);
  }

  /** The two highest bits of a type say what to do where it is unknown (RFC 9260 §3.2). */
  #unknownChunk({ type, flags }: Chunk): ChunkOutcome {
    if ((type & 0x40) !== 0) {
      const header = Uint8Array.of(type, flags, 0, 4);
      this.#queue((writer) => control.writeError(writer, ErrorCause.UnrecognizedChunk, header));
    }
    return (type & 0x80) !== 0 ? 'continue' : 'stop';
  }

  #receiveHeartbeatAck(now: number, chunk: Chunk): void {
    if (this.#heartbeat === null || control.heartbeatNonce(chunk) !== this.#heartbeat.nonce) return;
    this.sender.rto.measure(now - this.#heartbeat.sentAt);
    this.sender.timeouts = 0;
    this.#heartbeat = null;
  }

  #beat(now: number): void {
    if (this.#heartbeat !== null) this.sender.timeouts++;
    const nonce = this.#options.randomUint32();
    this.#heartbeat = { nonce, sentAt: now };
    this.#heartbeatDeadline = now + heartbeatIntervalMs + this.sender.rto.ms;
    this.#queue((writer) => control.writeHeartbeat(writer, nonce));
  }
}

function malformed(what: string): ChunkOutcome {
  return { reason: 'protocol-violation', detail: `malformed ${what}` };
}
