/** How an estimate came to be; shown as it is in statistics and on the admin page. */
export type EstimateReason =
  /** Nothing is known yet. */
  | 'initial'
  /** A probe got this much through. */
  | 'probed'
  /** It grows by a share per second: the capacity is unknown. */
  | 'increasing'
  /** It grows slowly: an overuse has shown where the capacity is. */
  | 'near-capacity'
  /** Packets wait on the way: growth waits, too. */
  | 'queue-standing'
  /** A queue is emptying: growth waits. */
  | 'queue-draining'
  /** Too little is sent to know whether more would get through. */
  | 'application-limited'
  /** The delay grew: more was sent than gets through. */
  | 'overuse'
  /** Bounded by losses. */
  | 'loss'
  /** Nothing is heard of what was sent. */
  | 'no-feedback'
  /** The receiver says so (REMB). */
  | 'receiver-estimate'
  /** The receiver tells nothing that an estimate could be made of. */
  | 'not-measured'
  /** Bounded by configuration. */
  | 'configured-limit';

/** How much may be sent to one connection. */
export interface BandwidthEstimator {
  /** Bits per second; Infinity where nothing bounds it. */
  readonly estimate: number;
  readonly reason: EstimateReason;
  /** Whether the estimate follows from what happens to packets, so that padding can raise it. */
  readonly probeable: boolean;
}

/** For connections of which nothing can be known: bounds nothing. */
export const unlimitedBandwidth: BandwidthEstimator = {
  estimate: Number.POSITIVE_INFINITY,
  reason: 'not-measured',
  probeable: false,
};
