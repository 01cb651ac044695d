/**
 * What the original calls its monitor, as far as it exists there: the same envelope as the engine's on `POST /`, no
 * method, and no CORS.
 */
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { HttpEnvironment } from '../../http/http-app.ts';
import { MalformedCall, parseCall } from './rpc-call.ts';

const contentType = 'application/json; charset=UTF-8';
const maxBodyBytes = 65_536;

export function serveMonitor(hono: Hono<HttpEnvironment>): void {
  const tooLong = (): Response => json(413, { error: `the limit is ${maxBodyBytes} bytes` });
  hono.post('/', bodyLimit({ maxSize: maxBodyBytes, onError: tooLong }), async (c) => {
    try {
      const { id, method } = parseCall(await c.req.text());
      return json(200, { error: `invalid method ${method}`, ...(id === '' ? {} : { id }) });
    } catch (error) {
      if (error instanceof MalformedCall) return json(400, { error: error.message });
      throw error;
    }
  });
  hono.notFound(() => json(404, { error: 'not found' }));
  hono.onError(() => json(500, { error: 'server error' }));
}

function json(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': contentType } });
}
