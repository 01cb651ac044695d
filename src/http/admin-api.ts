/** The admin API: what goes on in the rooms, and removing a participant from one. */
import type { Context, Next } from 'hono';
import { isBearer } from './bearer-token.ts';
import { isLoopback, isLoopbackHost } from './client-address.ts';
import { jsonError } from './error-response.ts';
import type { HttpApp, HttpEnvironment } from './http-app.ts';

/** What the composition gives the API to show and do. */
export interface AdminSource {
  /** A snapshot that can be written as JSON. */
  rooms(): unknown;
  /** Version, totals and the like, as JSON. */
  server(): object;
  /** Ends a participant's session; false when there is no such participant. */
  removeParticipant(roomId: string, participantId: string): boolean;
}

/** @param token needed as a bearer token; null lets in clients on this machine only */
export function serveAdminApi(app: HttpApp, source: AdminSource, token: string | null): void {
  app.hono.use('/admin/api/*', async (context, next) => authorize(context, next, token));
  app.hono.get('/admin/api/rooms', (context) =>
    context.json({ server: source.server(), rooms: source.rooms() }, 200, { 'Cache-Control': 'no-store' }),
  );
  app.hono.delete('/admin/api/rooms/:room/participants/:participant', (context) => {
    const { room, participant } = context.req.param();
    return source.removeParticipant(room, participant)
      ? context.body(null, 204)
      : jsonError(404, 'not-found', `There is no participant ${participant} in a room ${room}.`);
  });
}

async function authorize(
  context: Context<HttpEnvironment>,
  next: Next,
  token: string | null,
): Promise<Response | undefined> {
  if (token !== null && !isBearer(context.req.header('authorization'), token)) {
    const response = jsonError(401, 'unauthorized', 'The admin token is needed as a bearer token.');
    response.headers.set('WWW-Authenticate', 'Bearer realm="admin"');
    return response;
  }
  if (token === null && !isLocal(context)) {
    return jsonError(
      403,
      'unauthorized',
      'Only clients on the server machine may do this until admin.token is configured.',
    );
  }
  await next();
  return undefined;
}

/** On this machine, addressed by its own name, and not through a proxy that hides where it comes from. */
function isLocal(context: Context<HttpEnvironment>): boolean {
  const client = context.get('client');
  return isLoopback(client.address) && !client.untrustedProxy && isLoopbackHost(context.req.header('host'));
}
