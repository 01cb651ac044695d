/** How a message is to be delivered (RFC 8831 §6.4, RFC 3758, RFC 7496). */
export interface Delivery {
  readonly ordered: boolean;
  /** Times it may be sent again before it is given up; Infinity for a reliable message. */
  readonly maxRetransmits: number;
  /** ms after which it is given up; Infinity for never. */
  readonly lifetimeMs: number;
}

/** One user message from send() until its last fragment is acknowledged or given up. */
export interface OutgoingMessage {
  readonly stream: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly ordered: boolean;
  readonly maxRetransmits: number;
  readonly expiresAt: number;
  /** Given when the first fragment is sent; -1 before, and for unordered messages. */
  ssn: number;
  /** Bytes that have been made into fragments. */
  fragmented: number;
  /** TSN of the first fragment; its others follow. */
  firstTsn: number;
  abandoned: boolean;
}

/** What a waiting message costs beside its bytes, so that many small ones are bounded too. */
export const messageOverheadBytes = 64;

export function costOf(message: OutgoingMessage): number {
  return message.payload.length + messageOverheadBytes;
}
