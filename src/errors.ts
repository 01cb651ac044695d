/**
 * The two kinds of error that are not bugs. Anything else that is thrown is a bug: it is logged with its
 * stack and ends the one session it happened in.
 */

/** Every stable code an error may carry. Dialects map these codes to what their own protocol says. */
export type ErrorCode =
  | 'malformed-message'
  | 'malformed-sdp'
  | 'unsupported-sdp'
  | 'malformed-candidate'
  | 'invalid-state'
  | 'not-found'
  | 'unauthorized'
  | 'codec-not-supported'
  | 'limit-rooms'
  | 'limit-participants'
  | 'limit-publications'
  | 'limit-connections'
  | 'limit-joins'
  | 'limit-message-size'
  | 'limit-media-lines'
  | 'limit-data-channels'
  | 'limit-ports'
  | 'fingerprint-mismatch'
  | 'dtls-failed'
  | 'ice-failed'
  | 'timeout'
  | 'shutting-down';

/** The peer broke its protocol: it is told so, and its session may be ended. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A well-formed request that cannot be granted: the user is told and the session goes on. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
