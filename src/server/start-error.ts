/** The server cannot start, for a reason the operator can do something about; the message says what. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
