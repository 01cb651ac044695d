/**
 * One direction of a network link, on a virtual clock and from a seed: the same calls give the same packets.
 *
 *     enqueue ──► bottleneck: bounded FIFO, serialised at capacityBps ──► wire: loss, delay, jitter,
 *                                                                         duplicates, reordering ──► take
 *
 * Times are milliseconds and must not go backwards from call to call. A packet is anything with a length in bytes;
 * the emulator never looks inside.
 */
import { DeliveryQueue } from './delivery-queue.ts';
import { idealLink, type LinkChange, type LinkParameters, type LossModel } from './link-parameters.ts';
import { SeededRandom } from './seeded-random.ts';

export type EnqueueResult = 'queued' | 'dropped-queue-full';

export interface LinkStatistics {
  readonly packetsIn: number;
  readonly bytesIn: number;
  /** Delivered, duplicates included. */
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly droppedQueueFull: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Held back on purpose by reorderProbability. */
  readonly heldBack: number;
}

/** Consumed slots at the front of the FIFO before it is compacted. */
const compactAfter = 1024;

export class NetworkEmulator<Packet extends { readonly length: number } = Uint8Array> {
  readonly #random: SeededRandom;
  #parameters: LinkParameters;
  #schedule: readonly LinkChange[] = [];
  #scheduleIndex = 0;
  readonly #statistics = {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    droppedQueueFull: 0,
    lost: 0,
    duplicated: 0,
    heldBack: 0,
  };

  /** The FIFO: packets from #head on wait, the first of them is being sent. */
  readonly #waiting: Packet[] = [];
  #head = 0;
  #waitingBytes = 0;
  /** Of the packet being sent, what was left to send at #servedAt. */
  #remainingBits = 0;
  #servedAt = Number.NEGATIVE_INFINITY;
  #inBadState = false;
  #lastArrival = Number.NEGATIVE_INFINITY;
  readonly #deliveries = new DeliveryQueue<Packet>();

  constructor(parameters: Partial<LinkParameters>, seed: number) {
    this.#parameters = { ...idealLink, ...parameters };
    this.#random = new SeededRandom(seed);
  }

  get parameters(): LinkParameters {
    return this.#parameters;
  }

  get statistics(): LinkStatistics {
    return this.#statistics;
  }

  /** Bytes at the bottleneck, as of the last call; the packet being sent counts in full. */
  get queuedBytes(): number {
    return this.#waitingBytes;
  }

  /** Packets inside, at the bottleneck and on the wire. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#deliveries.size;
  }

  /** Changes parameters from now on; packets already on the wire arrive as they would have. */
  update(now: number, change: Partial<LinkParameters>): void {
    this.#advance(now);
    this.#apply(now, change);
  }

  /** Changes to come, ordered by time; replaces an earlier schedule. */
  schedule(changes: readonly LinkChange[]): void {
    this.#schedule = changes;
    this.#scheduleIndex = 0;
  }

  /** Sends a packet into the link, which keeps it (and may give it out twice): do not write to it afterwards. */
  enqueue(now: number, packet: Packet): EnqueueResult {
    this.#advance(now);
    this.#statistics.packetsIn++;
    this.#statistics.bytesIn += packet.length;
    const { capacityBps, queueBytes, queueMs } = this.#parameters;
    const idle = this.#head === this.#waiting.length;
    if (
      !idle &&
      (this.#waitingBytes + packet.length > queueBytes || this.#waitMs(now, capacityBps) > queueMs)
    ) {
      this.#statistics.droppedQueueFull++;
      return 'dropped-queue-full';
    }
    this.#waiting.push(packet);
    this.#waitingBytes += packet.length;
    if (idle) {
      this.#remainingBits = 8 * packet.length;
      this.#servedAt = now;
      // Without a bottleneck the packet is on the wire at once.
      this.#advance(now);
    }
    return 'queued';
  }

  /** When take() may have a packet next, or Infinity. It may be early: a packet can still be lost then. */
  nextDeadline(): number {
    const arrival = this.#deliveries.next();
    // With nothing waiting, a change of the schedule can wait for the next packet.
    if (this.#head === this.#waiting.length) return arrival;
    return Math.min(arrival, this.#headDoneAt(), this.#nextChangeAt());
  }

  /** The packets that have arrived by `now`, in order of arrival. */
  take(now: number): Packet[] {
    this.#advance(now);
    const due: Packet[] = [];
    while (this.#deliveries.next() <= now) {
      const packet = this.#deliveries.pop();
      this.#statistics.packetsOut++;
      this.#statistics.bytesOut += packet.length;
      due.push(packet);
    }
    return due;
  }

  /** Lets the bottleneck work until `now`, through every change of the schedule on the way. */
  #advance(now: number): void {
    for (;;) {
      const doneAt = this.#headDoneAt();
      const changeAt = this.#nextChangeAt();
      if (doneAt <= now && doneAt <= changeAt) this.#departHead(doneAt);
      else if (changeAt <= now) this.#apply(changeAt, this.#schedule[this.#scheduleIndex++].parameters);
      else return;
    }
  }

  /** When the packet being sent is on the wire; Infinity where there is none, or no capacity. */
  #headDoneAt(): number {
    if (this.#head === this.#waiting.length) return Number.POSITIVE_INFINITY;
    const { capacityBps } = this.#parameters;
    if (capacityBps === 0) return Number.POSITIVE_INFINITY;
    return this.#servedAt + (this.#remainingBits * 1000) / capacityBps;
  }

  #nextChangeAt(): number {
    return this.#scheduleIndex < this.#schedule.length
      ? this.#schedule[this.#scheduleIndex].atMs
      : Number.POSITIVE_INFINITY;
  }

  /** How long a packet put in now would wait for its turn. */
  #waitMs(now: number, capacityBps: number): number {
    const headBits = this.#remainingBits - (Math.max(0, now - this.#servedAt) * capacityBps) / 1000;
    const otherBits = 8 * (this.#waitingBytes - this.#waiting[this.#head].length);
    return ((Math.max(0, headBits) + otherBits) * 1000) / capacityBps;
  }

  #apply(now: number, change: Partial<LinkParameters>): void {
    if (this.#head < this.#waiting.length && now > this.#servedAt) {
      const sentBits = ((now - this.#servedAt) * this.#parameters.capacityBps) / 1000;
      this.#remainingBits = Math.max(0, this.#remainingBits - sentBits);
      this.#servedAt = now;
    }
    this.#parameters = { ...this.#parameters, ...change };
  }

  #departHead(at: number): void {
    const packet = this.#waiting[this.#head++];
    this.#waitingBytes -= packet.length;
    if (this.#head < this.#waiting.length) {
      this.#remainingBits = 8 * this.#waiting[this.#head].length;
      this.#servedAt = at;
    }
    if (this.#head === this.#waiting.length || this.#head >= compactAfter) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    this.#putOnWire(at, packet);
  }

  #putOnWire(at: number, packet: Packet): void {
    const { delayMs, jitterMs, jitterReorders, loss } = this.#parameters;
    const { duplicateProbability, reorderProbability, reorderDelayMs } = this.#parameters;
    if (loss !== null && this.#isLost(loss)) {
      this.#statistics.lost++;
      return;
    }
    const deviation = jitterMs === 0 ? 0 : Math.max(-3, Math.min(3, this.#random.normal())) * jitterMs;
    let arrival = at + Math.max(0, delayMs + deviation);
    if (this.#random.happens(reorderProbability)) {
      this.#statistics.heldBack++;
      arrival += reorderDelayMs;
    } else if (!jitterReorders) {
      arrival = Math.max(arrival, this.#lastArrival);
      this.#lastArrival = arrival;
    }
    this.#deliveries.push(arrival, packet);
    if (this.#random.happens(duplicateProbability)) {
      this.#statistics.duplicated++;
      this.#deliveries.push(arrival, packet);
    }
  }

  #isLost(loss: LossModel): boolean {
    if (loss.kind === 'uniform') return this.#random.happens(loss.probability);
    if (this.#random.happens(this.#inBadState ? loss.toGood : loss.toBad))
      this.#inBadState = !this.#inBadState;
    return this.#random.happens(this.#inBadState ? (loss.lossInBad ?? 1) : (loss.lossInGood ?? 0));
  }
}
