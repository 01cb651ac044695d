/** Puts the Kraken dialect on the port that all share, and on one of its own. */
import type { Config } from '../config/schema.ts';
import type { FairShare } from '../http/fair-share.ts';
import type { HttpServer, ListeningAddress } from '../http/http-server.ts';
import type { Logger } from '../log.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { createKrakenDialect } from '../signaling/kraken/kraken-dialect.ts';
import { DialectPort } from './dialect-port.ts';

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
  const { kraken, turn, ice, limits } = config;
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
  const own = new DialectPort(config, log, turns);
  dialect.serveAlone(own.server.hono);
  return {
    async listen() {
      await own.listen(
        kraken.port,
        'Kraken clients reach this server on its HTTP port only; --kraken-port chooses another, --kraken-listen=false none.',
      );
    },
    get address() {
      return own.address;
    },
    stop: () => dialect.stop(),
    close: (graceMs) => own.close(graceMs),
  };
}
