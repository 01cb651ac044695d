import type { Participant } from '../../rooms/participant.ts';
import type { PathMeasurement } from './network-condition.ts';

/** Fewer packets than this say nothing about loss. */
const fewPackets = 20;

/** What a client's network did since the last time, both ways. */
export class PathMeasure {
  #packets = 0;
  #lost = 0;

  /** To be called once a second. */
  measure({ publications, subscriptions }: Participant): PathMeasurement {
    let packets = 0;
    let lost = 0;
    let jitterMs = 0;
    let received = 0;
    for (const { track } of publications.values()) {
      const stats = track.stats();
      packets += stats.packets;
      lost += stats.lost;
      jitterMs = Math.max(jitterMs, stats.jitterMs);
    }
    for (const { forwarder } of subscriptions.values()) {
      if (forwarder === null) continue;
      const stats = forwarder.stats();
      received = Math.max(received, stats.fractionLost);
      jitterMs = Math.max(jitterMs, stats.jitterMs);
    }
    // A track that went takes its packets along.
    const newPackets = Math.max(0, packets - this.#packets);
    const newLost = Math.max(0, lost - this.#lost);
    this.#packets = packets;
    this.#lost = lost;
    const expected = newPackets + newLost;
    return { jitterMs, lossFraction: Math.max(received, expected < fewPackets ? 0 : newLost / expected) };
  }
}
