/** What the data channels of all connections did; plain numbers, read at scrape time. */
export interface DataCounters {
  messagesIn: number;
  bytesIn: number;
  messagesOut: number;
  bytesOut: number;
  channelsOpened: number;
  /** Chunks sent again. */
  retransmitted: number;
  /** Messages of lossy channels given up by SCTP: lost too often, or too old. */
  abandoned: number;
  /** Messages of lossy channels dropped for newer ones, because their receiver was too slow. */
  droppedOldest: number;
  /** Messages that no receiver could be given at all: longer than it takes, or its buffer full. */
  droppedTooLong: number;
  droppedBufferFull: number;
  /** Messages on streams without a channel, and malformed ones of the establishment protocol. */
  malformed: number;
  /** Channels closed because their receiver was too slow. */
  closedBufferFull: number;
  /** Channels that peers opened beyond the limit. */
  refusedChannels: number;
  /** Packets that were not SCTP of the association. */
  discardedPackets: number;
}

export function createDataCounters(): DataCounters {
  return {
    ...{ messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0, channelsOpened: 0, retransmitted: 0 },
    ...{ abandoned: 0, droppedOldest: 0, droppedTooLong: 0, droppedBufferFull: 0, malformed: 0 },
    ...{ closedBufferFull: 0, refusedChannels: 0, discardedPackets: 0 },
  };
}
