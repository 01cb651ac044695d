/** Puts the Kurento dialect on the port that all share, and on one of its own. */
import type { Config } from '../config/schema.ts';
import type { FairShare } from '../http/fair-share.ts';
import type { HttpServer, ListeningAddress } from '../http/http-server.ts';
import type { Logger } from '../log.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { createKurentoDialect, type KurentoFigures } from '../signaling/kurento/kurento-dialect.ts';
import { DialectPort } from './dialect-port.ts';

export interface KurentoService {
  /** Opens its own port, if it is to have one. One that is in use is reported, and done without. */
  listen(): Promise<void>;
  /** Its own port; null before listen(), and where there is none. */
  readonly address: ListeningAddress | null;
  figures(): KurentoFigures;
  /** What /health says of it, besides what it says of all. */
  health(): { sessions: number; pipelines: number; endpoints: number };
  /** Releases all objects. Before the rooms are closed. */
  stop(): void;
  close(graceMs: number): Promise<void>;
}

export interface KurentoSurroundings {
  readonly rooms: Rooms;
  readonly config: Config;
  readonly log: Logger;
  readonly turns: FairShare;
}

export function serveKurento(shared: HttpServer, surroundings: KurentoSurroundings): KurentoService {
  const { rooms, config, log, turns } = surroundings;
  const { kurento, metrics } = config;
  const dialect = createKurentoDialect({
    rooms,
    log,
    share: turns,
    sessionTimeoutMs: kurento.sessionTimeoutSeconds * 1000,
    maxSessions: kurento.sessions,
    detailedStats: metrics.tracks,
    sdpSemantics: kurento.sdpSemantics,
  });
  dialect.serve(shared);
  const own = new DialectPort(config, log, turns);
  dialect.serveAlone(own.server);
  return {
    async listen() {
      if (!kurento.listen) return;
      await own.listen(
        kurento.port,
        'Kurento clients reach this server on its HTTP port only; --kurento-port chooses another.',
      );
    },
    get address() {
      return own.address;
    },
    figures: () => dialect.figures(),
    health() {
      const { sessions, pipelines, elements } = dialect.figures();
      let endpoints = 0;
      for (const [type, count] of elements) if (type.endsWith('Endpoint')) endpoints += count;
      return { sessions, pipelines, endpoints };
    },
    stop: () => dialect.close(),
    close: (graceMs) => own.close(graceMs),
  };
}
