/** Puts the Kraken dialect on the port that all share, and on one of its own. */
import type { Config } from '../config/schema.ts';
import type { FairShare } from '../http/fair-share.ts';
import { HttpServer, type ListeningAddress } from '../http/http-server.ts';
import { ListenError } from '../http/listen-error.ts';
import type { Logger } from '../log.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { createKrakenDialect } from '../signaling/kraken/kraken-dialect.ts';

export interface KrakenService {
  /** Opens its own port, if it is to have one. One that is in use is reported, and done without. */
  listen(): Promise<void>;
  /** Its own port; null before listen(), and where there is none. */
  readonly address: ListeningAddress | null;
  /** Answers no more calls, so that clients wait for the next server. Before the rooms are closed. */
  stop(): void;
  close(graceMs: number): Promise<void>;
}

export interface KrakenSurroundings {
  readonly rooms: Rooms;
  readonly config: Config;
  readonly log: Logger;
  readonly mayJoin: (address: string) => boolean;
  readonly turns: FairShare;
}

export function serveKraken(
  shared: HttpServer,
  { rooms, config, log, mayJoin, turns }: KrakenSurroundings,
): KrakenService {
  const { kraken, turn, ice, limits, http } = config;
  const dialect = createKrakenDialect({
    rooms,
    log,
    codecs: kraken.codecs,
    silenceMs: kraken.silenceMs,
    callbackHosts: kraken.callbackHosts,
    callbackTimeoutMs: kraken.callbackMs,
    turn: turn.host === '' ? null : turn,
    iceServers: ice.servers,
    maxSdpBytes: limits.sdpBytes,
    callsPerSecond: kraken.callsPerSecond,
    mayJoin,
    turns,
  });
  shared.hono.route('/', dialect.routes);
  const own = new HttpServer({
    log,
    trustProxy: http.trustProxy,
    maxMessageBytes: limits.messageBytes,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
  });
  dialect.serveAlone(own.hono);
  return {
    async listen() {
      try {
        await own.listen({ host: http.host, port: kraken.port });
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        log.warn(
          { port: kraken.port },
          `${error.message} Kraken clients reach this server on its HTTP port only; --kraken-port chooses another, --kraken-listen=false none.`,
        );
      }
    },
    get address() {
      return own.addresses[0] ?? null;
    },
    stop: () => dialect.stop(),
    close: (graceMs) => own.close(graceMs),
  };
}
