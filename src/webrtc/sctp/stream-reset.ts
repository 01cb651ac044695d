/**
 * Resets of streams (RFC 6525), by which data channels are closed (RFC 8831 §6.7): our own outgoing streams by
 * requests, one at a time, and the peer's by answering its requests.
 */
import { type Chunk, parseParameters, readUint16, readUint32 } from './packet-reader.ts';
import type { PacketWriter } from './packet-writer.ts';
import { ChunkType, ParameterType, ReConfigResult } from './sctp-format.ts';
import { addTsn, tsnDelta } from './tsn.ts';

/** Streams of one request; more follow with the next. */
const maxStreamsPerRequest = 128;
const requestHeaderBytes = 12;
const longestRetryMs = 10_000;

export interface StreamResetHost {
  /** The next TSN we send. */
  nextTsn(): number;
  /** All of the peer's TSNs up to this one have arrived. */
  cumulativeTsn(): number;
  /** Whether all messages of an outgoing stream have been sent. */
  isDrained(stream: number): boolean;
  /** Nothing new is to be sent on these streams. */
  pause(streams: readonly number[]): void;
  /** The peer has agreed (the streams begin anew), or not (they go on as they were). */
  outgoingDone(streams: readonly number[], performed: boolean): void;
  /** The peer has reset its outgoing streams; all of them where none are named. */
  incomingReset(streams: readonly number[]): void;
}

interface Request {
  readonly sequenceNumber: number;
  readonly lastTsn: number;
  readonly streams: readonly number[];
}

export class StreamReset {
  readonly #host: StreamResetHost;
  /** Streams to be reset once they are drained. */
  readonly #wanted = new Set<number>();
  #request: Request | null = null;
  #nextRequestNumber: number;
  #deadline = Number.POSITIVE_INFINITY;
  #requestDue = false;
  /** In a row. Whether the peer is still there is for data and heartbeats to find out. */
  #timeouts = 0;
  /** What to answer with the next packet. */
  #response: { sequenceNumber: number; result: number } | null = null;
  #nextPeerNumber: number;
  #lastResult: number = ReConfigResult.NothingToDo;

  constructor(host: StreamResetHost, localInitialTsn: number, peerInitialTsn: number) {
    this.#host = host;
    // RFC 6525 §4.1: request numbers begin with the initial TSN.
    this.#nextRequestNumber = localInitialTsn;
    this.#nextPeerNumber = peerInitialTsn;
  }

