/**
 * What libwebrtc does with pictures of several frames (its FrameBuffer, NackRequester and VideoReceiveStream2), as far as
 * repairs depend on it. Holds no tests itself.
 */
import { ArrivalLog } from '../receiving/arrival-log.ts';
import { maxStatuses, writeTransportFeedback } from '../rtcp/transport-feedback.ts';
import { big, type ReadRtp } from '../simulation.test.ts';
import { type PacketTruth, readTruth } from './synthetic-encoder.test.ts';

const repeatMs = 100;
const processMs = 20;
const maxRequests = 10;
/** Without a picture for so long it asks for a key frame. */
const stuckMs = 3000;
const feedbackMs = 50;

interface Frame {
  readonly id: number;
  readonly picture: number;
  readonly references: readonly number[];
  /** Whether its last packet has the marker: nothing more of its picture comes. */
  readonly endsPicture: boolean;
  readonly lastSequence: number;
  continuous: boolean;
}

/** One receiver of a synthetic stream that is not simulcast. */
export class LibwebrtcReceiver {
  /** When pictures were shown. */
  readonly shownMs: number[] = [];
  nacks = 0;
  keyFrameRequests = 0;

  readonly #ssrc: number;
  readonly #transportWideId: number;
  readonly #packets = new Map<number, { readonly truth: PacketTruth; readonly marker: boolean }>();
  readonly #missing = new Map<number, { askedMs: number; times: number }>();
  #highest = -1;
  /** Frames that are complete, by id, until they or later ones are shown. */
  #frames = new Map<number, Frame>();
  readonly #assembled = new Set<number>();
  readonly #decoded = new Set<number>();
  #lastDecoded = -1;
  #lastContinuous = -1;
  #stuckSinceMs = -1;
  #processedMs = 0;
  #reportedMs = 0;
  readonly #arrivals = new ArrivalLog();
  readonly #arrival = new Float64Array(1);

  constructor(ssrc: number, transportWideId: number) {
    this.#ssrc = ssrc;
    this.#transportWideId = transportWideId;
  }

