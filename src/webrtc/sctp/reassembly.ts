/**
 * Puts user messages together from their fragments and brings ordered ones into the order of their stream
 * (RFC 9260 §6.5, §6.9). Fragments of one message have TSNs that follow one another, so what has arrived is kept
 * as runs that grow at either end; each fragment costs a constant time, in whatever order they come.
 */
import type { DataChunk } from './data-chunk.ts';
import { addTsn, nextSsn, ssnDelta, tsnDelta } from './tsn.ts';

export interface ReceivedMessage {
  readonly stream: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
}

/** Why the peer's data cannot be taken; the association ends over it. */
export type ReassemblyFailure = 'protocol-violation' | 'limit-message-size';

interface Fragment {
  readonly payload: Uint8Array;
  next: Fragment | null;
}

/** Fragments with adjacent TSNs that belong to one message. */
interface Run {
  readonly stream: number;
  readonly ssn: number;
  readonly protocol: number;
  readonly unordered: boolean;
  readonly first: number;
  last: number;
  begins: boolean;
  ends: boolean;
  bytes: number;
  count: number;
  readonly head: Fragment;
  tail: Fragment;
}

interface IncomingStream {
  nextSsn: number;
  /** Complete messages that came before their turn, by stream sequence number. */
  readonly early: Map<number, ReceivedMessage>;
}

/** What a fragment or message that is held costs beside its bytes, so that many small ones are bounded too. */
export const heldOverheadBytes = 64;

export class Reassembly {
  /** Bytes held, overhead included. */
  heldBytes = 0;
  readonly #maxMessageBytes: number;
  readonly #deliver: (message: ReceivedMessage) => void;
  readonly #runsByFirst = new Map<number, Run>();
  readonly #runsByLast = new Map<number, Run>();
  readonly #streams = new Map<number, IncomingStream>();