  /** Resets an outgoing stream as soon as what was queued on it is sent. */
  want(stream: number): void {
    if (this.#request?.streams.includes(stream) !== true) this.#wanted.add(stream);
  }

  nextDeadline(): number {
    return this.#deadline;
  }

  handleTimeout(now: number, retryMs: number): void {
    if (this.#deadline > now) return;
    this.#timeouts++;
    this.#requestDue = this.#request !== null;
    const backedOffMs = Math.min(longestRetryMs, retryMs * 2 ** Math.min(this.#timeouts, 8));
    this.#deadline = this.#requestDue ? now + backedOffMs : Number.POSITIVE_INFINITY;
  }

  /** Whether write() has something for the next packet. */
  writeDue(): boolean {
    if (this.#request === null && this.#wanted.size > 0) this.#makeRequest();
    return this.#requestDue || this.#response !== null;
  }

  /** Writes a RE-CONFIG chunk with the request, the answer or both, if they fit. */
  write(now: number, retryMs: number, writer: PacketWriter): void {
    if (!this.writeDue()) return;
    const request = this.#requestDue ? this.#request : null;
    const bytes =
      4 + (this.#response ? requestHeaderBytes : 0) + (request ? 16 + 2 * request.streams.length : 0);
    if (writer.room < bytes + 4) return;
    writer.beginChunk(ChunkType.ReConfig);
    if (this.#response !== null) {
      writer.parameter(
        ParameterType.ReConfigResponse,
        uint32s(this.#response.sequenceNumber, this.#response.result),
      );
      this.#response = null;
    }
    if (request !== null) {
      writer.parameter(ParameterType.OutgoingReset, requestValue(request, addTsn(this.#nextPeerNumber, -1)));
      this.#requestDue = false;
      this.#deadline = Math.min(this.#deadline, now + retryMs);
    }
    writer.endChunk();
  }

  /** Takes a RE-CONFIG chunk; whether it was well-formed. */
  receive({ value }: Chunk): boolean {
    const parameters = parseParameters(value, 0);
    // RFC 6525 §3.1: one request, one answer, or one of each.
    if (parameters === null || parameters.length > 2) return false;
    for (const parameter of parameters) {
      if (parameter.value.length < 4) return false;
      const number = readUint32(parameter.value, 0);
      if (parameter.type === ParameterType.ReConfigResponse) {
        if (parameter.value.length < 8) return false;
        this.#receiveResponse(number, readUint32(parameter.value, 4));
      } else if (
        parameter.type >= ParameterType.OutgoingReset &&
        parameter.type <= ParameterType.AddIncoming
      ) {
        this.#answer(number, parameter.type, parameter.value);
      }
    }
    return true;
  }

  #makeRequest(): void {
    const streams = [...this.#wanted]
      .filter((stream) => this.#host.isDrained(stream))
      .slice(0, maxStreamsPerRequest);
    if (streams.length === 0) return;
    for (const stream of streams) this.#wanted.delete(stream);
    this.#host.pause(streams);
    this.#request = {
      sequenceNumber: this.#nextRequestNumber,
      lastTsn: addTsn(this.#host.nextTsn(), -1),
      streams,
    };
    this.#nextRequestNumber = addTsn(this.#nextRequestNumber, 1);
    this.#requestDue = true;
    this.#timeouts = 0;
  }

  #receiveResponse(number: number, result: number): void {
    const request = this.#request;
    if (request === null || number !== request.sequenceNumber) return;
    this.#timeouts = 0;
    // The peer waits for TSNs on their way; the timer asks again.
    if (result === ReConfigResult.InProgress) return;
    this.#request = null;
    this.#requestDue = false;
    this.#deadline = Number.POSITIVE_INFINITY;
    const performed = result === ReConfigResult.Performed || result === ReConfigResult.NothingToDo;
    this.#host.outgoingDone(request.streams, performed);
  }

  #answer(number: number, type: number, value: Uint8Array): void {
    const ahead = tsnDelta(number, this.#nextPeerNumber);
    const repeated = ahead === -1;
    let result: number;
    if (ahead !== 0 && !repeated) result = ReConfigResult.BadSequenceNumber;
    else if (repeated && this.#lastResult !== ReConfigResult.InProgress) result = this.#lastResult;
    else {
      result = type === ParameterType.OutgoingReset ? this.#resetIncoming(value) : ReConfigResult.Denied;
      this.#lastResult = result;
      if (!repeated) this.#nextPeerNumber = addTsn(this.#nextPeerNumber, 1);
    }
    this.#response = { sequenceNumber: number, result };
  }

  #resetIncoming(value: Uint8Array): number {
    if (value.length < requestHeaderBytes || value.length % 2 !== 0) return ReConfigResult.Denied;
    // What was sent before the reset has to be delivered before it.
    if (tsnDelta(readUint32(value, 8), this.#host.cumulativeTsn()) > 0) return ReConfigResult.InProgress;
    const streams: number[] = [];
    for (let at = requestHeaderBytes; at < value.length; at += 2) streams.push(readUint16(value, at));
    this.#host.incomingReset(streams);
    return ReConfigResult.Performed;
  }
}

/** | request number(4) | number of the peer's last request(4) | last TSN(4) | stream(2) … | */
function requestValue({ sequenceNumber, lastTsn, streams }: Request, peerNumber: number): Uint8Array {
  const value = new Uint8Array(requestHeaderBytes + 2 * streams.length);
  value.set(uint32s(sequenceNumber, peerNumber, lastTsn));
  const view = new DataView(value.buffer);
  for (const [index, stream] of streams.entries()) view.setUint16(requestHeaderBytes + 2 * index, stream);
  return value;
}

function uint32s(...numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (const [index, number] of numbers.entries()) view.setUint32(4 * index, number);
  return new Uint8Array(view.buffer);
}
