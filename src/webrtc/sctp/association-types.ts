import type { TransferEvents, TransferOptions } from './transfer.ts';

export type AssociationState =
  | 'closed'
  | 'cookie-wait'
  | 'cookie-echoed'
  | 'established'
  | 'shutdown-pending'
  | 'shutdown-sent'
  | 'shutdown-received'
  | 'shutdown-ack-sent';

/** Why an association is over. */
export type AssociationEnd =
  /** By either side, with everything delivered. */
  | 'shutdown'
  /** By close() here, or the peer's ABORT. */
  | 'closed'
  | 'aborted'
  /** The peer does not answer any more. */
  | 'lost'
  | 'protocol-violation'
  | 'limit-message-size';

export interface AssociationOptions extends TransferOptions {
  /** The ports of a=sctp-port. */
  readonly localPort: number;
  readonly remotePort: number;
}

export interface AssociationEvents extends TransferEvents {
  established(): void;
  /** The peer began anew: nothing of before holds any more (RFC 9260 §5.2.4.1). `established` follows. */
  restarted(): void;
  ended(reason: AssociationEnd, detail: string): void;
}
