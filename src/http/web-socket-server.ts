/** Accepts WebSocket connections, finds the dialect of each, and keeps watch over them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer as Ws } from 'ws';
import type { Logger } from '../log.ts';
import { AddressLimit } from './address-limit.ts';
import { clientAddress } from './client-address.ts';
import { FairShare } from './fair-share.ts';
import { CloseCode, type SignalingRequest, SignalingSocket } from './signaling-socket.ts';
import { dialectOfFirstFrame, UpgradeRoutes } from './upgrade-routes.ts';
import type { WebSocketDialect } from './web-socket-dialect.ts';

export interface WebSocketServerOptions {
  readonly log: Logger;
  /** Believe X-Forwarded-For and X-Forwarded-Proto. */
  readonly trustProxy: boolean;
  /** Most bytes of one message. */
  readonly maxMessageBytes: number;
  /** Most WebSocket connections of one client address. */
  readonly maxConnectionsPerAddress: number;
  /** In which messages are worked on. Default: one of its own. */
  readonly turns?: FairShare;
  /** How often each client is pinged; one that did not answer the ping before is dropped. Default 30 s. */
  readonly pingIntervalMs?: number;
  /** How long a client on a path of several dialects may wait with its first frame. Default 60 s. */
  readonly firstFrameTimeoutMs?: number;
}

const defaultPingIntervalMs = 30_000;
const defaultFirstFrameTimeoutMs = 60_000;
/** Most clients that speak first do so at once; later than this they may be waiting for the server's first word. */
const greetAfterMs = 1000;
/** A client that leaves so many whole messages unread is not reading. */
const bufferedMessages = 16;

type Refusal = 'connection-limit' | 'no-such-path' | 'shutting-down';

const statusOfRefusal: Readonly<Record<Refusal, string>> = {
  'connection-limit': '429 Too Many Requests',
  'no-such-path': '404 Not Found',
  'shutting-down': '503 Service Unavailable',
};

interface Connection {
  readonly ws: WebSocket;
  /** What carries it. */
  readonly stream: Duplex;
  readonly socket: SignalingSocket;
  answeredPing: boolean;
  /** Frames that wait for their turn. */
  waiting: number;
  /** What is sent now goes out together. */
  gathers: boolean;
}

export class WebSocketServer {
  readonly #options: WebSocketServerOptions;
  readonly #log: Logger;
  readonly #ws: Ws;
  readonly #routes = new UpgradeRoutes();
  readonly #limit: AddressLimit;
  readonly #turns: FairShare;
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #heartbeat: NodeJS.Timeout;
  /** Upgrades refused, by reason; for metrics. */
  readonly refused: Record<Refusal, number> = {
    'connection-limit': 0,
    'no-such-path': 0,
    'shutting-down': 0,
  };
  #closed: (() => void) | null = null;
  #closing = false;

