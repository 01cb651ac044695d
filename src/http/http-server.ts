/** The HTTP(S) and WebSocket server that all dialects, pages and operations share. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { clientAddress } from './client-address.ts';
import { errorResponse, jsonError } from './error-response.ts';
import type { HttpApp, HttpEnvironment } from './http-app.ts';
import { ListenError } from './listen-error.ts';
import { type BytesRefusal, RequestBytes } from './request-bytes.ts';
import type { WebSocketDialect } from './web-socket-dialect.ts';
import { WebSocketServer, type WebSocketServerOptions } from './web-socket-server.ts';

export interface HttpListener {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** PEM texts; makes it an HTTPS listener. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface HttpServerOptions extends WebSocketServerOptions {
  /** Most TCP connections on each listener. */
  readonly maxConnections: number;
  /** The longest body that any route reads. Default 1 MiB. */
  readonly maxBodyBytes?: number;
}

export interface ListeningAddress {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A client that sends its header slower than this is not one (slow loris). */
const headersTimeoutMs = 10_000;
/** For the whole request; bodies are small. */
const requestTimeoutMs = 30_000;
const defaultMaxBodyBytes = 2 ** 20;
/**
 * How often connections are looked through for these. It costs little, as Node keeps them in order of time, and those
 * that are due are closed in one go, for which media waits: thousands that came in a few seconds should not be due at once.
 */
const connectionsCheckMs = 100;

/**
 * For a connection between two requests: longer than proxies hold theirs, and than clients that poll pause, because a
 * request on its way to a connection that is just being closed is lost.
 */
const idleTimeoutMs = 75_000;

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export class HttpServer implements HttpApp {
  readonly hono = new Hono<HttpEnvironment>();
  readonly webSockets: WebSocketServer;

  readonly #options: HttpServerOptions;
  readonly #requestBytes = new RequestBytes();
  readonly #servers: { readonly server: Server; readonly listener: HttpListener }[] = [];
  readonly #detach: (() => void)[] = [];
  /** Requests that no route claimed, so that an embedding server can have them. */
  readonly #unclaimed = new WeakSet<Request>();
  #closing: Promise<void> | null = null;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.webSockets = new WebSocketServer(options);
    this.hono.use(async (context, next) => {
      const client = clientAddress(context.env.incoming, options.trustProxy);
      context.set('client', client);
      const bytes = bodyBytes(context.env.incoming, options.maxBodyBytes ?? defaultMaxBodyBytes);
      if (bytes === 0) {
        await next();
        return;
      }
      const refusal = this.#requestBytes.acquire(client.address, bytes);
      if (refusal !== null) {
        return busy(refusal);
      }
      try {
        await next();
      } finally {
        this.#requestBytes.release(client.address, bytes);
      }
    });
    this.hono.notFound((context) => {
      this.#unclaimed.add(context.req.raw);
      return jsonError(404, 'not-found', 'There is nothing at this address.');
    });
    this.hono.onError((error) => errorResponse(error, options.log));
  }

  webSocket(dialect: WebSocketDialect): void {
    this.webSockets.add(dialect);
  }

  /** Where it listens, with the ports the system chose. */
  get addresses(): readonly ListeningAddress[] {
    return this.#servers.map(({ server, listener }) => listeningAddress(server, listener));
  }

  /**
   * Opens one more listener.
   * @throws ListenError naming host and port
   */
  async listen(listener: HttpListener): Promise<ListeningAddress> {
    const server = this.#createServer(listener);
    const handle = this.#requestListener(null);
    server.on('request', handle);
    server.on('upgrade', (request, socket, head) => this.webSockets.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(new ListenError(error, listener.host, listener.port));
      server.once('error', failed);
      server.listen(listener.port, listener.host, () => {
        server.off('error', failed);
        // Such as no file descriptors left for a connection; what was accepted goes on.
        server.on('error', (error) =>
          this.#options.log.warn({ err: error }, 'a connection was not accepted'),
        );
        resolve();
      });
    });
    this.#servers.push({ server, listener });
    return listeningAddress(server, listener);
  }

  /**
   * Serves on someone else's server: what no route and no dialect claims by name goes to the listeners the
   * server had before. The server stays its owner's to listen on and to close.
   */
  attach(server: Server): void {
    const earlier = server.listeners('request') as RequestHandler[];
    const earlierUpgrades = server.listeners('upgrade') as ((
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
    ) => void)[];
    const handle = this.#requestListener((request, response) => {
      for (const listener of earlier) listener.call(server, request, response);
    });
    const handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (earlierUpgrades.length === 0 || this.webSockets.claimsByName(request)) {
        this.webSockets.handleUpgrade(request, socket, head);
      } else {
        for (const listener of earlierUpgrades) listener.call(server, request, socket, head);
      }
    };
    for (const listener of earlier) server.off('request', listener);
    for (const listener of earlierUpgrades) server.off('upgrade', listener);
    server.on('request', handle);
    server.on('upgrade', handleUpgrade);
    this.#detach.push(() => {
      server.off('request', handle);
      server.off('upgrade', handleUpgrade);
      for (const listener of earlier) server.on('request', listener);
      for (const listener of earlierUpgrades) server.on('upgrade', listener);
    });
  }

  /**
   * Stops accepting, closes WebSockets with 1001, lets requests under way end, and cuts what is left after
   * `graceMs`.
   */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    for (const detach of this.#detach) detach();
    const closed = this.#servers.map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    const cut = setTimeout(() => {
      this.webSockets.terminate();
      for (const { server } of this.#servers) server.closeAllConnections();
    }, graceMs);
    await this.webSockets.close();
    for (const { server } of this.#servers) server.closeIdleConnections();
    await Promise.all(closed);
    clearTimeout(cut);
    this.#servers.length = 0;
  }

  #createServer(listener: HttpListener): Server {
    const options = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
    };
    const server =
      listener.tls === undefined
        ? createServer(options)
        : createSecureServer({ ...options, cert: listener.tls.cert, key: listener.tls.key });
    server.maxConnections = this.#options.maxConnections;
    return server;
  }

  #requestListener(unclaimed: RequestHandler | null): RequestHandler {
    return getRequestListener(async (request, environment) => {
      const { incoming, outgoing } = environment as HttpEnvironment['Bindings'];
      const response = await this.hono.fetch(request, { incoming, outgoing });
      if (unclaimed === null || !this.#unclaimed.has(request)) return response;
      unclaimed(incoming, outgoing);
      return RESPONSE_ALREADY_SENT;
    });
  }
}

/** For pages of every origin: some try again and again what their browser keeps from them. */
function busy({ status, message }: BytesRefusal): Response {
  const response = jsonError(status, 'limit-connections', message);
  response.headers.set('Access-Control-Allow-Origin', '*');
  response.headers.set('Retry-After', '1');
  // What is left of the body is not waited for.
  response.headers.set('Connection', 'close');
  return response;
}

/** What a body will take while it is read and worked on; none is read beyond `most`. */
function bodyBytes({ method, headers }: IncomingMessage, most: number): number {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 0;
  const length = headers['content-length'];
  return length === undefined ? most : Math.min(Number(length), most);
}

function listeningAddress(server: Server, listener: HttpListener): ListeningAddress {
  return {
    protocol: listener.tls === undefined ? 'http' : 'https',
    host: listener.host,
    port: (server.address() as AddressInfo).port,
  };
}