  /** A packet, with its number and payload as they were before it was put into RTX. */
  receive(rtp: ReadRtp, sequenceNumber: number, payload: Uint8Array, nowMs: number): void {
    const number = rtp.extensionById.get(this.#transportWideId)!;
    this.#arrival[0] = nowMs * 1000;
    this.#arrivals.record((number[0] << 8) | number[1], this.#arrival, 0);
    if (this.#stuckSinceMs < 0) this.#stuckSinceMs = nowMs;
    const sequence =
      this.#highest < 0
        ? 0x10000 + sequenceNumber
        : this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16);
    this.#missing.delete(sequence);
    if (this.#packets.has(sequence)) return;
    this.#packets.set(sequence, { truth: readTruth(payload), marker: rtp.marker ?? false });
    for (let missing = this.#highest + 1; this.#highest >= 0 && missing < sequence; missing++)
      this.#missing.set(missing, { askedMs: 0, times: 0 });
    this.#highest = Math.max(this.#highest, sequence);
    this.#assemble(sequence);
    this.#show(nowMs);
  }

  /** What it has to say now, each as one RTCP packet. */
  feedback(nowMs: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    const processes = nowMs - this.#processedMs >= processMs;
    if (processes) this.#processedMs = nowMs;
    for (const [sequence, missing] of this.#missing) {
      if (missing.times > 0 && !(processes && nowMs - missing.askedMs >= repeatMs)) continue;
      if (missing.times === maxRequests) {
        this.#missing.delete(sequence);
        continue;
      }
      missing.times++;
      missing.askedMs = nowMs;
      this.nacks++;
      out.push(this.#rtcp(205, [...big(sequence & 0xffff, 2), 0, 0]));
    }
    if (this.#stuckSinceMs >= 0 && nowMs - this.#stuckSinceMs >= stuckMs) {
      this.#stuckSinceMs = nowMs;
      this.keyFrameRequests++;
      out.push(this.#rtcp(206, []));
    }
    if (nowMs - this.#reportedMs >= feedbackMs) {
      this.#reportedMs = nowMs;
      const report = this.#report();
      if (report !== null) out.push(report);
    }
    return out;
  }

  /** Whether the packets of a frame are all there: it goes to the frame buffer then. */
  #assemble(sequence: number): void {
    const { truth } = this.#packets.get(sequence)!;
    const first = sequence - truth.packet;
    const lastSequence = first + truth.packets - 1;
    const id = idOf(truth.picture, truth.spatial);
    for (let other = first; other <= lastSequence; other++) if (!this.#packets.has(other)) return;
    if (this.#assembled.has(id) || id <= this.#lastDecoded) return;
    this.#assembled.add(id);
    const references = truth.needs.map(([picture, spatial]) => idOf(picture, spatial));
    const endsPicture = this.#packets.get(lastSequence)!.marker;
    this.#frames.set(id, {
      id,
      picture: truth.picture,
      references,
      endsPicture,
      lastSequence,
      continuous: false,
    });
    this.#frames = new Map([...this.#frames].sort(([one], [other]) => one - other));
    this.#propagateContinuity();
  }

  /** A frame is continuous once those it refers to are, though their pictures may miss others. */
  #propagateContinuity(): void {
    for (const frame of this.#frames.values()) {
      frame.continuous ||= frame.references.every(
        (reference) => this.#decoded.has(reference) || this.#frames.get(reference)?.continuous === true,
      );
      if (frame.continuous) this.#lastContinuous = Math.max(this.#lastContinuous, frame.id);
    }
    const continuous = this.#frames.get(this.#lastContinuous);
    if (continuous === undefined) return;
    // Nothing before it is asked for any more.
    for (const missing of this.#missing.keys()) {
      if (missing <= continuous.lastSequence) this.#missing.delete(missing);
    }
  }

  /** Decodes the first picture that is whole and refers to nothing but what was decoded, then the next. */
  #show(nowMs: number): void {
    for (let unit = this.#nextDecodable(); unit !== null; unit = this.#nextDecodable()) {
      for (const { id } of unit) {
        this.#decoded.add(id);
        this.#lastDecoded = id;
      }
      for (const id of this.#frames.keys()) if (id <= this.#lastDecoded) this.#frames.delete(id);
      this.shownMs.push(nowMs);
      this.#stuckSinceMs = nowMs;
    }
  }

  #nextDecodable(): Frame[] | null {
    let unit: Frame[] = [];
    for (const frame of this.#frames.values()) {
      if (unit.length > 0 && unit[0].picture !== frame.picture) unit = [];
      unit.push(frame);
      if (!frame.endsPicture) continue;
      const had = new Set(unit.map(({ id }) => id));
      const whole = unit.every(({ references }) =>
        references.every((id) => had.has(id) || this.#decoded.has(id)),
      );
      if (whole) return unit;
    }
    return null;
  }

  #rtcp(type: number, rest: readonly number[]): Uint8Array {
    const words = 2 + rest.length / 4;
    return Uint8Array.from([0x81, type, ...big(words, 2), ...big(1, 4), ...big(this.#ssrc, 4), ...rest]);
  }

  #report(): Uint8Array | null {
    const arrivals = this.#arrivals;
    if (!arrivals.pending) return null;
    const { times, mask, from, highest } = arrivals;
    const bytes = new Uint8Array(1400);
    const written = { end: 0, next: from };
    const to = Math.min(highest, from + maxStatuses - 1);
    writeTransportFeedback(bytes, 0, 1, this.#ssrc, 0, times, mask, from, to, written);
    arrivals.reported(written.next);
    return bytes.subarray(0, written.end);
  }
}

const idOf = (picture: number, spatial: number) => picture * 4 + spatial;
