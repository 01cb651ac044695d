/**
 * WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): one HTTP request in, one SDP answer out, and a resource that
 * stands for the session.
 *
 *     POST    /whip/:room, /whep/:room              application/sdp → 201 with the answer and Location
 *     PATCH   /whip/:room/:session, /whep/…         trickle ICE and ICE restart
 *     DELETE  /whip/:room/:session, /whep/…         ends the session
 *     OPTIONS all of them                           what they accept; CORS preflight
 *
 * Who closes whom: DELETE makes the participant leave; a participant that leaves for any reason takes its
 * resource with it, which then is 404.
 */

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ProtocolError, UserError } from '../../errors.ts';
import type { FairShare } from '../../http/fair-share.ts';
import type { HttpEnvironment } from '../../http/http-app.ts';
import type { Logger } from '../../log.ts';
import type { JoinOptions } from '../../rooms/participant.ts';
import { compactUuid } from '../compact-uuid.ts';
import { checkBearerToken } from './bearer-token.ts';
import { formatEntityTag, matches, parseIfMatch } from './entity-tag.ts';
import { formatIceServerLinks, type IceServer } from './ice-server-link.ts';
import { patchIceSession } from './ice-session.ts';
import { isAcceptable, isContentType, sdpFragmentType, sdpType } from './media-type.ts';
import { checkOffer, refusedMedia } from './offered-media.ts';
import { type Problem, problemOf, problemResponse } from './problem.ts';
import { type JoinableRooms, type Role, type Session, SessionTable } from './session-table.ts';

export interface WhipOptions {
  readonly rooms: JoinableRooms;
  readonly log: Logger;
  /** Told to clients in Link headers. Asked for each answer, so that TURN credentials can be short-lived. */
  readonly iceServers?: () => readonly IceServer[];
  /** Bearer token of publishers and players; null or absent: none is asked for. */
  readonly bearerToken?: string | null;
  /** Whether an address may join once more by now. Default: as often as it likes. */
  readonly mayJoin?: (address: string) => boolean;
  /** In which offers are worked on. Default: at once. */
  readonly turns?: FairShare;
  /** Largest offer. Default 256 KiB: browsers write about 8 KiB for a media line. */
  readonly maxOfferBytes?: number;
}

type WhipContext = Context<HttpEnvironment>;
type Handler = (c: WhipContext) => Response | Promise<Response>;

const roles: readonly Role[] = ['whip', 'whep'];
const defaultMaxOfferBytes = 256 * 1024;
/** A fragment is a few candidates long. */
const maxFragmentBytes = 16 * 1024;
/** Two hours, the longest Chromium honours. */
const preflightMaxAgeSeconds = 7200;
const exposedHeaders =
  'Location, ETag, Link, Accept-Post, Accept-Patch, Allow, Retry-After, WWW-Authenticate';

const endpointMethods = 'POST, OPTIONS';
const resourceMethods = 'PATCH, DELETE, OPTIONS';

/** Routes to mount at the root of the HTTP application. */
export function createWhipRoutes(options: WhipOptions): Hono<HttpEnvironment> {
  const sessions = new SessionTable();
  const requiredToken = options.bearerToken ?? null;
  const routes = new Hono<HttpEnvironment>();

  for (const role of roles) {
    const endpoint = `/${role}/:room`;
    const resource = `/${role}/:room/:session`;

    const authorized =
      (handle: Handler): Handler =>
      (c) => {
        const problem = checkBearerToken(c.req.header('Authorization'), requiredToken);
        return problem === null ? handle(c) : problemResponse(problem);
      };
    const allow = (c: WhipContext, methods: string): Response => {
      const headers = new Headers({ Allow: methods, 'Access-Control-Allow-Methods': methods });
      // ICE servers carry credentials, so they are told to whoever could have got them by POST.
      if (checkBearerToken(c.req.header('Authorization'), requiredToken) === null)
        addIceServers(headers, options);
      return new Response(null, { status: 204, headers });
    };

    routes.use(endpoint, allowOrigin);
    routes.use(resource, allowOrigin);

    routes.options(endpoint, (c) => {
      const response = allow(c, endpointMethods);
      response.headers.set('Accept-Post', sdpType);
      return response;
    });
    routes.post(
      endpoint,
      limitBody(options.maxOfferBytes ?? defaultMaxOfferBytes),
      authorized((c) => openSession(c, role, options, sessions)),
    );
    routes.all(endpoint, () => methodNotAllowed(endpointMethods));

    routes.options(resource, (c) => {
      const response = allow(c, resourceMethods);
      response.headers.set('Accept-Patch', sdpFragmentType);
      return response;
    });
    const withSession = (
      handle: (c: WhipContext, session: Session) => Response | Promise<Response>,
    ): Handler =>
      authorized((c) => {
        const session = sessions.get(role, c.req.param('room') ?? '', c.req.param('session') ?? '');
        return session === null ? problemResponse(sessionNotFound) : handle(c, session);
      });
    routes.patch(resource, limitBody(maxFragmentBytes), withSession(patchSession));
    routes.delete(resource, withSession(deleteSession));
    routes.all(resource, () => methodNotAllowed(resourceMethods));
  }

  routes.onError((error, c) => {
    const problem = problemOf(error);
    if (problem !== null) return problemResponse(problem);
    options.log.error(
      { err: error, method: c.req.method, role: c.req.path.split('/')[1] },
      'bug in WHIP/WHEP',
    );
    return problemResponse({ status: 500, code: 'internal', detail: 'The server failed at this request.' });
  });
  return routes;
}

