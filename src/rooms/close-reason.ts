/** Why a participant's session ended; the same words reach logs, metrics and the admin page. */
export type CloseReason =
  | 'left'
  | 'replaced'
  | 'kicked'
  | 'connection-closed'
  | 'connection-failed'
  | 'timeout'
  | 'protocol-error'
  | 'shutting-down'
  /** A bug of this server; the log has it. */
  | 'internal-error';
