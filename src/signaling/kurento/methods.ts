/** The methods of the protocol: what each does, and what it answers besides the session's id. */
import * as v from 'valibot';
import type { Params } from './json-rpc.ts';
import { KurentoError } from './kurento-error.ts';
import type { KurentoSession, SessionConnection } from './kurento-session.ts';
import type { ObjectModel } from './object-model.ts';
import { describeIssue, text } from './param-types.ts';

/** Who calls. */
export interface Caller extends SessionConnection {
  /** The client's IP address. */
  readonly address: string;
}

type Method = (model: ObjectModel, session: KurentoSession, params: unknown) => object | Promise<object>;

function method<Schema extends v.GenericSchema<unknown, unknown>>(
  schema: Schema,
  run: (
    model: ObjectModel,
    session: KurentoSession,
    params: v.InferOutput<Schema>,
  ) => object | Promise<object>,
): Method {
  return (model, session, params) => run(model, session, parseTopLevel(schema, params));
}

const ofObject = v.object({ object: text });

/** Those that work on a session, which is made where there is none. */
const sessionMethods: Readonly<Record<string, Method>> = {
  create: method(
    v.object({ type: text, constructorParams: v.optional(v.unknown()) }),
    (model, session, { type, constructorParams }) => ({
      value: model.create(session, type, constructorParams).id,
    }),
  ),
  describe: method(ofObject, (model, session, { object }) => {
    const { name, qualifiedName, hierarchy } = model.use(session, object).objectClass;
    return { type: name, qualifiedType: qualifiedName, hierarchy };
  }),
  invoke: method(
    v.object({ object: text, operation: text, operationParams: v.optional(v.unknown()) }),
    (model, session, { object: id, operation, operationParams }) => {
      const object = model.use(session, id);
      const value = object.objectClass.invoke(object, operation, operationParams);
      return value instanceof Promise
        ? value.then((later: unknown) => ({ value: later ?? null }))
        : { value: value ?? null };
    },
  ),
  subscribe: method(v.object({ object: text, type: text }), (model, session, { object, type }) => ({
    value: model.subscribe(session, object, type),
  })),
  unsubscribe: method(v.object({ subscription: v.unknown() }), (model, session, { subscription }) => {
    // Clients are not prepared for this to fail.
    if (typeof subscription === 'string') model.unsubscribe(session, subscription);
    return {};
  }),
  release: method(ofObject, (model, _session, { object: id }) => {
    const object = model.registry.lookup(id);
    if (object !== null) model.registry.release(object);
    return {};
  }),
  ref: method(ofObject, (model, session, { object }) => {
    model.use(session, object);
    return {};
  }),
  unref: method(ofObject, (model, session, { object: id }) => {
    const object = model.registry.lookup(id);
    if (object !== null) model.letGo(session, object);
    return {};
  }),
};

export const methodNames = [
  ...Object.keys(sessionMethods),
  ...['ping', 'connect', 'keepAlive', 'closeSession', 'transaction'],
] as const;

/** Runs a method that works on a session. @throws KurentoError, and whatever the method throws */
export function runOnSession(
  model: ObjectModel,
  session: KurentoSession,
  name: string,
  params: Params,
): object | Promise<object> {
  return methodNamed(name, params)(model, session, params);
}

/** Whether it is there and has parameters: no session is made for what is not. @throws KurentoError -32601, -32602 */
export function assertCallable(name: string, params: Params): void {
  methodNamed(name, params);
}

function methodNamed(name: string, params: Params): Method {
  if (!Object.hasOwn(sessionMethods, name)) throw new KurentoError(-32601, 'Method not found.');
  if (params === undefined) throw new KurentoError(-32602, "'params' is required");
  return sessionMethods[name];
}

export function ping(caller: Caller): object {
  return withSession({ value: 'pong' }, caller.session);
}

/** @throws KurentoError 40007 for a session that is not there */
export function connect(model: ObjectModel, caller: Caller, params: Params): object {
  const id = sessionIdOf(params);
  const session = id === null ? sessionOf(model, caller, params) : existing(model, id);
  session.bind(caller, model.nowMs());
  return withSession({ serverId: model.serverId }, session);
}

/** @throws KurentoError 40007 */
export function keepAlive(model: ObjectModel, caller: Caller, params: Params): object {
  const session = existing(model, sessionIdOf(params) ?? caller.session?.id ?? '');
  session.idleSinceMs = model.nowMs();
  return withSession({}, session);
}

/** Ends a session; with `release`, everything it refers to ends as well, whoever else uses it. */
export function closeSession(model: ObjectModel, caller: Caller, params: Params): object {
  const session = existing(model, sessionIdOf(params) ?? caller.session?.id ?? '');
  if (params?.release === true) {
    for (const object of [...session.references]) model.registry.release(object);
  }
  model.sessions.end(session);
  return withSession({}, session);
}

/** The session a request is for, on the connection it came by. One that is not there yet is made. */
export function sessionOf(model: ObjectModel, caller: Caller, params: Params): KurentoSession {
  const id = sessionIdOf(params);
  if (id === null && caller.session !== null) return caller.session;
  const session =
    id === null
      ? model.sessions.open(caller.address)
      : (model.sessions.find(id) ?? model.sessions.open(caller.address, id));
  session.bind(caller, model.nowMs());
  return session;
}

/** The session a request is for, if it is there already. */
export function presentSession(model: ObjectModel, caller: Caller, params: Params): KurentoSession | null {
  const id = sessionIdOf(params);
  return id === null ? caller.session : model.sessions.find(id);
}

/** Adds the session's id to what a method has made for its answer. */
export function withSession(result: object, session: KurentoSession | null): object {
  if (session !== null) (result as { sessionId?: string }).sessionId = session.id;
  return result;
}

function existing(model: ObjectModel, id: string): KurentoSession {
  const session = model.sessions.find(id);
  if (session === null) throw new KurentoError(40007, 'Invalid session');
  return session;
}

function sessionIdOf(params: Params): string | null {
  const id = params?.sessionId ?? null;
  if (id === null || typeof id === 'string') return id;
  throw new KurentoError(-32000, "'sessionId' parameter should be a string");
}

/** @throws KurentoError -32000 */
function parseTopLevel<Schema extends v.GenericSchema<unknown, unknown>>(
  schema: Schema,
  params: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, params, { abortEarly: true });
  if (result.success) return result.output;
  throw new KurentoError(-32000, describeIssue(result.issues[0], 'params'));
}
