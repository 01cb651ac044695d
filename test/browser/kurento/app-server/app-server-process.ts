/**
 * Entry of the process the app server runs in: stock kurento-client towards the server under test, WebSockets towards
 * pages. In a process of its own, as with real app servers: what the client throws past its callers ends it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KurentoClient, MediaObject } from 'kurento-client';
import { WebSocketServer } from 'ws';
import { ByHand } from './by-hand.ts';
import type { Demo } from './demo.ts';
import { GroupCall } from './group-call.ts';
import { HelloWorld } from './hello-world.ts';
import { invoke, openClient } from './invoke.ts';
import { OneToMany } from './one-to-many.ts';
import { OneToOne } from './one-to-one.ts';
import { PageLink } from './page-link.ts';
import type { FromPage } from './page-messages.ts';
import type { AppReport, AppRequest, AppTask, ObjectName } from './test-messages.ts';

const url = process.argv[2]!;
const report = (message: AppReport) => process.send?.(message);

const objects = new Map<string, MediaObject>();
const clients = new Map<string, KurentoClient>();
const register = (label: string, object: MediaObject) => objects.set(label, object);

const byHand = new ByHand();
/** By the path of the page's WebSocket. */
const demos: Readonly<Record<string, Demo>> = {
  '/by-hand': byHand,
  '/group-call': new GroupCall(url, register),
  '/hello-world': new HelloWorld(url, register),
  '/one-to-many': new OneToMany(url, register),
  '/one-to-one': new OneToOne(url, register),
};

const server = createServer();
new WebSocketServer({ server }).on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
  const demo = demos[pathname];
  if (demo === undefined) throw new Error(`there is no demo at ${pathname}`);
  const page = new PageLink(searchParams.get('name') ?? '', socket);
  demo.join?.(page);
  socket.on('message', (frame) => {
    const message = JSON.parse(String(frame)) as FromPage;
    if (message.id === 'candidate') page.addCandidate(message.of, message.candidate);
    else if (message.id === 'stop') void demo.leave(page);
    else {
      const { of, role, sdpOffer } = message;
      demo.offer(page, of, role, sdpOffer).catch((error: Error) => {
        page.send({ id: 'refused', of, message: error.message });
      });
    }
  });
  socket.on('close', () => void demo.leave(page));
});

process.on('message', ({ id, task }: AppRequest) => {
  perform(task).then(
    (value) => report({ kind: 'done', id, value: named(value) }),
    (error: Error & { code?: unknown; data?: unknown }) =>
      report({ kind: 'failed', id, message: error.message, code: error.code, data: error.data }),
  );
});
// A test that was killed leaves nothing behind.
process.once('disconnect', () => process.exit(1));

server.listen(0, '127.0.0.1', () => {
  report({ kind: 'listening', port: (server.address() as AddressInfo).port });
});

async function perform(task: AppTask): Promise<unknown> {
  switch (task.kind) {
    case 'open':
      clients.set(task.client, await openClient(task.url));
      return null;
    case 'close':
      clientOf(task.client).close();
      clients.delete(task.client);
      return null;
    case 'create': {
      const { parent, label, type, params } = task;
      const creator = clients.get(parent) ?? objectOf(parent);
      if (type === 'HubPort') return await createPort(creator as MediaObject, label);
      const made = await invoke<MediaObject>(creator, 'create', type, resolved(params));
      register(label, made);
      return made.id;
    }
    case 'find':
      register(task.label, await invoke(clientOf(task.client), 'getMediaobjectById', task.objectId));
      return null;
    case 'call':
      return await invoke(objectOf(task.label), task.operation, ...(resolved(task.args) as unknown[]));
    case 'watch':
      for (const type of task.events) watch(task.label, type);
      return null;
    case 'unwatch':
      unwatch(task.label, task.event);
      return null;
    case 'attach':
      byHand.attach(task.page, objectOf(task.label));
      return null;
    case 'reset':
      for (const demo of Object.values(demos)) await demo.close();
      for (const client of clients.values()) client.close();
      clients.clear();
      objects.clear();
      listeners.clear();
      return null;
  }
}

/**
 * Not by `invoke`: of a port that was the value of a promise, the client does not know that it is an object when it is
 * given to the hub's setSource.
 */
function createPort(hub: MediaObject, label: string): Promise<string> {
  return new Promise((resolve, reject) => {
    hub.createHubPort!((error, port) => {
      if (error) {
        reject(error);
        return;
      }
      register(label, port as MediaObject);
      resolve((port as MediaObject).id);
    });
  });
}

function clientOf(name: string): KurentoClient {
  const client = clients.get(name);
  if (client === undefined) throw new Error(`there is no client ${name}`);
  return client;
}

function objectOf(label: string): MediaObject {
  const object = objects.get(label);
  if (object === undefined) throw new Error(`there is no object ${label}`);
  return object;
}

type Listener = (data: Record<string, unknown>) => void;
const listeners = new Map<string, Listener>();

function watch(label: string, type: string): void {
  const listener: Listener = (data) => {
    const plain = typeof data === 'object' && data !== null ? data : { value: data };
    report({ kind: 'event', event: { label, type, data: plain } });
  };
  listeners.set(`${label} ${type}`, listener);
  const client = clients.get(label);
  if (client !== undefined) client.on(type, listener as (detail: unknown) => void);
  else objectOf(label).on(type, listener);
}

function unwatch(label: string, type: string): void {
  const key = `${label} ${type}`;
  const listener = listeners.get(key);
  if (listener !== undefined) objectOf(label).removeListener(type, listener);
  listeners.delete(key);
}

const isObjectName = (value: object): value is ObjectName =>
  Object.keys(value).length === 1 && typeof (value as Partial<ObjectName>).object === 'string';

/** Puts objects in the place of their names. */
function resolved(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(resolved);
  if (isObjectName(value)) return objectOf(value.object);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolved(member)]));
}

/** Puts names in the place of objects. */
function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (!isMediaObject(value)) return value;
  for (const [label, object] of objects) if (object.id === value.id) return { object: label };
  return { object: value.id };
}

/** What `on` is to an emitter; records of the protocol have none. */
function isMediaObject(value: unknown): value is MediaObject {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<MediaObject>).on === 'function'
  );
}
