/**
 * JSON-RPC over HTTP: on the port all dialects share it has `POST /` (and its preflight), on a port of its own it has
 * everything.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { FairShare } from '../../http/fair-share.ts';
import type { HttpEnvironment } from '../../http/http-app.ts';
import type { Logger } from '../../log.ts';
import { errorCodes, KrakenError } from './kraken-error.ts';
import type { Method } from './methods.ts';
import { MalformedCall, parseCall, type RpcCall } from './rpc-call.ts';

export interface RpcOptions {
  readonly methods: Readonly<Record<string, Method>>;
  readonly log: Logger;
  /** Longest body, in bytes. */
  readonly maxBodyBytes: number;
  /** Whether an address may call once more by now. */
  readonly mayCall: (address: string) => boolean;
  readonly share: FairShare;
  /**
   * Whether the server is about to end. Calls are cut off then instead of answered: clients try a connection that was
   * cut again, until there is a server, but take a refused publication for the end.
   */
  readonly isStopping: () => boolean;
}

type RpcContext = Context<HttpEnvironment>;
type Next = () => Promise<void>;

const contentType = 'application/json; charset=UTF-8';

/** `POST /` and `OPTIONS /`, to be mounted at the root. */
export function createRpcRoutes(options: RpcOptions): Hono<HttpEnvironment> {
  const routes = new Hono<HttpEnvironment>();
  routes.post('/', allowOrigin, limitBody(options.maxBodyBytes), (c) => answerCall(c, options));
  routes.options('/', allowOrigin, (c) => answerPreflight(c));
  routes.onError((error) => serverError(error, options.log));
  return routes;
}

/** Makes an application that is the dialect's alone answer everything else as the original does. */
export function serveRpcAlone(hono: Hono<HttpEnvironment>, options: RpcOptions): void {
  hono.use(allowOrigin);
  hono.post('/', limitBody(options.maxBodyBytes), (c) => answerCall(c, options));
  hono.options('*', (c) => answerPreflight(c));
  hono.notFound(() => notFound());
  hono.onError((error) => serverError(error, options.log));
}

async function answerCall(c: RpcContext, options: RpcOptions): Promise<Response> {
  const { address } = c.get('client');
  if (!options.mayCall(address)) return json(429, { error: 'too many calls from your address' });
  const body = await readBody(c);
  return await options.share.run(() =>
    options.isStopping() ? cutOff(c) : answerBody(body, address, options),
  );
}

function cutOff(c: RpcContext): Response {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}

function answerBody(body: string | null, address: string, { methods, log }: RpcOptions): Response {
  let call: RpcCall;
  try {
    call = parseCall(body ?? '');
  } catch (error) {
    if (error instanceof MalformedCall) return json(400, { error: error.message });
    throw error;
  }
  const id = call.id === '' ? {} : { id: call.id };
  try {
    const method = Object.hasOwn(methods, call.method) ? methods[call.method] : null;
    if (method === null) throw new KrakenError(errorCodes.invalidParameters, 'There is no such method.');
    return json(200, { data: method(call.params, address), ...id });
  } catch (error) {
    if (error instanceof KrakenError) return json(200, { error: error.toObject(), ...id });
    return serverError(error, log);
  }
}

/** null when the client breaks off */
async function readBody(c: RpcContext): Promise<string | null> {
  try {
    return await c.req.text();
  } catch {
    return null;
  }
}

function answerPreflight(c: RpcContext): Response {
  return c.req.header('Origin') === undefined ? notFound() : json(200, {});
}

/** The pages are of other origins by construction, and retry without end what the browser keeps from them. */
async function allowOrigin(c: RpcContext, next: Next): Promise<void> {
  await next();
  const origin = c.req.header('Origin');
  const { headers } = c.res;
  headers.append('Vary', 'Origin');
  if (origin === undefined) return;
  headers.set('Access-Control-Allow-Origin', origin);
  headers.set('Access-Control-Allow-Headers', 'Content-Type,Authorization,Mixin-Conversation-ID');
  headers.set('Access-Control-Allow-Methods', 'OPTIONS,GET,POST,DELETE');
  headers.set('Access-Control-Max-Age', '600');
}

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    // What is left of the body is not waited for.
    onError: () => json(413, { error: `the limit is ${maxSize} bytes` }, { Connection: 'close' }),
  });
}

function notFound(): Response {
  return json(404, { error: 'not found' });
}

function serverError(error: unknown, log: Logger): Response {
  log.error({ err: error }, 'bug: a Kraken call ended in an unexpected error');
  return json(500, { error: 'server error' });
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': contentType, ...headers } });
}
