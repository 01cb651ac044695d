/** `manifold -s monitor`: the monitor of the original Kraken, which is a shell without methods. */
import type { Config } from '../config/schema.ts';
import { HttpServer } from '../http/http-server.ts';
import { ListenError } from '../http/listen-error.ts';
import { serveMonitor } from '../signaling/kraken/monitor-routes.ts';
import { createLogger } from './create-logger.ts';
import { StartError } from './start-error.ts';

/** Serves until a signal. @throws StartError */
export async function runMonitor(config: Config): Promise<void> {
  const { http, limits, kraken, logging, timeouts } = config;
  const log = createLogger(logging);
  const server = new HttpServer({
    log,
    trustProxy: http.trustProxy,
    maxMessageBytes: limits.messageBytes,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
  });
  serveMonitor(server.hono);
  try {
    const address = await server.listen({ host: http.host, port: kraken.port });
    log.info({ http: [address] }, 'serving as monitor');
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw new StartError(`${error.message} Choose another with --kraken-port.`, { cause: error });
  }
  const end = (): void => void server.close(timeouts.shutdownMs).then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
