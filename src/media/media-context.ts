import type { SendQueue } from '../packet-io/send-queue.ts';
import type { MediaCounters } from './media-counters.ts';

/** What all transports of one engine share. */
export interface MediaContext {
  /** PacketIo.arena: the slots of the packet ring, then others. */
  readonly arena: Uint8Array;
  readonly slotCount: number;
  /** PacketIo.inbox. */
  readonly inbox: Int32Array;
  /** PacketIo.arrivals: monotonic microseconds. */
  readonly arrivals: Float64Array;
  readonly sendQueue: SendQueue;
  /** Engine time, set by the engine before each batch and timer run. */
  readonly clock: MediaClock;
  /** The latest packet number the ring holds; decides whether a packet is still there. */
  readonly ring: { newest: number };
  readonly counters: MediaCounters;
  /** Uniform 32-bit integers, for SSRCs and initial sequence numbers. */
  randomUint32(): number;
}

export interface MediaClock {
  /** Monotonic milliseconds, on the clock of `arrivals`. */
  nowMs: number;
  /** Added to nowMs gives milliseconds since 1900, the epoch of NTP. */
  readonly ntpOffsetMs: number;
}