  constructor(options: WebSocketServerOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#limit = new AddressLimit(options.maxConnectionsPerAddress);
    this.#turns = options.turns ?? new FairShare(() => performance.now());
    this.#ws = new Ws({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessageBytes,
      // Signaling is small; compression would cost each connection a zlib window.
      perMessageDeflate: false,
      // A pong says that what came before its ping has been worked on.
      autoPong: false,
    });
    this.#heartbeat = setInterval(
      () => this.#beat(),
      options.pingIntervalMs ?? defaultPingIntervalMs,
    ).unref();
  }

  add(dialect: WebSocketDialect): void {
    this.#routes.add(dialect);
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  /** Whether a dialect names the path of this request, as against taking any path. */
  claimsByName(request: IncomingMessage): boolean {
    const url = targetOf(request);
    return (
      url !== null &&
      this.#routes
        .candidates(url.pathname, url.searchParams)
        .some((dialect) => dialect.paths.includes(url.pathname))
    );
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = targetOf(request);
    const candidates = url === null ? [] : this.#routes.candidates(url.pathname, url.searchParams);
    const client = clientAddress(request, this.#options.trustProxy);
    const refusal = this.#refusal(candidates, client.address);
    if (url === null || refusal !== null) {
      const reason = refusal ?? 'no-such-path';
      this.refused[reason]++;
      refuse(socket, statusOfRefusal[reason]);
      return;
    }
    // Given back when the TCP connection goes, whether or not the handshake succeeds.
    socket.once('close', () => this.#limit.release(client.address));
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      this.#accept(ws, socket, candidates, {
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        remoteAddress: client.address,
        secure: client.secure,
      });
    });
  }

  /** Refuses new connections, closes the open ones with 1001, and resolves when all are gone. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#heartbeat);
    const gone = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    for (const ws of this.#connections.keys()) ws.close(CloseCode.GoingAway, 'The server is shutting down.');
    if (this.#connections.size > 0) await gone;
  }

  /** Cuts every connection without a word. */
  terminate(): void {
    for (const ws of this.#connections.keys()) ws.terminate();
  }

  /** Why a connection may not be had; where it may, it is counted against its address. */
  #refusal(candidates: readonly WebSocketDialect[], address: string): Refusal | null {
    if (candidates.length === 0) return 'no-such-path';
    if (this.#closing) return 'shutting-down';
    return this.#limit.acquire(address) ? null : 'connection-limit';
  }

  #accept(
    ws: WebSocket,
    stream: Duplex,
    candidates: readonly WebSocketDialect[],
    request: SignalingRequest,
  ): void {
    const socket = new SignalingSocket(
      ws,
      request,
      bufferedMessages * this.#options.maxMessageBytes,
      (error) =>
        this.#log.error({ err: error, path: request.path }, 'bug: a signaling session ended unexpectedly'),
    );
    const connection: Connection = {
      ws,
      stream,
      socket,
      answeredPing: true,
      waiting: 0,
      gathers: false,
    };
    this.#connections.set(ws, connection);
    ws.on('pong', () => {
      connection.answeredPing = true;
    });
    // What ws reports here (a bad frame, a message too long) it has already answered with a close frame.
    ws.on('error', (error) => {
      this.#log.debug(
        { err: error, path: request.path, client: request.remoteAddress },
        'bad WebSocket frame',
      );
    });
    ws.on('close', (code, reason) => {
      // What came before the end is worked on before it.
      this.#inTurn(connection, () => {
        this.#connections.delete(ws);
        socket.deliverClose(code, reason.toString());
        if (this.#connections.size === 0) this.#closed?.();
      });
    });
    ws.on('ping', (data) => this.#inTurn(connection, () => ws.pong(data)));
    if (candidates.length === 1) {
      ws.on('message', (data) => this.#inTurn(connection, () => socket.deliver(textOf(data))));
      this.#handOver(socket, candidates[0]);
    } else this.#awaitFirstFrame(connection, candidates);
  }

  /** Until it has been the turn of all that a socket sent, no more is read of it. */
  #inTurn(connection: Connection, work: () => void): void {
    const { ws, socket } = connection;
    const piece = (): void => {
      this.#gather(connection);
      try {
        work();
      } catch (error) {
        this.#log.error({ err: error }, 'bug: a frame could not be worked on');
      }
    };
    if (connection.waiting === 0 && this.#turns.atOnce(piece)) return;
    if (connection.waiting++ === 0) socket.holdReading(true);
    void this.#turns.run(() => {
      piece();
      if (--connection.waiting === 0) socket.holdReading(false);
    }, ws);
  }

  /** Answers to frames that came together, and events with them, go out in one system call. */
  #gather(connection: Connection): void {
    if (connection.gathers) return;
    connection.gathers = true;
    connection.stream.cork();
    process.nextTick(() => {
      connection.gathers = false;
      connection.stream.uncork();
    });
  }

  #awaitFirstFrame(connection: Connection, candidates: readonly WebSocketDialect[]): void {
    const { ws, socket } = connection;
    const timer = setTimeout(
      () => socket.close(CloseCode.PolicyViolation, 'Nothing was sent in time.'),
      this.#options.firstFrameTimeoutMs ?? defaultFirstFrameTimeoutMs,
    );
    const greeting = setTimeout(() => {
      for (const dialect of candidates) dialect.greet?.(socket);
    }, greetAfterMs);
    const stopWaiting = (): void => {
      clearTimeout(timer);
      clearTimeout(greeting);
    };
    ws.once('close', stopWaiting);
    let handedOver = false;
    const receive = (text: string): void => {
      if (!handedOver) {
        handedOver = true;
        const dialect = dialectOfFirstFrame(candidates, text);
        if (dialect === null)
          socket.close(CloseCode.ProtocolError, 'No signaling protocol of this path begins so.');
        else this.#handOver(socket, dialect);
      }
      socket.deliver(text);
    };
    ws.once('message', stopWaiting);
    ws.on('message', (data) => this.#inTurn(connection, () => receive(textOf(data))));
  }

  #handOver(socket: SignalingSocket, dialect: WebSocketDialect): void {
    try {
      dialect.accept(socket);
    } catch (error) {
      this.#log.error({ err: error, dialect: dialect.name }, 'bug: a dialect could not take a connection');
      socket.close(CloseCode.InternalError, 'Internal error.');
    }
  }

  #beat(): void {
    for (const [ws, connection] of this.#connections) {
      if (!connection.answeredPing) {
        ws.terminate();
        continue;
      }
      connection.answeredPing = false;
      ws.ping();
    }
  }
}

function targetOf(request: IncomingMessage): URL | null {
  const target = request.url ?? '/';
  // A target such as //host/x would otherwise be read as another host.
  return URL.canParse(`http://localhost${target}`) && target.startsWith('/')
    ? new URL(`http://localhost${target}`)
    : null;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}
