import { maxPrefixBytes, OutboxField, outboxCapacity, outboxStride, prefixArenaBytes } from './layout.ts';

/** A system call costs about as much as sending one packet; what it sends of these stays in the second-level cache. */
const worthwhileCount = 128;

/** What the queue needs of PacketIo; a test gives it plain arrays. */
export interface OutboxSink {
  readonly prefixes: Uint8Array;
  readonly outbox: Int32Array;
  flush(count: number): void;
}

/**
 * Collects outgoing datagrams as descriptors over shared memory. Write a prefix at `begin()`, then `commit()`:
 *
 *     const at = queue.begin();
 *     bytes[at] = …                        // bytes === queue.prefixes
 *     queue.commit(PacketKind.Rtp, transport, prefixLength, bodyOffset, bodyLength);
 *
 * Allocates nothing. Whoever drives the engine calls `flush()` after each batch and each timer run; a full
 * queue flushes itself.
 */
export class SendQueue {
  readonly prefixes: Uint8Array;
  readonly #prefixWords: DataView;
  readonly #outbox: Int32Array;
  readonly #sink: OutboxSink;
  #prefixEnd = 0;
  #count = 0;

  constructor(sink: OutboxSink) {
    this.#sink = sink;
    this.prefixes = sink.prefixes;
    const { buffer, byteOffset, byteLength } = sink.prefixes;
    this.#prefixWords = new DataView(buffer, byteOffset, byteLength);
    this.#outbox = sink.outbox;
  }

  /** Byte offset in `prefixes` where the next prefix (at most maxPrefixBytes) is to be written. */
  begin(): number {
    if (this.#count === outboxCapacity || this.#prefixEnd + maxPrefixBytes > prefixArenaBytes) this.flush();
    return this.#prefixEnd;
  }

  /** Queues prefix (as written since `begin()`) ++ arena[bodyOffset, bodyOffset + bodyLength). */
  commit(
    kind: number,
    transport: number,
    prefixLength: number,
    bodyOffset: number,
    bodyLength: number,
  ): void {
    const at = this.#count * outboxStride;
    const outbox = this.#outbox;
    outbox[at + OutboxField.Transport] = transport;
    outbox[at + OutboxField.Kind] = kind;
    outbox[at + OutboxField.PrefixOffset] = this.#prefixEnd;
    outbox[at + OutboxField.PrefixLength] = prefixLength;
    outbox[at + OutboxField.BodyOffset] = bodyOffset;
    outbox[at + OutboxField.BodyLength] = bodyLength;
    this.#prefixEnd += prefixLength;
    this.#count++;
  }

  /**
   * Queues a packet whose prefix is three words, in network byte order. Instead of begin() and commit(), where that is
   * all there is to write.
   */
  commitHeader(
    kind: number,
    transport: number,
    first: number,
    second: number,
    third: number,
    bodyOffset: number,
    bodyLength: number,
  ): void {
    const at = this.begin();
    const words = this.#prefixWords;
    words.setInt32(at, first);
    words.setInt32(at + 4, second);
    words.setInt32(at + 8, third);
    this.commit(kind, transport, 12, bodyOffset, bodyLength);
  }

  /** Datagrams waiting. */
  get length(): number {
    return this.#count;
  }

  /**
   * Sends what waits if that is enough for a system call to cost little by comparison: where one packet goes to many,
   * the first of them need not wait until all is decided for the last.
   */
  flushIfWorthwhile(): void {
    if (this.#count >= worthwhileCount) this.flush();
  }

  flush(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#prefixEnd = 0;
    this.#sink.flush(count);
  }
}
