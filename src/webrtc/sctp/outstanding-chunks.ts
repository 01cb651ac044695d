/**
 * Chunks that were sent and are not yet acknowledged for good, in the order of their TSNs, which follow one
 * another: the table for retransmission (RFC 9260 §6.3) and for giving up (RFC 3758 §3.5).
 */
import type { OutgoingMessage } from './outgoing-message.ts';
import { dataHeaderBytes, padded } from './sctp-format.ts';
import { addTsn, tsnDelta } from './tsn.ts';

export const ChunkState = {
  InFlight: 0,
  /** Acknowledged by a gap block. */
  Acknowledged: 1,
  /** Lost: is sent again. */
  Lost: 2,
  /** Its message was given up. */
  Abandoned: 3,
} as const;

export interface OutstandingChunk {
  readonly tsn: number;
  readonly message: OutgoingMessage;
  /** The piece of the message's payload. */
  readonly start: number;
  readonly end: number;
  state: (typeof ChunkState)[keyof typeof ChunkState];
  sentAt: number;
  transmissions: number;
  /** Acknowledgements that showed it missing (RFC 9260 §7.2.4). */
  missed: number;
  /** Was sent again by fast retransmission, which happens once. */
  fastRetransmitted: boolean;
}

/** Bytes of a chunk on the wire, which is what windows count here. */
export function wireBytes({ start, end }: Pick<OutstandingChunk, 'start' | 'end'>): number {
  return padded(dataHeaderBytes + end - start);
}

const compactAfter = 256;

export class OutstandingChunks {
  /** Bytes on their way. */
  flightBytes = 0;
  /** Chunks in the state Lost, and in the state Acknowledged. */
  lostCount = 0;
  gapAcknowledgedCount = 0;
  readonly #chunks: OutstandingChunk[] = [];
  #head = 0;
  #firstTsn: number;
  /** No chunk before this TSN is lost. */
  #lostFrom: number;

  constructor(initialTsn: number) {
    this.#firstTsn = initialTsn;
    this.#lostFrom = initialTsn;
  }

  get size(): number {
    return this.#chunks.length - this.#head;
  }

  /** The TSN before the first outstanding one: all up to it are acknowledged. */
  get cumulativeTsn(): number {
    return addTsn(this.#firstTsn, -1);
  }

  get nextTsn(): number {
    return addTsn(this.#firstTsn, this.size);
  }

  /** The chunk `index` places after the first. */
  at(index: number): OutstandingChunk {
    return this.#chunks[this.#head + index];
  }

  /** How many of the chunks are at or before `tsn`. */
  countUpTo(tsn: number): number {
    return Math.min(this.size, Math.max(0, tsnDelta(tsn, this.cumulativeTsn)));
  }

  /** A new chunk, in flight. */
  add(message: OutgoingMessage, start: number, end: number, now: number): OutstandingChunk {
    if (start === 0) message.firstTsn = this.nextTsn;
    const chunk: OutstandingChunk = {
      ...{ tsn: this.nextTsn, message, start, end, state: ChunkState.InFlight },
      ...{ sentAt: now, transmissions: 1, missed: 0, fastRetransmitted: false },
    };
    this.#chunks.push(chunk);
    this.flightBytes += wireBytes(chunk);
    return chunk;
  }

  setState(chunk: OutstandingChunk, state: OutstandingChunk['state']): void {
    this.#count(chunk, -1);
    chunk.state = state;
    this.#count(chunk, 1);
    if (state === ChunkState.Lost && tsnDelta(chunk.tsn, this.#lostFrom) < 0) this.#lostFrom = chunk.tsn;
  }

  /** The first lost chunk, or null. */
  firstLost(): OutstandingChunk | null {
    if (this.lostCount === 0) {
      this.#lostFrom = this.nextTsn;
      return null;
    }
    let index = this.countUpTo(addTsn(this.#lostFrom, -1));
    while (this.at(index).state !== ChunkState.Lost) index++;
    this.#lostFrom = this.at(index).tsn;
    return this.at(index);
  }

  /** Does something for every outstanding chunk of a message. */
  forMessage(message: OutgoingMessage, action: (chunk: OutstandingChunk) => void): void {
    const before = this.countUpTo(addTsn(message.firstTsn, -1));
    for (let index = before; index < this.size && this.at(index).message === message; index++) {
      action(this.at(index));
    }
  }

  /** Takes out the first chunk; it is acknowledged. */
  removeFirst(): void {
    this.#count(this.at(0), -1);
    this.#chunks[this.#head++] = undefined as unknown as OutstandingChunk;
    this.#firstTsn = addTsn(this.#firstTsn, 1);
    if (this.#head < compactAfter && this.#head < this.#chunks.length) return;
    this.#chunks.splice(0, this.#head);
    this.#head = 0;
  }

  #count({ state, start, end }: OutstandingChunk, by: number): void {
    if (state === ChunkState.InFlight) this.flightBytes += by * wireBytes({ start, end });
    else if (state === ChunkState.Lost) this.lostCount += by;
    else if (state === ChunkState.Acknowledged) this.gapAcknowledgedCount += by;
  }
}
