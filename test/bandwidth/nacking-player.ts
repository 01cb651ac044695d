/**
 * A receiver of video that repairs what it misses, as libwebrtc does: it asks for each missing packet at once and again
 * every 100 ms whatever the RTT is (it knows none of its own), shows a picture once it and those before it are complete,
 * and asks for a key frame when it has shown none for long.
 */
import { big, readRtp } from '../../src/media/simulation.test.ts';

const repeatMs = 100;
const processMs = 20;
const maxRequests = 10;
/** Without a picture for so long it asks for a key frame; as long again until it asks anew. */
const stuckMs = 3000;
const maxMissing = 1000;

interface Packet {
  readonly timestamp: number;
  readonly startsFrame: boolean;
  readonly marker: boolean;
  readonly key: boolean;
  /** -1 and 0 where there are no temporal layers. */
  readonly baseIndex: number;
  readonly temporal: number;
}

interface Missing {
  askedMs: number;
  times: number;
}

export class NackingPlayer {
  /** When pictures were shown. */
  readonly shownMs: number[] = [];
  nacks = 0;
  keyFrameRequests = 0;
  /** Packets of the RTX stream, and those that were of use. */
  repeated = 0;
  repaired = 0;

  readonly #ssrc: number;
  readonly #rtxSsrc: number;
  readonly #packets = new Map<number, Packet>();
  readonly #missing = new Map<number, Missing>();
  /** Extended numbers: the highest that came, and the first of the next picture; -1 before the first key frame. */
  #highest = -1;
  #next = -1;
  /** TL0PICIDX of the last picture shown. */
  #baseIndex = -1;
  #processedMs = 0;
  #stuckSinceMs = -1;

  constructor(ssrc: number, rtxSsrc: number) {
    this.#ssrc = ssrc;
    this.#rtxSsrc = rtxSsrc;
  }

  receive(bytes: Uint8Array, nowMs: number): void {
    const { ssrc, sequenceNumber, payload, timestamp, marker } = readRtp(bytes);
    if (this.#stuckSinceMs < 0) this.#stuckSinceMs = nowMs;
    if (ssrc === this.#ssrc) this.#take(sequenceNumber, payload, timestamp, marker ?? false, nowMs);
    else if (ssrc === this.#rtxSsrc) {
      // Padding alone, or RFC 4588's original sequence number first.
      if ((bytes[0] & 0x20) !== 0) return;
      this.repeated++;
      this.#take((payload[0] << 8) | payload[1], payload.subarray(2), timestamp, marker ?? false, nowMs);
    }
  }

  /** What it has to say now, each as one RTCP packet. */
  feedback(nowMs: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    const sequences: number[] = [];
    const processes = nowMs - this.#processedMs >= processMs;
    if (processes) this.#processedMs = nowMs;
    for (const [sequence, missing] of this.#missing) {
      const due = missing.times === 0 || (processes && nowMs - missing.askedMs >= repeatMs);
      if (!due) continue;
      if (missing.times === maxRequests) {
        this.#missing.delete(sequence);
        continue;
      }
      missing.times++;
      missing.askedMs = nowMs;
      sequences.push(sequence & 0xffff);
    }
    this.nacks += sequences.length;
    for (const sequence of sequences) {
      out.push(this.#rtcp(0x81, 205, [...big(sequence, 2), 0, 0]));
    }
    if (this.#stuckSinceMs >= 0 && nowMs - this.#stuckSinceMs >= stuckMs) {
      this.#stuckSinceMs = nowMs;
      this.keyFrameRequests++;
      out.push(this.#rtcp(0x81, 206, []));
    }
    return out;
  }

  #rtcp(first: number, type: number, rest: readonly number[]): Uint8Array {
    const words = 2 + rest.length / 4;
    return Uint8Array.from([first, type, ...big(words, 2), ...big(1, 4), ...big(this.#ssrc, 4), ...rest]);
  }

  #take(sequence: number, payload: Uint8Array, timestamp: number, marker: boolean, nowMs: number): void {
    const extended = this.#highest < 0 ? 0x10000 + sequence : extend(sequence, this.#highest);
    const isMissing = this.#missing.delete(extended);
    if (this.#next >= 0 && extended < this.#next) return;
    if (this.#packets.has(extended)) return;
    if (isMissing) this.repaired++;
    // The S bit of VP8's payload descriptor (RFC 7741 §4.2), and the inverse key frame flag of its payload header.
    const startsFrame = (payload[0] & 0x10) !== 0;
    const layered = (payload[0] & 0x80) !== 0;
    const key = startsFrame && (payload[layered ? 6 : 1] & 1) === 0;
    const baseIndex = layered ? payload[4] : -1;
    const temporal = layered ? payload[5] >> 6 : 0;
    this.#packets.set(extended, { timestamp, startsFrame, marker, key, baseIndex, temporal });
    if (this.#highest >= 0) {
      for (let number = this.#highest + 1; number < extended; number++)
        this.#missing.set(number, { askedMs: 0, times: 0 });
    }
    if (this.#missing.size > maxMissing) this.#missing.clear();
    this.#highest = Math.max(this.#highest, extended);
    this.#show(nowMs);
  }

  #show(nowMs: number): void {
    for (;;) {
      let end = this.#next < 0 ? -1 : this.#completeFrom(this.#next);
      // A later key frame that is complete needs nothing before it, the next picture of the base layer only the last.
      if (end < 0) {
        const keys = [...this.#packets].filter(([, packet]) => this.#decodable(packet)).map(([n]) => n);
        for (const key of keys.sort((one, other) => one - other)) {
          end = this.#completeFrom(key);
          if (end >= 0) break;
        }
      }
      if (end < 0) return;
      this.#baseIndex = this.#packets.get(end)!.baseIndex;
      this.shownMs.push(nowMs);
      this.#stuckSinceMs = nowMs;
      this.#next = end + 1;
      for (const number of this.#packets.keys()) if (number <= end) this.#packets.delete(number);
      for (const number of this.#missing.keys()) if (number <= end) this.#missing.delete(number);
    }
  }

  #decodable({ key, startsFrame, temporal, baseIndex }: Packet): boolean {
    const next = baseIndex >= 0 && temporal === 0 && baseIndex === ((this.#baseIndex + 1) & 0xff);
    return key || (startsFrame && next && this.#next >= 0);
  }

  /** The number of the last packet of the picture that begins with `first`; -1 where it is not complete. */
  #completeFrom(first: number): number {
    if (this.#packets.get(first)?.startsFrame !== true) return -1;
    for (let number = first; ; number++) {
      const packet = this.#packets.get(number);
      if (packet === undefined) return -1;
      if (packet.marker) return number;
    }
  }
}

function extend(sequence: number, near: number): number {
  const difference = ((sequence - (near & 0xffff) + 0x18000) & 0xffff) - 0x8000;
  return near + difference;
}