  constructor(maxMessageBytes: number, deliver: (message: ReceivedMessage) => void) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#deliver = deliver;
  }

  /** Takes a chunk whose TSN has not come before, and copies its payload. */
  add(chunk: DataChunk): ReassemblyFailure | null {
    const { tsn, stream, ssn, protocol, unordered } = chunk;
    if (chunk.payload.length > this.#maxMessageBytes) return 'limit-message-size';
    const payload = chunk.payload.slice();
    if (chunk.begin && chunk.end) {
      this.#complete(stream, ssn, unordered, { stream, protocol, payload });
      return null;
    }
    const fragment: Fragment = { payload, next: null };
    let run: Run = {
      ...{ stream, ssn, protocol, unordered, first: tsn, last: tsn, begins: chunk.begin, ends: chunk.end },
      ...{ bytes: payload.length, count: 1, head: fragment, tail: fragment },
    };
    this.heldBytes += payload.length + heldOverheadBytes;
    const before = run.begins ? undefined : this.#runsByLast.get(addTsn(tsn, -1));
    const after = run.ends ? undefined : this.#runsByFirst.get(addTsn(tsn, 1));
    if ((before && !follows(before, run)) || (after && !follows(run, after))) return 'protocol-violation';
    if (before) run = this.#join(before, run);
    if (after) run = this.#join(run, after);
    if (run.bytes > this.#maxMessageBytes) return 'limit-message-size';
    if (run.begins && run.ends) this.#finish(run);
    else this.#keep(run);
    return null;
  }

  /** The sender gave up what lies at or before `cumulativeTsn` (RFC 3758 §3.6). */
  skip(cumulativeTsn: number, skipped: ReadonlyMap<number, number>): void {
    for (const run of this.#runsByFirst.values()) {
      if (tsnDelta(run.first, cumulativeTsn) > 0) continue;
      this.#forget(run);
      this.heldBytes -= run.bytes + run.count * heldOverheadBytes;
    }
    for (const [id, ssn] of skipped) {
      const stream = this.#stream(id);
      this.#deliverUpTo(stream, ssn);
      if (ssnDelta(ssn, stream.nextSsn) >= 0) stream.nextSsn = nextSsn(ssn);
      this.#deliverNext(stream);
    }
  }

  /** The sender numbers a stream's messages from 0 again (RFC 6525 §5.2.2). */
  resetStream(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    for (const { payload } of stream.early.values()) this.heldBytes -= payload.length + heldOverheadBytes;
    this.#streams.delete(id);
  }

  /** The streams that have state. */
  get streams(): Iterable<number> {
    return this.#streams.keys();
  }

  #keep(run: Run): void {
    this.#runsByFirst.set(run.first, run);
    this.#runsByLast.set(run.last, run);
  }

  #forget(run: Run): void {
    this.#runsByFirst.delete(run.first);
    this.#runsByLast.delete(run.last);
  }

  /** One run of two that are next to each other; both are out of the tables then. */
  #join(left: Run, right: Run): Run {
    this.#forget(left);
    this.#forget(right);
    left.tail.next = right.head;
    left.tail = right.tail;
    left.last = right.last;
    left.ends = right.ends;
    left.bytes += right.bytes;
    left.count += right.count;
    return left;
  }

  #finish(run: Run): void {
    this.heldBytes -= run.bytes + run.count * heldOverheadBytes;
    const payload = new Uint8Array(run.bytes);
    let at = 0;
    for (let fragment: Fragment | null = run.head; fragment !== null; fragment = fragment.next) {
      payload.set(fragment.payload, at);
      at += fragment.payload.length;
    }
    const { stream, protocol } = run;
    this.#complete(stream, run.ssn, run.unordered, { stream, protocol, payload });
  }

  #complete(id: number, ssn: number, unordered: boolean, message: ReceivedMessage): void {
    if (unordered) {
      this.#deliver(message);
      return;
    }
    const stream = this.#stream(id);
    const ahead = ssnDelta(ssn, stream.nextSsn);
    // A number that was passed has been given up by its sender; a second message of one number is a lie.
    if (ahead < 0 || stream.early.has(ssn)) return;
    if (ahead > 0) {
      stream.early.set(ssn, message);
      this.heldBytes += message.payload.length + heldOverheadBytes;
      return;
    }
    stream.nextSsn = nextSsn(ssn);
    this.#deliver(message);
    this.#deliverNext(stream);
  }

  #deliverNext(stream: IncomingStream): void {
    while (stream.early.size > 0) {
      const message = this.#takeEarly(stream, stream.nextSsn);
      if (message === null) return;
      stream.nextSsn = nextSsn(stream.nextSsn);
      this.#deliver(message);
    }
  }

  /** Delivers, in order, what waits at or before `ssn`, whatever is missing in between. */
  #deliverUpTo(stream: IncomingStream, ssn: number): void {
    if (stream.early.size === 0 || ssnDelta(ssn, stream.nextSsn) < 0) return;
    const due = [...stream.early.keys()].filter((early) => ssnDelta(early, ssn) <= 0);
    due.sort(ssnDelta);
    for (const early of due) {
      const message = this.#takeEarly(stream, early);
      stream.nextSsn = nextSsn(early);
      if (message !== null) this.#deliver(message);
    }
  }

  #takeEarly(stream: IncomingStream, ssn: number): ReceivedMessage | null {
    const message = stream.early.get(ssn);
    if (message === undefined) return null;
    stream.early.delete(ssn);
    this.heldBytes -= message.payload.length + heldOverheadBytes;
    return message;
  }

  #stream(id: number): IncomingStream {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = { nextSsn: 0, early: new Map() };
      this.#streams.set(id, stream);
    }
    return stream;
  }
}

/** Whether `right` may continue the message of `left`. */
function follows(left: Run, right: Run): boolean {
  return (
    !left.ends &&
    !right.begins &&
    left.stream === right.stream &&
    left.unordered === right.unordered &&
    (left.unordered || left.ssn === right.ssn)
  );
}
