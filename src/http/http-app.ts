import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { WebSocketDialect } from './web-socket-dialect.ts';

/** Hono's environment here: `c.env.incoming` is Node's request; `c.get('client')` says who asks. */
export interface HttpEnvironment {
  Bindings: HttpBindings;
  Variables: { client: ClientAddress };
}

/** Who sent a request. */
export interface ClientAddress {
  /** The client's IP address, as a trusted proxy reports it if there is one. */
  readonly address: string;
  /** Whether the request came by TLS, as a trusted proxy reports it if there is one. */
  readonly secure: boolean;
  /** Whether it carries a proxy's headers without the proxy being trusted. */
  readonly untrustedProxy: boolean;
}

/** What dialects register themselves on. */
export interface HttpApp {
  /** Routes for plain HTTP. Each bounds the body it reads, with `hono/body-limit`. */
  readonly hono: Hono<HttpEnvironment>;
  /** Registers a dialect that speaks over WebSocket. Earlier ones are asked first. */
  webSocket(dialect: WebSocketDialect): void;
}
