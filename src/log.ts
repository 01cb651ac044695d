/** The part of a structured logger the layers below the composition need; pino satisfies it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Discards everything; for tests and for embedding without logs. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
