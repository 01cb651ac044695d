/** Sends RTP of a given shape; each packet carries the time it was sent in its last eight bytes. */
import { PacketKind } from '../packet-io/layout.ts';
import type { SendQueue } from '../packet-io/send-queue.ts';
import type { TrafficShape } from './traffic.ts';
import { audioPayloadType, videoPayloadType } from './whip-session.ts';

const rtpHeaderBytes = 12;
/** VP8 payload descriptor of one byte, S bit set (RFC 7741 §4.2). */
const vp8StartOfPartition = 0x10;
/** VP8 frame header of a 16×16 key frame: tag, start code, size (RFC 6386 §9.1). */
const vp8KeyFrame = [0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 16, 0, 16, 0];
/** How much may be sent at once after the event loop was late, so that one delay is not followed by a flood. */
const longestCatchUpMs = 100;

export class LoadPublisher {
  readonly transport: number;
  /** RTP packets sent so far. */
  packetsSent = 0;

  readonly #ssrc: number;
  readonly #sendQueue: SendQueue;
  readonly #view: DataView;
  #shape: TrafficShape;
  #sequenceNumber = 1;
  #timestamp = 1;
  #due = 0;
  #nextTickMs = 0;
  #keyFrameWanted = true;

  constructor(transport: number, ssrc: number, shape: TrafficShape, sendQueue: SendQueue) {
    this.transport = transport;
    this.#ssrc = ssrc;
    this.#shape = shape;
    this.#sendQueue = sendQueue;
    this.#view = new DataView(sendQueue.prefixes.buffer, sendQueue.prefixes.byteOffset);
  }

  /** Changes the traffic from now on. */
  setShape(shape: TrafficShape): void {
    this.#shape = shape;
  }

  /** The server asked for a key frame (PLI or FIR): the next frame is one. */
  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /** Queues what is due at `nowMs`, stamped with `nowMicros`. */
  tick(nowMs: number, nowMicros: number): void {
    if (this.#nextTickMs === 0) this.#nextTickMs = nowMs;
    if (nowMs < this.#nextTickMs) return;
    const { packetsPerSecond, sendsPerSecond, kind } = this.#shape;
    const intervalMs = 1000 / sendsPerSecond;
    const ticks = Math.floor((nowMs - this.#nextTickMs) / intervalMs) + 1;
    const elapsedMs = Math.min(longestCatchUpMs, ticks * intervalMs);
    this.#nextTickMs += ticks * intervalMs;
    this.#due += (packetsPerSecond * elapsedMs) / 1000;
    const count = Math.floor(this.#due);
    this.#due -= count;
    if (count === 0) return;
    this.#timestamp =
      (this.#timestamp + Math.round((elapsedMs * (kind === 'video' ? 90_000 : 48_000)) / 1000)) >>> 0;
    for (let index = 0; index < count; index++) this.#send(index === 0, index === count - 1, nowMicros);
  }

  #send(first: boolean, last: boolean, nowMicros: number): void {
    const { kind, packetBytes } = this.#shape;
    const bytes = this.#sendQueue.prefixes;
    const at = this.#sendQueue.begin();
    bytes.fill(0, at, at + packetBytes);
    const payloadType = kind === 'video' ? videoPayloadType : audioPayloadType;
    this.#view.setUint8(at, 0x80);
    this.#view.setUint8(at + 1, payloadType | (last && kind === 'video' ? 0x80 : 0));
    this.#view.setUint16(at + 2, this.#sequenceNumber);
    this.#view.setUint32(at + 4, this.#timestamp);
    this.#view.setUint32(at + 8, this.#ssrc);
    if (kind === 'video' && first) {
      bytes[at + rtpHeaderBytes] = vp8StartOfPartition;
      // An inter frame differs in the lowest bit of its tag.
      for (let i = 0; i < vp8KeyFrame.length; i++) bytes[at + rtpHeaderBytes + 1 + i] = vp8KeyFrame[i];
      if (!this.#keyFrameWanted) bytes[at + rtpHeaderBytes + 1] |= 1;
      this.#keyFrameWanted = false;
    }
    this.#view.setFloat64(at + packetBytes - 8, nowMicros);
    this.#sendQueue.commit(PacketKind.Rtp, this.transport, packetBytes, 0, 0);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.packetsSent++;
  }
}
