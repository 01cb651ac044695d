/** Counts what one load subscriber receives, and how long it was under way. */
import type { DelayHistogram } from './delay-histogram.ts';
import type { LoadFeedback } from './load-feedback.ts';
import { rtxPayloadType } from './whip-session.ts';

/** Sequence numbers this far behind the highest are late, further are a jump (RFC 3550 A.1's MAX_DROPOUT). */
const maxDropout = 3000;

export class LoadSubscriber {
  readonly transport: number;
  /** Null for one that does not tell the server what arrives when. */
  readonly feedback: LoadFeedback | null;
  /** SSRC the server sends with; 0 until the first packet. */
  ssrc = 0;
  received = 0;
  #highest = -1;
  #expected = 0;

  constructor(transport: number, feedback: LoadFeedback | null) {
    this.transport = transport;
    this.feedback = feedback;
  }

  /** Packets that should have come since the last reset. */
  get expected(): number {
    return this.#expected;
  }

  /** Extended only as far as reports need it. */
  get highestSequenceNumber(): number {
    return this.#highest;
  }

  /** Takes one RTP packet at `offset` of `arena`. */
  receive(
    arena: DataView,
    offset: number,
    length: number,
    arrivalMicros: number,
    delays: DelayHistogram,
  ): void {
    this.feedback?.received(arena, offset, arrivalMicros);
    // Padding, which the server finds out with how much more there is room for.
    if ((arena.getUint8(offset + 1) & 0x7f) === rtxPayloadType) return;
    const sequenceNumber = arena.getUint16(offset + 2);
    if (this.#highest < 0) {
      this.ssrc = arena.getUint32(offset + 8);
      this.#expected++;
      this.#highest = sequenceNumber;
    } else {
      const ahead = (sequenceNumber - this.#highest) & 0xffff;
      if (ahead > 0 && ahead < maxDropout) {
        this.#expected += ahead;
        this.#highest = sequenceNumber;
      }
    }
    this.received++;
    delays.record(Math.round(arrivalMicros - arena.getFloat64(offset + length - 8)));
  }

  /** Begins a new measured window, with whichever packet comes next. */
  reset(): void {
    this.received = 0;
    this.#expected = 0;
    this.#highest = -1;
  }
}
