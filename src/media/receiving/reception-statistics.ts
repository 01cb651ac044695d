import { timestampDelta } from '../rtp/serial-number.ts';

/**
 * Loss and jitter of one received stream for its report blocks (RFC 3550 §6.4.1, appendices A.3 and A.8).
 * Counts what the network delivered: a packet repaired by RTX was lost.
 */
export class ReceptionStatistics {
  /** Packets that arrived by themselves, and payload bytes of all that arrived. */
  packets = 0;
  bytes = 0;
  /** Interarrival jitter in ticks of the RTP clock. */
  jitter = 0;

  #firstExtended = -1;
  #highest = -1;
  #expectedBefore = 0;
  #packetsBefore = 0;
  #lastTimestamp = 0;
  #lastArrivalMicros = 0;

  /** A packet that is the newest so far; its arrival is `arrivals[index]`. */
  newest(
    extended: number,
    timestamp: number,
    clockRate: number,
    arrivals: Float64Array,
    index: number,
  ): void {
    if (this.#firstExtended < 0) {
      this.#firstExtended = extended;
      this.#lastTimestamp = timestamp;
      this.#lastArrivalMicros = arrivals[index];
    } else if (timestamp !== this.#lastTimestamp) {
      // Packets of one frame share a timestamp but are sent one after the other: only the first is compared.
      const arrivalTicks = ((arrivals[index] - this.#lastArrivalMicros) * clockRate) / 1_000_000;
      const difference = Math.abs(arrivalTicks - timestampDelta(timestamp, this.#lastTimestamp));
      // A leap of the timestamp (a new encoder) says nothing about the network.
      if (difference < clockRate * 10) this.jitter += (difference - this.jitter) / 16;
      this.#lastTimestamp = timestamp;
      this.#lastArrivalMicros = arrivals[index];
    }
    this.#highest = extended;
    this.packets++;
  }

  /** A packet that arrived after a later one. */
  late(): void {
    this.packets++;
  }

  /** The numbering starts anew. */
  restart(): void {
    this.#firstExtended = -1;
    this.#highest = -1;
    this.#expectedBefore = 0;
    this.#packetsBefore = 0;
    this.packets = 0;
  }

  /** Cumulative number of packets lost; negative where late ones from before the first arrived. */
  get lost(): number {
    return this.#expected - this.packets;
  }

  /** The extended highest sequence number, as report blocks want it: cycles from 0. */
  get reportedHighest(): number {
    return this.#highest - 0x10000;
  }

  /** The fraction lost since this was last asked, of 256. */
  takeFractionLost(): number {
    const expected = this.#expected - this.#expectedBefore;
    const lost = expected - (this.packets - this.#packetsBefore);
    this.#expectedBefore = this.#expected;
    this.#packetsBefore = this.packets;
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected));
  }

  get #expected(): number {
    return this.#firstExtended < 0 ? 0 : this.#highest - this.#firstExtended + 1;
  }
}
