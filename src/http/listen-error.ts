/** A listener could not be opened. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** As the system names it: EADDRINUSE, EACCES, EADDRNOTAVAIL … */
  readonly code: string;
  readonly host: string;
  readonly port: number;

  constructor(cause: Error, host: string, port: number) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
    super(`TCP port ${port} on ${host} ${explanations[code] ?? `cannot be used (${cause.message})`}.`, {
      cause,
    });
    this.code = code;
    this.host = host;
    this.port = port;
  }
}

const explanations: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'may not be opened without more privileges',
  EADDRNOTAVAIL: 'cannot be used: this machine does not have the address',
};
