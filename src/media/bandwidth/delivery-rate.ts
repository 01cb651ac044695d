import { arrivalTicksPerMs } from '../rtcp/transport-feedback.ts';
import { addTicks, timestampDelta } from '../rtp/serial-number.ts';

const bucketMs = 25;
const bucketTicks = bucketMs * arrivalTicksPerMs;
/** 1.6 seconds. */
const buckets = 64;
/** After so many buckets (seven hours) the origin is moved, long before ticks wrap. */
const rebaseAfter = 1 << 20;
/** Less than this says nothing about a rate. */
const minWindowMs = 100;

/**
 * The rate at which packets arrive at the remote (the acknowledged bit rate), by its own clock: bytes in buckets of
 * arrival time.
 */
export class DeliveryRate {
  readonly #bytes = new Int32Array(buckets);
  /** Ticks at which the first bucket began. */
  #origin = 0;
  /** Index since the origin of the newest bucket; -1 before the first packet. */
  #newest = -1;
  /** Index of the first bucket that counts: what was sent before says nothing any more. */
  #first = 0;
  #newestTicks = 0;

  add(arrivalTicks: number, bytes: number): void {
    if (this.#newest < 0) {
      this.#origin = arrivalTicks;
      this.#newest = 0;
      this.#first = 0;
      this.#newestTicks = arrivalTicks;
    }
    const since = timestampDelta(arrivalTicks, this.#origin);
    const bucket = Math.floor(since / bucketTicks);
    if (bucket <= this.#newest - buckets) return;
    if (bucket > this.#newest) this.#advance(bucket);
    if (timestampDelta(arrivalTicks, this.#newestTicks) > 0) this.#newestTicks = arrivalTicks;
    this.#bytes[bucket & (buckets - 1)] += bytes;
  }

  /** Bits per second over the last `windowMs` of arrivals; 0 where there were too few. */
  bitrate(windowMs: number): number {
    if (this.#newest < 0) return 0;
    const wanted = Math.min(buckets - 1, Math.round(windowMs / bucketMs));
    const from = Math.max(this.#first, this.#newest - wanted, 0);
    let bytes = 0;
    for (let bucket = from; bucket <= this.#newest; bucket++) bytes += this.#bytes[bucket & (buckets - 1)];
    const ticks = timestampDelta(this.#newestTicks, this.#origin) - from * bucketTicks;
    const ms = ticks / arrivalTicksPerMs;
    return ms < minWindowMs ? 0 : (bytes * 8000) / ms;
  }

  reset(): void {
    this.#bytes.fill(0);
    this.#newest = -1;
  }

  #advance(bucket: number): void {
    if (bucket - this.#newest >= buckets) {
      // A pause: what was before is of another time.
      this.#bytes.fill(0);
      this.#first = bucket;
    } else {
      for (let at = this.#newest + 1; at <= bucket; at++) this.#bytes[at & (buckets - 1)] = 0;
    }
    this.#newest = bucket;
    if (bucket >= rebaseAfter) this.#rebase();
  }

  #rebase(): void {
    const moved = this.#newest - (this.#newest % buckets) - buckets;
    this.#origin = addTicks(this.#origin, moved * bucketTicks);
    this.#newest -= moved;
    this.#first = Math.max(0, this.#first - moved);
  }
}
