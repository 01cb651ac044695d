import { extendSequence, firstExtended, toSequence } from '../rtp/serial-number.ts';

/** Sequence numbers remembered: 1.5 s of a 10 Mbit/s stream. A power of two. */
const windowPackets = 2048;

/** What a sequence number is, next to those before it. */
export const Arrival = {
  Newest: 0,
  Late: 1,
  Duplicate: 2,
  TooLate: 3,
  /** Far ahead: dropped until the number after it confirms it. */
  Jump: 4,
  /** The newest, and the first of a new run of numbers. */
  Restart: 5,
} as const;

/**
 * Which of the last sequence numbers of a stream arrived: extends them, and finds duplicates. A jump of more
 * than the window is believed when the number after it follows (RFC 3550 appendix A.1), and is then the start
 * of a new run.
 */
export class ReceiveWindow {
  /** Highest extended sequence number; -1 before the first packet. */
  highest = -1;
  /** Of the packet last given to accept(). */
  extended = 0;

  readonly #received = new Uint32Array(windowPackets / 32);
  #afterJump = -1;

  /**
   * Takes note of a sequence number: one of Arrival. `extended` has its extended form if it is Newest, Late or
   * Restart. `repaired` says that it came by RTX, and so proves no jump.
   */
  accept(sequenceNumber: number, repaired: boolean): number {
    if (this.highest < 0) {
      if (repaired) return Arrival.TooLate;
      this.#start(sequenceNumber);
      return Arrival.Restart;
    }
    const extended = extendSequence(sequenceNumber, this.highest);
    const ahead = extended - this.highest;
    if (ahead > windowPackets || ahead < -windowPackets) {
      if (repaired) return Arrival.TooLate;
      if (sequenceNumber !== this.#afterJump) {
        this.#afterJump = toSequence(sequenceNumber + 1);
        return ahead > 0 ? Arrival.Jump : Arrival.TooLate;
      }
      this.restart();
      this.#start(sequenceNumber);
      return Arrival.Restart;
    }
    this.extended = extended;
    if (ahead > 0) {
      this.#advance(extended);
      return Arrival.Newest;
    }
    if (ahead === -windowPackets) return Arrival.TooLate;
    const word = (extended & (windowPackets - 1)) >>> 5;
    const bit = 1 << (extended & 31);
    if ((this.#received[word] & bit) !== 0) return Arrival.Duplicate;
    this.#received[word] |= bit;
    return Arrival.Late;
  }

  /** Forgets everything: the next packet is the first. */
  restart(): void {
    this.highest = -1;
    this.#afterJump = -1;
    this.#received.fill(0);
  }

  #start(sequenceNumber: number): void {
    this.#afterJump = -1;
    this.extended = firstExtended(sequenceNumber);
    this.highest = this.extended - 1;
    this.#advance(this.extended);
  }

  #advance(extended: number): void {
    this.#afterJump = -1;
    const received = this.#received;
    for (let passed = this.highest + 1; passed < extended; passed++) {
      received[(passed & (windowPackets - 1)) >>> 5] &= ~(1 << (passed & 31));
    }
    received[(extended & (windowPackets - 1)) >>> 5] |= 1 << (extended & 31);
    this.highest = extended;
  }
}
