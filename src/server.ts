/**
 * Puts the server together: configuration → packet I/O → engine → rooms → dialects → HTTP.
 *
 * Who closes whom: close() ends every participant's session, which its dialect tells the client; then the HTTP
 * side, then the engine with its sockets. Nothing of it closes a server it was attached to.
 */
import type { Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { parsePortRange } from './config/port-range.ts';
import { completeConfig } from './config/read-config.ts';
import type { Config, ConfigInput } from './config/schema.ts';
import { Engine } from './engine/engine.ts';
import { type AdminSource, serveAdminApi } from './http/admin-api.ts';
import { EventLoopLag } from './http/event-loop-lag.ts';
import { FairShare } from './http/fair-share.ts';
import { HttpServer, type ListeningAddress } from './http/http-server.ts';
import { Metrics } from './http/metrics.ts';
import { serveHealth, serveMetrics } from './http/operations.ts';
import { serveStaticPages } from './http/static-pages.ts';
import type { Logger } from './log.ts';
import { openPacketIo } from './packet-io/addon.ts';
import type { PacketIo } from './packet-io/packet-io.ts';
import { Rooms } from './rooms/rooms.ts';
import { BugCount } from './server/bug-count.ts';
import { createLogger } from './server/create-logger.ts';
import { httpListeners } from './server/http-listeners.ts';
import { type KrakenService, type KrakenSurroundings, serveKraken } from './server/kraken-service.ts';
import { registerKurentoMetrics } from './server/kurento-metrics.ts';
import { type KurentoService, serveKurento } from './server/kurento-service.ts';
import { reachableAddresses } from './server/local-addresses.ts';
import { packageVersion, webDirectory } from './server/package-files.ts';
import { registerServerMetrics } from './server/server-metrics.ts';
import { trackMetrics } from './server/track-metrics.ts';
import { AddressBudgets } from './signaling/address-budgets.ts';
import { createPionDialect } from './signaling/pion/pion-dialect.ts';
import { serveTalksy } from './signaling/talksy/talksy-dialect.ts';
import { createWhipRoutes } from './signaling/whip/whip-routes.ts';
import type { DataLimits } from './webrtc/data-channels/data-transport.ts';
import { defaultCodecs } from './webrtc/sdp/codec-capabilities.ts';
import { defaultHeaderExtensions } from './webrtc/sdp/header-extensions.ts';

/** Seconds' worth of joins that may come at once: an office that comes back after an outage does so together. */
const joinBurstSeconds = 5;

/** Any part of the configuration, and what only a program can give. */
export type ManifoldOptions = ConfigInput & {
  /** Serve on this server instead of opening ports for HTTP. What Manifold does not claim stays yours. */
  readonly server?: Server;
  /** Default: a logger as the configuration's `logging` section says. */
  readonly log?: Logger;
  /** Whether to serve the demo and admin pages. Default: unless `server` is given. */
  readonly pages?: boolean;
};

export interface Manifold {
  /** The configuration in effect. */
  readonly config: Config;
  readonly rooms: Rooms;
  /** Opens the HTTP ports; does nothing when it serves on a server of yours. @throws ListenError */
  listen(): Promise<void>;
  /** Where HTTP is served since listen(). */
  readonly addresses: readonly ListeningAddress[];
  /** The port of plain HTTP; 0 before listen(), or on a server of yours. */
  readonly httpPort: number;
  /** Where Kraken's JSON-RPC is served alone; null before listen(), and where it is on the HTTP ports only. */
  readonly krakenAddress: ListeningAddress | null;
  /** Where Kurento's JSON-RPC is served alone; null before listen(), and where it is on the HTTP ports only. */
  readonly kurentoAddress: ListeningAddress | null;
  /** Where media is received. */
  readonly mediaAddresses: readonly string[];
  readonly mediaPort: number;
  /** Ends all calls, tells the clients, closes everything; resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Makes a server. Media sockets are open when it returns; HTTP is served after listen(), or at once on a server
 * of yours.
 *
 * @throws ConfigError for a bad option, and an Error with `code` EADDRINUSE … naming a media port it cannot have
 */
export async function createManifold(options: ManifoldOptions = {}): Promise<Manifold> {
  const { server, log: givenLog, pages = server === undefined, ...input } = options;
  const config = completeConfig(input);
  const bugs = new BugCount(givenLog ?? createLogger(config.logging));
  const { log } = bugs;
  const io = openPacketIo({
    slotCount: config.media.slots,
    // One more, for a newcomer who replaces a member while everything is in use.
    maxTransports: config.limits.peerConnections + 1 + plainPairs(config.media),
    gso: config.media.gso,
  });
  const engine = openEngine(config, io, log);
  try {
    return assemble(config, { io, engine, log, bugs }, server, pages);
  } catch (error) {
    engine.close();
    throw error;
  }
}

interface Foundation {
  readonly io: PacketIo;
  readonly engine: Engine;
  readonly log: Logger;
  readonly bugs: BugCount;
}

/** What stands on the engine. Throws for what the configuration asks for and this machine has not. */
function assemble(
  config: Config,
  { io, engine, log, bugs }: Foundation,
  server: Server | undefined,
  pages: boolean,
): Manifold {
  const listeners = server === undefined ? httpListeners(config.http, log) : [];
  const rooms = new Rooms(
    engine,
    {
      maxRooms: config.limits.rooms,
      maxParticipantsPerRoom: config.limits.participantsPerRoom,
      maxParticipants: config.limits.peerConnections,
      maxPublicationsPerParticipant: config.limits.publicationsPerParticipant,
      maxIdLength: config.limits.idCharacters,
      subscriptionDeadlineMs: config.timeouts.subscriptionMs,
    },
    log,
    config.speakers,
  );
  const turns = new FairShare(now);
  const http = new HttpServer({
    log,
    trustProxy: config.http.trustProxy,
    maxMessageBytes: config.limits.messageBytes,
    maxConnections: config.limits.connections,
    maxConnectionsPerAddress: config.limits.connectionsPerAddress,
    turns,
  });
  const metrics = new Metrics();
  registerServerMetrics(metrics, { io, engine, rooms, webSockets: http.webSockets, bugs });
  if (config.metrics.tracks) trackMetrics(metrics, rooms.rooms);
  if (config.metrics.serve) serveMetrics(http, metrics);
  const lag = new EventLoopLag();
  serveAdminApi(http, adminSource(rooms, engine, lag), config.admin.token === '' ? null : config.admin.token);
  const { kraken, kurento } = serveDialects(http, {
    rooms,
    config,
    log,
    turns,
    mayJoin: joinBudget(config),
  });
  registerKurentoMetrics(metrics, () => kurento.figures());
  let stopping = false;
  serveHealth(http, () => ({
    status: stopping ? 'stopping' : 'ok',
    version: packageVersion,
    uptimeSeconds: Math.floor(process.uptime()),
    rooms: rooms.rooms.size,
    participants: rooms.participantCount,
    ...kurento.health(),
  }));
  if (pages) servePages(http, config, log);
  if (server !== undefined) http.attach(server);
  engine.start();

  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    stopping = true;
    kraken.stop();
    kurento.stop();
    rooms.close();
    const { shutdownMs } = config.timeouts;
    await Promise.all([http, kraken, kurento].map((served) => served.close(shutdownMs)));
    engine.close();
    metrics.close();
    lag.close();
  };
  return {
    config,
    rooms,
    async listen() {
      for (const listener of listeners) await http.listen(listener);
      if (server === undefined && config.kraken.listen) await kraken.listen();
      if (server === undefined) await kurento.listen();
    },
    get addresses() {
      return http.addresses;
    },
    get httpPort() {
      return http.addresses.find((address) => address.protocol === 'http')?.port ?? 0;
    },
    get krakenAddress() {
      return kraken.address;
    },
    get kurentoAddress() {
      return kurento.address;
    },
    mediaAddresses: engine.sockets.map((socket) => socket.address),
    mediaPort: engine.sockets[0].port,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function openEngine(config: Config, io: PacketIo, log: Logger): Engine {
  const { media, timeouts, limits, bandwidth, layers } = config;
  try {
    return new Engine({
      io,
      log,
      mediaAddresses: media.addresses.length > 0 ? media.addresses : reachableAddresses(networkInterfaces()),
      mediaPort: parsePortRange(media.portRange) ?? media.port,
      announcedAddresses: media.announcedAddresses,
      announcedAs: media.candidateType,
      media: {
        initialOutgoingBitrate: bandwidth.initialOutgoingBitrate,
        minOutgoingBitrate: bandwidth.minOutgoingBitrate,
        maxOutgoingBitrate: bandwidth.maxOutgoingBitrate || Number.POSITIVE_INFINITY,
        maxIncomingBitrate: bandwidth.maxIncomingBitrate || Number.POSITIVE_INFINITY,
        videoHistoryPackets: media.historyPackets,
        startLayer: layers.start,
        dropsTemporalLayers: layers.temporal,
      },
      ice: {
        connectTimeoutMs: timeouts.connectMs,
        disconnectedTimeoutMs: timeouts.disconnectedMs,
        failedTimeoutMs: timeouts.failedMs,
        keepaliveMs: timeouts.keepaliveMs,
      },
      ...(plainPairs(media) === 0
        ? {}
        : {
            plain: {
              ports: { first: media.plainFirstPort, last: media.plainLastPort },
              describedSourcesOnly: media.plainSources === 'described',
            },
          }),
      ...(limits.dataChannels === 0 ? {} : { data: dataLimits(limits) }),
      negotiation: {
        codecs: defaultCodecs,
        headerExtensions: defaultHeaderExtensions,
        maxMediaLines: limits.mediaLines,
        maxSdpBytes: limits.sdpBytes,
      },
    });
  } catch (error) {
    io.close();
    throw error;
  }
}

/** Lines of connections without ICE that there can be at once. */
function plainPairs({ plainFirstPort, plainLastPort }: Config['media']): number {
  return plainFirstPort === 0 ? 0 : Math.max(0, (plainLastPort + 1 - plainFirstPort) >> 1);
}

function dataLimits({ dataChannels, dataMessageBytes, dataBufferBytes }: Config['limits']): DataLimits {
  return { maxChannels: dataChannels, maxMessageBytes: dataMessageBytes, maxBufferedBytes: dataBufferBytes };
}

/** Whether an address may have one more participant by now, in whatever dialect. */
function joinBudget({ limits }: Config): (address: string) => boolean {
  const perSecond = limits.joinsPerSecond;
  const budgets = new AddressBudgets({ perSecond, burst: perSecond * joinBurstSeconds }, now);
  return (address) => budgets.spend(address);
}

function serveDialects(
  http: HttpServer,
  surroundings: KrakenSurroundings,
): { kraken: KrakenService; kurento: KurentoService } {
  const { rooms, config, log, mayJoin, turns } = surroundings;
  const token = config.auth.bearerToken === '' ? null : config.auth.bearerToken;
  http.hono.route(
    '/',
    createWhipRoutes({
      rooms,
      log,
      iceServers: () => config.ice.servers,
      bearerToken: token,
      maxOfferBytes: config.limits.sdpBytes,
      mayJoin,
      turns,
    }),
  );
  serveTalksy(http, {
    rooms,
    log,
    maxRooms: config.limits.rooms,
    maxIdLength: config.limits.idCharacters,
    mayJoin,
    timings: { roomIdleMs: config.talksy.roomIdleMs, joinMs: config.talksy.joinMs },
  });
  http.webSocket(createPionDialect({ rooms, log, mayJoin }));
  return {
    kraken: serveKraken(http, surroundings),
    kurento: serveKurento(http, surroundings),
  };
}

function servePages(http: HttpServer, config: Config, log: Logger): void {
  // What the pages' RTCPeerConnection is made with.
  http.hono.get('/client-config.json', (context) =>
    context.json({ iceServers: config.ice.servers }, 200, { 'Cache-Control': 'no-store' }),
  );
  const directory = webDirectory();
  if (directory === null) log.warn({}, 'the web pages are not built; `npm run build` makes them');
  else serveStaticPages(http, directory);
}

function adminSource(rooms: Rooms, engine: Engine, lag: EventLoopLag): AdminSource {
  return {
    rooms: () => rooms.snapshot(),
    server() {
      const { packetsIn, packetsOut, bytesIn, bytesOut } = engine.counters;
      const eventLoopLagMs = lag.quantileMs(0.99);
      lag.reset();
      return {
        version: packageVersion,
        uptimeSeconds: Math.floor(process.uptime()),
        ...{ packetsIn, packetsOut, bytesIn, bytesOut, eventLoopLagMs },
      };
    },
    removeParticipant(roomId, participantId) {
      const participant = rooms.rooms.get(roomId)?.participants.get(participantId);
      participant?.leave('kicked');
      return participant !== undefined;
    },
  };
}

function now(): number {
  return performance.now();
}