async function openSession(
  c: WhipContext,
  role: Role,
  options: WhipOptions,
  sessions: SessionTable,
): Promise<Response> {
  if (!isContentType(c.req.header('Content-Type'), sdpType)) {
    return problemResponse(unsupportedType(sdpType, 'Accept-Post'));
  }
  if (!isAcceptable(c.req.header('Accept'), sdpType)) {
    return problemResponse({ status: 406, code: 'not-acceptable', detail: `Answers are ${sdpType} only.` });
  }
  if (options.mayJoin?.(c.get('client').address) === false) {
    throw new UserError('limit-joins', 'Too many sessions were begun from your address.');
  }
  const offer = await readBody(c);
  const begin = () => beginSession(c, offer, role, options, sessions);
  return await (options.turns?.run(begin) ?? begin());
}

function beginSession(
  c: WhipContext,
  offer: string,
  role: Role,
  options: WhipOptions,
  sessions: SessionTable,
): Response {
  checkOffer(offer, role === 'whip' ? 'send' : 'recv');
  const roomId = c.req.param('room') ?? '';
  let answer = '';
  // An offer that cannot be used replaces nobody.
  const participant = options.rooms.join(
    joinOptions(role, roomId, new URL(c.req.url).searchParams),
    (newcomer) => {
      answer = newcomer.answerOffer(offer);
      const refused = refusedMedia(offer, answer);
      if (refused.length > 0) {
        throw new ProtocolError('codec-not-supported', `No codec in common for ${refused.join(' and ')}.`);
      }
    },
  );
  const session = sessions.add(role, roomId, participant);
  const headers = new Headers({
    'Content-Type': sdpType,
    Location: `/${role}/${encodeURIComponent(roomId)}/${session.id}`,
    ETag: formatEntityTag(session.entityTag),
    'Accept-Patch': sdpFragmentType,
  });
  addIceServers(headers, options);
  return new Response(answer, { status: 201, headers });
}

function joinOptions(role: Role, roomId: string, query: URLSearchParams): JoinOptions {
  const participant = query.get('participant');
  const name = query.get('name');
  const common = { roomId, dialect: role, renegotiates: false, ...(name === null ? {} : { name }) };
  // The participant id is public, the resource id is a secret: they must not be the same.
  const generatedId = `${role}-${compactUuid()}`;
  if (role === 'whip') return { ...common, participantId: participant ?? generatedId, subscribes: false };
  return {
    ...common,
    participantId: generatedId,
    publishes: false,
    ...(participant === null ? {} : { wants: (publication) => publication.participant.id === participant }),
  };
}

async function patchSession(c: WhipContext, session: Session): Promise<Response> {
  if (!isContentType(c.req.header('Content-Type'), sdpFragmentType)) {
    return problemResponse(unsupportedType(sdpFragmentType, 'Accept-Patch'));
  }
  const condition = c.req.header('If-Match');
  if (condition === undefined) {
    return problemResponse({
      status: 428,
      code: 'if-match-required',
      detail: 'PATCH needs an If-Match header.',
    });
  }
  const body = await readBody(c);
  // The session may have ended, or been restarted, while the body was on its way.
  if (session.participant.closeReason !== null) return problemResponse(sessionNotFound);
  if (!matches(parseIfMatch(condition), session.entityTag)) {
    return problemResponse({
      status: 412,
      code: 'if-match-failed',
      detail: 'If-Match names another ICE session.',
    });
  }
  const answer = patchIceSession(session, body);
  if (answer === null) return new Response(null, { status: 204 });
  return new Response(answer, {
    status: 200,
    headers: { 'Content-Type': sdpFragmentType, ETag: formatEntityTag(session.entityTag) },
  });
}

function deleteSession(_c: WhipContext, session: Session): Response {
  session.participant.leave('left');
  return new Response(null, { status: 200 });
}

/** CORS for any origin: there are no cookies, and a token is the page's own to give. */
async function allowOrigin(c: WhipContext, next: () => Promise<void>): Promise<void> {
  await next();
  const { headers } = c.res;
  headers.set('Access-Control-Allow-Origin', '*');
  headers.set('Access-Control-Expose-Headers', exposedHeaders);
  headers.set('Cache-Control', 'no-store');
  if (c.req.method === 'OPTIONS') {
    headers.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-Match');
    headers.set('Access-Control-Max-Age', String(preflightMaxAgeSeconds));
  }
}

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () =>
      problemResponse({
        status: 413,
        code: 'limit-message-size',
        detail: `The limit is ${maxSize} bytes.`,
      }),
  });
}

/** @throws ProtocolError when the client breaks off */
async function readBody(c: WhipContext): Promise<string> {
  try {
    return await c.req.text();
  } catch {
    throw new ProtocolError('malformed-message', 'The request body could not be read.');
  }
}

function addIceServers(headers: Headers, options: WhipOptions): void {
  for (const link of formatIceServerLinks(options.iceServers?.() ?? [])) headers.append('Link', link);
}

function methodNotAllowed(methods: string): Response {
  return problemResponse({
    status: 405,
    code: 'method-not-allowed',
    detail: `Allowed here: ${methods}.`,
    headers: { Allow: methods },
  });
}

function unsupportedType(type: string, header: string): Problem {
  return {
    status: 415,
    code: 'unsupported-media-type',
    detail: `The body has to be ${type}.`,
    headers: { [header]: type },
  };
}

const sessionNotFound: Problem = { status: 404, code: 'not-found', detail: 'There is no such session.' };
