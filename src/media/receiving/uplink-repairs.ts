import { RepairDelay } from '../bandwidth/repair-delay.ts';

/** What is needed of a stream: of an InboundStream. */
export interface RepairedStream {
  readonly packets: number;
  readonly recovered: number;
  readonly unrepaired: number;
  readonly nack: { readonly rttMs: number } | null;
}

/** Fewer say nothing about losses. */
const leastPackets = 20;
/** Weight of a new measurement: one bad moment is no lossy path. */
const weight = 0.2;

/**
 * How long receivers have to wait for what gets lost between a publisher and us, and comes when it has been sent
 * again. They see no loss then, but packets that are late.
 */
export class UplinkRepairs {
  readonly delay = new RepairDelay();
  /** Share of packets that had to be asked for; smoothed. */
  loss = 0;

  #packets = 0;
  #missed = 0;

  /** `streams` are all there are of a track; called with each report. */
  sample(nowMs: number, streams: readonly RepairedStream[]): void {
    let packets = 0;
    let missed = 0;
    let responseMs = -1;
    for (const stream of streams) {
      packets += stream.packets + stream.unrepaired;
      missed += stream.recovered + stream.unrepaired;
      if (stream.nack !== null) responseMs = Math.max(responseMs, stream.nack.rttMs);
    }
    // Streams come and go.
    if (packets < this.#packets) this.#packets = packets;
    if (missed < this.#missed) this.#missed = missed;
    if (packets - this.#packets < leastPackets) return;
    this.loss += weight * ((missed - this.#missed) / (packets - this.#packets) - this.loss);
    this.#packets = packets;
    this.#missed = missed;
    this.delay.update(nowMs, this.loss, responseMs);
  }
}
