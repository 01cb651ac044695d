import { maxPrefixBytes, OutboxField, outboxCapacity, outboxStride, prefixArenaBytes } from './layout.ts';

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
  readonly #outbox: Int32Array;
  readonly #sink: OutboxSink;
  #prefixEnd = 0;
  #count = 0;

  constructor(sink: OutboxSink) {
    this.#sink = sink;
    this.prefixes = sink.prefixes;
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

  /** Datagrams waiting. */
  get length(): number {
    return this.#count;
  }

  flush(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#prefixEnd = 0;
    this.#sink.flush(count);
  }
}
