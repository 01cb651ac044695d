/** What one direction of an emulated link does to its packets. */

export type LossModel =
  /** Each packet by itself. */
  | { readonly kind: 'uniform'; readonly probability: number }
  /**
   * Bursts: a good and a bad state with a loss probability each. Before each packet the state changes with the
   * probability given; the mean burst is 1 / toGood packets.
   */
  | {
      readonly kind: 'gilbert-elliott';
      readonly toBad: number;
      readonly toGood: number;
      /** Default 0. */
      readonly lossInGood?: number;
      /** Default 1. */
      readonly lossInBad?: number;
    };

export interface LinkParameters {
  /** Bits per second of the bottleneck; Infinity for none, 0 for an outage: packets wait. */
  readonly capacityBps: number;
  /** Bytes that may wait at the bottleneck, the packet being sent included; what comes beyond is dropped. */
  readonly queueBytes: number;
  /** The same limit as a time: a packet that would wait longer than this before its turn is dropped. */
  readonly queueMs: number;
  /** One-way propagation delay, after the bottleneck. */
  readonly delayMs: number;
  /** Standard deviation of the delay: normal, cut at 3 deviations and at no delay (as RFC 8867 4.1 has it). */
  readonly jitterMs: number;
  /** Whether jitter may let a packet overtake another. Else a packet waits for those before it. */
  readonly jitterReorders: boolean;
  /** Loss on the wire: the packet has used the bottleneck's capacity. */
  readonly loss: LossModel | null;
  /** Of packets delivered twice, one right after the other. */
  readonly duplicateProbability: number;
  /** Of packets held back by `reorderDelayMs` more, so that later ones overtake them. */
  readonly reorderProbability: number;
  readonly reorderDelayMs: number;
}

/** A link that does nothing to its packets. */
export const idealLink: LinkParameters = {
  capacityBps: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  queueMs: Number.POSITIVE_INFINITY,
  delayMs: 0,
  jitterMs: 0,
  jitterReorders: false,
  loss: null,
  duplicateProbability: 0,
  reorderProbability: 0,
  reorderDelayMs: 10,
};

/** A step of a schedule: from this time on, these parameters are different. */
export interface LinkChange {
  readonly atMs: number;
  readonly parameters: Partial<LinkParameters>;
}
