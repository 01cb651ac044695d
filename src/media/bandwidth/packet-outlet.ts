import { maxPrefixBytes, PacketKind } from '../../packet-io/layout.ts';
import type { MediaContext } from '../media-context.ts';
import { absSendTimeAt } from '../rtp/abs-send-time.ts';
import { writeUint16, writeUint24 } from '../rtp/rtp-packet.ts';
import { maxPacedPrefixBytes, PacedQueue } from './paced-queue.ts';
import type { ProbeCluster } from './probe-cluster.ts';
import { noCopy } from './sent-copy.ts';
import type { SentPacketLog } from './sent-packet-log.ts';

/** Who may wait for whom. */
export const Urgency = {
  /** Audio and padding: never waits. */
  Now: 0,
  /** Video: waits for its turn where packets are paced. */
  Paced: 1,
  /** What repairs a picture that is waited for: waits, too, but goes before all other video. */
  Repair: 2,
} as const;

/** What a packet is on the wire beyond prefix and body: SRTP's tag (16), UDP (8), IPv4 (20). */
export const wireOverheadBytes = 44;

/** Bursts of this much pass without waiting: what a path takes at once, in ms of the pacing rate and in bytes. */
const burstMs = 5;
const minBurstBytes = 2500;
/** No packet is to wait longer than that: a longer queue is sent faster, in ms. */
const maxQueueMs = 150;
/** Packets that wait at most; powers of two. At 1200 bytes three tenths of a second of 8 Mbit/s. */
const videoPackets = 256;
const repairPackets = 64;
/** How often the queue is looked at, ms: no more packets than this at once. */
const minPauseMs = 1;
const maxPauseMs = 5;

/**
 * Where the packets of one connection go out: numbers them transport-wide, remembers them, and spreads bursts of video
 * over time while pacing is on. With pacing off everything goes straight to the send queue.
 */
export class PacketOutlet {
  /** Remembers what goes out under which transport-wide number; null where the receiver reports none. */
  log: SentPacketLog | null = null;
  /** The probe that packets are part of while it is being sent. */
  probe: ProbeCluster | null = null;
  /** The delay that video asks its receiver for: three bytes of the extension, 0 for none (RepairDelay). */
  playoutDelay = 0;
  /** Called before `sentBytes` is told: what has gone past the outlet is to be told by passed() then. */
  beforeCount: () => void = () => {};
  /** Packets that waited, and those of them that were no longer in the ring when their turn came. */
  paced = 0;
  expired = 0;

  #sentBytes = 0;
  readonly #context: MediaContext;
  readonly #transport: number;
  readonly #onWaiting: () => void;
  /** Made when first needed. */
  #video: PacedQueue | null = null;
  #repairs: PacedQueue | null = null;
  #pacing = false;
  /** Bytes per ms. */
  #rate = 0;
  /** Bytes that may go out now; negative after a burst. */
  #budget = 0;
  #budgetMs = 0;

  /** `onWaiting` is called when a packet has to wait: drain() is to be called at nextDrainMs(). */
  constructor(context: MediaContext, transport: number, onWaiting: () => void) {
    this.#context = context;
    this.#transport = transport;
    this.#onWaiting = onWaiting;
  }

  /** Where prefixes are written. */
  get prefixes(): Uint8Array {
    return this.#context.sendQueue.prefixes;
  }

  /** Bytes on the wire of all that went out. */
  get sentBytes(): number {
    this.beforeCount();
    return this.#sentBytes;
  }

  /** Whether commit() has nothing to do but to queue what it is given: others may do that as well. */
  get open(): boolean {
    return this.log === null && !this.#pacing;
  }

  /** So many packets were queued by others, of so many bytes with their headers. */
  passed(packets: number, bytes: number): void {
    this.#sentBytes += packets * wireOverheadBytes + bytes;
  }

  /** Whether video is spread over time. */
  get pacing(): boolean {
    return this.#pacing;
  }

