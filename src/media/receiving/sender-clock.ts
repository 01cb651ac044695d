import { addTicks, timestampDelta } from '../rtp/serial-number.ts';

const millisPerNtpSecond = 1000;
const fractionsPerSecond = 0x1_0000_0000;

/**
 * How a publisher's RTP timestamps map to its NTP clock: what its last sender report said, carried on to now
 * (RFC 3550 §6.4.1).
 */
export class SenderClock {
  known = false;
  /** Middle 32 bits of the report's NTP time, for LSR. */
  compactNtp = 0;
  receivedMs = 0;
  #ntpMs = 0;
  #timestamp = 0;

  /** Takes a sender report; the two halves of its NTP time as signed integers. */
  report(ntpHigh: number, ntpLow: number, timestamp: number, nowMs: number): void {
    this.known = true;
    this.compactNtp = compactNtp(ntpHigh, ntpLow);
    this.receivedMs = nowMs;
    this.#ntpMs =
      (ntpHigh >>> 0) * millisPerNtpSecond + ((ntpLow >>> 0) / fractionsPerSecond) * millisPerNtpSecond;
    this.#timestamp = timestamp;
  }

  forget(): void {
    this.known = false;
  }

  /** The publisher's NTP time now, in ms since 1900. */
  ntpMsAt(nowMs: number): number {
    return this.#ntpMs + (nowMs - this.receivedMs);
  }

  /** The publisher's RTP timestamp now. */
  timestampAt(nowMs: number, clockRate: number): number {
    return addTicks(this.#timestamp, Math.round(((nowMs - this.receivedMs) * clockRate) / 1000));
  }

  /** How much is to be added to timestamps of this stream to get those of `other`, of the same publisher, in ticks. */
  ticksBehind(other: SenderClock, clockRate: number): number {
    const elapsed = Math.round(((this.#ntpMs - other.#ntpMs) * clockRate) / 1000);
    return timestampDelta(addTicks(other.#timestamp, elapsed), this.#timestamp);
  }
}

/** The middle 32 bits of a 64-bit NTP time, as a signed integer. */
export function compactNtp(ntpHigh: number, ntpLow: number): number {
  return (ntpHigh << 16) | (ntpLow >>> 16);
}

/** Whole seconds of an NTP time in ms, as a signed 32-bit integer. */
export function ntpHigh(ntpMs: number): number {
  return Math.floor(ntpMs / millisPerNtpSecond) | 0;
}

/** The fraction of a second, in units of 2^-32 s, as a signed 32-bit integer. */
export function ntpLow(ntpMs: number): number {
  const fraction = (ntpMs % millisPerNtpSecond) / millisPerNtpSecond;
  return Math.floor(fraction * fractionsPerSecond) | 0;
}
