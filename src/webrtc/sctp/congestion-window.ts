/** Slow start, congestion avoidance and what losses do to them (RFC 9260 §7.2). All in bytes. */

/** As of RFC 6928, which is what browsers use; RFC 9260 allows 4404 bytes. */
const initialPackets = 10;
/** Beyond it a data channel would keep much of a send buffer in flight for nothing. */
const maxWindowBytes = 1 << 20;

export class CongestionWindow {
  bytes: number;
  slowStartThreshold = Number.POSITIVE_INFINITY;
  readonly #mtu: number;
  #partiallyAcknowledged = 0;
  /** The cumulative TSN that ends fast recovery; null outside it. */
  recoveryPoint: number | null = null;

  constructor(mtu: number) {
    this.#mtu = mtu;
    this.bytes = initialPackets * mtu;
  }

  /** `flightBytes` as it was before the acknowledgement: a window that was not used does not grow. */
  acknowledged(bytes: number, flightBytes: number): void {
    if (this.recoveryPoint !== null || flightBytes + this.#mtu < this.bytes) return;
    if (this.bytes <= this.slowStartThreshold) {
      this.#grow(Math.min(bytes, this.#mtu));
      return;
    }
    this.#partiallyAcknowledged += bytes;
    if (this.#partiallyAcknowledged < this.bytes) return;
    this.#partiallyAcknowledged -= this.bytes;
    this.#grow(this.#mtu);
  }

  /** Packets were found missing (RFC 9260 §7.2.3); once per window. */
  enterRecovery(highestTsn: number): void {
    this.recoveryPoint = highestTsn;
    this.#cut();
    this.bytes = this.slowStartThreshold;
  }

  timedOut(): void {
    this.recoveryPoint = null;
    this.#cut();
    this.bytes = this.#mtu;
  }

  /** Nothing is in flight any more. */
  emptied(): void {
    this.#partiallyAcknowledged = 0;
  }

  #cut(): void {
    this.slowStartThreshold = Math.max(this.bytes / 2, 4 * this.#mtu);
    this.#partiallyAcknowledged = 0;
  }

  #grow(bytes: number): void {
    this.bytes = Math.min(maxWindowBytes, this.bytes + bytes);
  }
}