  /** Packets waiting, and their bytes without overhead. */
  get waiting(): number {
    return lengthOf(this.#video) + lengthOf(this.#repairs);
  }

  /** How long the first of them has waited. */
  get waitingMs(): number {
    const { nowMs } = this.#context.clock;
    return Math.max(waitedMs(this.#video, nowMs), waitedMs(this.#repairs, nowMs));
  }

  get waitingBytes(): number {
    return bytesOf(this.#video) + bytesOf(this.#repairs);
  }

  /** Paces to this many bits per second; 0 for not at all, which lets go what waits. */
  setPacingRate(bitrate: number): void {
    this.#pacing = bitrate > 0;
    this.#rate = bitrate / 8000;
    if (!this.#pacing) this.#release(true);
  }

  /**
   * Sends the packet whose prefix has been written at SendQueue.begin(), now or in its turn.
   *
   * @param sequenceOffset where the transport-wide number is to be written within the prefix; 0 for nowhere
   * @param absSendTimeOffset where abs-send-time was written, to be written again for a packet that waits; 0 for nowhere
   * @param packetNumber of the ring's packet that the body is part of; any where the body is empty
   * @param copy what `log` is to call it if it gets lost
   */
  commit(
    urgency: number,
    at: number,
    prefixLength: number,
    sequenceOffset: number,
    absSendTimeOffset: number,
    bodyOffset: number,
    bodyLength: number,
    packetNumber: number,
    copy = noCopy,
  ): void {
    const bytes = prefixLength + bodyLength + wireOverheadBytes;
    if (this.#pacing) {
      if (urgency !== Urgency.Now && !this.#mayPass(urgency)) {
        if (prefixLength <= maxPacedPrefixBytes) {
          this.#push(
            this.#queueFor(urgency),
            at,
            prefixLength,
            sequenceOffset,
            absSendTimeOffset,
            bodyOffset,
            bodyLength,
            packetNumber,
            copy,
          );
          return;
        }
        this.#releaseBefore(at, prefixLength);
        at = this.#context.sendQueue.begin();
      }
      this.#budget -= bytes;
    }
    this.#send(at, prefixLength, sequenceOffset, bodyOffset, bodyLength, bytes, copy);
  }

  /** Sends what is due of what waits. */
  drain(): void {
    if (this.waiting === 0) return;
    this.#refill();
    this.#release(false);
  }

  /** When drain() is to be called next; Infinity while nothing waits. */
  nextDrainMs(): number {
    if (this.waiting === 0) return Number.POSITIVE_INFINITY;
    const pauseMs = this.#budget > 0 ? 0 : -this.#budget / this.#currentRate();
    return this.#context.clock.nowMs + Math.max(minPauseMs, Math.min(maxPauseMs, pauseMs));
  }

  /** Forgets what waits: there is no path for it. */
  clear(): void {
    this.#video?.clear();
    this.#repairs?.clear();
  }

  /** Whether a packet of video, or a repair, need not wait. */
  #mayPass(urgency: number): boolean {
    this.#refill();
    const before = urgency === Urgency.Repair ? lengthOf(this.#repairs) : this.waiting;
    return before === 0 && this.#budget > 0;
  }

  #queueFor(urgency: number): PacedQueue {
    if (urgency === Urgency.Repair) {
      this.#repairs ??= new PacedQueue(repairPackets);
      return this.#repairs;
    }
    this.#video ??= new PacedQueue(videoPackets);
    return this.#video;
  }

  #push(
    queue: PacedQueue,
    at: number,
    prefixLength: number,
    sequenceOffset: number,
    absSendTimeOffset: number,
    bodyOffset: number,
    bodyLength: number,
    packetNumber: number,
    copy: number,
  ): void {
    const { clock, sendQueue } = this.#context;
    queue.push(
      clock,
      sendQueue.prefixes,
      at,
      prefixLength,
      sequenceOffset,
      absSendTimeOffset,
      bodyOffset,
      bodyLength,
      packetNumber,
      copy,
    );
    this.paced++;
    this.#context.counters.packetsPaced++;
    if (this.waiting === 1) this.#onWaiting();
    // There is always room for one more.
    if (queue.full) this.#sendFirst(queue);
  }

  /** Lets everything go that waits, without losing the prefix that was written at `at` and not committed yet. */
  #releaseBefore(at: number, prefixLength: number): void {
    const { sendQueue } = this.#context;
    setAside.set(sendQueue.prefixes.subarray(at, at + prefixLength));
    this.#release(true);
    sendQueue.prefixes.set(setAside.subarray(0, prefixLength), sendQueue.begin());
  }

  /** Sends what the budget allows of what waits, or all. */
  #release(all: boolean): void {
    const repairs = this.#repairs;
    while (repairs !== null && repairs.length > 0 && (all || this.#budget > 0)) this.#sendFirst(repairs);
    const video = this.#video;
    while (video !== null && video.length > 0 && (all || this.#budget > 0)) this.#sendFirst(video);
  }

  #sendFirst(queue: PacedQueue): void {
    const { sendQueue, clock, ring, slotCount } = this.#context;
    queue.peek();
    if (!queue.stillThere(ring.newest, slotCount)) {
      this.expired++;
      this.#context.counters.packetsExpired++;
      queue.shift();
      return;
    }
    const at = sendQueue.begin();
    const { prefixes } = sendQueue;
    const { prefixLength, bodyOffset, bodyLength, absSendTimeOffset, sequenceOffset, copy } = queue;
    queue.copyPrefix(prefixes, at);
    queue.shift();
    if (absSendTimeOffset > 0) writeUint24(prefixes, at + absSendTimeOffset, absSendTimeAt(clock));
    const bytes = prefixLength + bodyLength + wireOverheadBytes;
    this.#budget -= bytes;
    this.#send(at, prefixLength, sequenceOffset, bodyOffset, bodyLength, bytes, copy);
  }

  #send(
    at: number,
    prefixLength: number,
    sequenceOffset: number,
    bodyOffset: number,
    bodyLength: number,
    bytes: number,
    copy: number,
  ): void {
    const { sendQueue, clock } = this.#context;
    const { log, probe } = this;
    this.#sentBytes += bytes;
    if (log !== null && sequenceOffset > 0) {
      const cluster = probe === null ? 0 : probe.sending;
      writeUint16(sendQueue.prefixes, at + sequenceOffset, log.record(clock, bytes, cluster, copy));
      if (cluster !== 0) probe!.sent(bytes);
    }
    sendQueue.commit(PacketKind.Rtp, this.#transport, prefixLength, bodyOffset, bodyLength);
  }

  #refill(): void {
    const { nowMs } = this.#context.clock;
    const rate = this.#currentRate();
    this.#budget += (nowMs - this.#budgetMs) * rate;
    this.#budgetMs = nowMs;
    const burst = Math.max(minBurstBytes, burstMs * rate);
    if (this.#budget > burst) this.#budget = burst;
  }

  /** Bytes per ms: faster where the queue would take too long. */
  #currentRate(): number {
    const drain = this.waitingBytes / maxQueueMs;
    return Math.max(drain, this.#rate);
  }
}

function lengthOf(queue: PacedQueue | null): number {
  return queue === null ? 0 : queue.length;
}

function bytesOf(queue: PacedQueue | null): number {
  return queue === null ? 0 : queue.bytes;
}

function waitedMs(queue: PacedQueue | null, nowMs: number): number {
  return queue === null || queue.length === 0 ? 0 : queue.waitedMs(nowMs);
}

/** A prefix that has to make room for a moment. */
const setAside = new Uint8Array(maxPrefixBytes);
