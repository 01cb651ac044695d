/** A port on which one dialect is served alone, besides the one that all share. */
import type { Config } from '../config/schema.ts';
import type { FairShare } from '../http/fair-share.ts';
import { HttpServer, type ListeningAddress } from '../http/http-server.ts';
import { ListenError } from '../http/listen-error.ts';
import type { Logger } from '../log.ts';

export class DialectPort {
  /** What the dialect is registered on. */
  readonly server: HttpServer;
  readonly #host: string;
  readonly #log: Logger;

  /** `turns` are those of the shared port: no client has more of the process for being on this one. */
  constructor({ http, limits }: Config, log: Logger, turns: FairShare) {
    this.#host = http.host;
    this.#log = log;
    this.server = new HttpServer({
      log,
      trustProxy: http.trustProxy,
      maxMessageBytes: limits.messageBytes,
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      turns,
    });
  }

  /** Null before listen(), and where the port could not be had. */
  get address(): ListeningAddress | null {
    return this.server.addresses[0] ?? null;
  }

  /** Opens `port`. One that is in use is reported, with `consequence`, and done without. */
  async listen(port: number, consequence: string): Promise<void> {
    try {
      await this.server.listen({ host: this.#host, port });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#log.warn({ port }, `${error.message} ${consequence}`);
    }
  }

  close(graceMs: number): Promise<void> {
    return this.server.close(graceMs);
  }
}
