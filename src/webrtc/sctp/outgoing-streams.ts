/**
 * Messages that wait to be sent, by stream. Streams take turns message by message: the fragments of one message
 * follow one another, since DATA cannot be interleaved (RFC 9260 §6.9).
 */
import { costOf, type OutgoingMessage } from './outgoing-message.ts';
import { nextSsn } from './tsn.ts';

interface OutgoingStream {
  readonly id: number;
  /** From `head` on they wait; the first may be partly sent. */
  readonly messages: OutgoingMessage[];
  head: number;
  nextSsn: number;
  /** Waits for its numbers to start again (RFC 6525): nothing new is sent until then. */
  paused: boolean;
  /** Payload bytes not yet made into fragments. */
  bytes: number;
}

const compactAfter = 64;

export class OutgoingStreams {
  /** Cost of everything that waits. */
  cost = 0;
  /** Messages whose lifetime ended before they were sent. */
  expired = 0;
  readonly #streams = new Map<number, OutgoingStream>();
  /** Streams with something to send, next first. */
  #turns: OutgoingStream[] = [];

  /** Payload bytes of one stream that have not been sent yet. */
  bytesOf(stream: number): number {
    return this.#streams.get(stream)?.bytes ?? 0;
  }

  add(message: OutgoingMessage): void {
    const stream = this.#stream(message.stream);
    stream.messages.push(message);
    stream.bytes += message.payload.length;
    this.cost += costOf(message);
    if (!stream.paused && !this.#turns.includes(stream)) this.#turns.push(stream);
  }

  /** The message whose turn it is, or null. Messages that have expired unsent are dropped on the way. */
  next(now: number): OutgoingMessage | null {
    while (this.#turns.length > 0) {
      const stream = this.#turns[0];
      const message = stream.messages[stream.head];
      if (message === undefined) this.#turns.shift();
      else if (message.fragmented > 0 || message.expiresAt > now) return message;
      else {
        this.expired++;
        this.#remove(stream);
      }
    }
    return null;
  }

  /** The next `bytes` of the message whose turn it is are sent; the last of them end its turn. */
  take(bytes: number): void {
    const stream = this.#turns[0];
    const message = stream.messages[stream.head];
    if (message.fragmented === 0 && message.ordered) {
      message.ssn = stream.nextSsn;
      stream.nextSsn = nextSsn(stream.nextSsn);
    }
    message.fragmented += bytes;
    stream.bytes -= bytes;
    if (message.fragmented === message.payload.length) this.#endTurn(stream);
  }

  /** Gives up what is left of a message that is partly sent, and so has the turn. */
  dropRest(message: OutgoingMessage): void {
    const stream = this.#streams.get(message.stream);
    if (stream?.messages[stream.head] !== message) return;
    stream.bytes -= message.payload.length - message.fragmented;
    message.fragmented = message.payload.length;
    this.#endTurn(stream);
  }

  /** Drops the oldest message of a stream that has not begun to be sent; whether there was one. */
  dropOldest(id: number): boolean {
    const stream = this.#streams.get(id);
    if (stream === undefined) return false;
    const begun = stream.messages[stream.head]?.fragmented > 0 ? 1 : 0;
    const message = stream.messages[stream.head + begun];
    if (message === undefined) return false;
    stream.messages.splice(stream.head + begun, 1);
    stream.bytes -= message.payload.length;
    this.cost -= costOf(message);
    return true;
  }

  /** Drops all of a stream that has not begun to be sent. */
  dropWaiting(id: number): void {
    while (this.dropOldest(id));
  }

  /** Whether a stream has nothing to send. */
  isDrained(id: number): boolean {
    const stream = this.#streams.get(id);
    return stream === undefined || stream.head === stream.messages.length;
  }

  /** Sends nothing more of a drained stream until it is reset. */
  pause(id: number): void {
    const stream = this.#stream(id);
    stream.paused = true;
    this.#turns = this.#turns.filter((turn) => turn !== stream);
  }

  /** The stream's numbers start again from 0. */
  reset(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (this.isDrained(id)) {
      this.#streams.delete(id);
      return;
    }
    stream.nextSsn = 0;
    this.resume(id);
  }

  /** The stream goes on as it was. */
  resume(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || !stream.paused) return;
    stream.paused = false;
    this.#turns.push(stream);
  }

  get empty(): boolean {
    for (const id of this.#streams.keys()) if (!this.isDrained(id)) return false;
    return true;
  }

  #stream(id: number): OutgoingStream {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = { id, messages: [], head: 0, nextSsn: 0, paused: false, bytes: 0 };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  #endTurn(stream: OutgoingStream): void {
    this.#remove(stream);
    this.#turns = this.#turns.filter((turn) => turn !== stream);
    if (!this.isDrained(stream.id) && !stream.paused) this.#turns.push(stream);
  }

  /** Takes the first message out. */
  #remove(stream: OutgoingStream): void {
    const message = stream.messages[stream.head];
    stream.bytes -= message.payload.length - message.fragmented;
    this.cost -= costOf(message);
    stream.messages[stream.head++] = undefined as unknown as OutgoingMessage;
    if (stream.head < compactAfter && stream.head < stream.messages.length) return;
    stream.messages.splice(0, stream.head);
    stream.head = 0;
  }
}
