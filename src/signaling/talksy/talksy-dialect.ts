/** The Talksy dialect: WebSockets at `/ws` and `/wss`, `/create_room` and `/stats`. */
import { UserError } from '../../errors.ts';
import type { HttpApp } from '../../http/http-app.ts';
import { CloseCode, type SignalingSocket } from '../../http/signaling-socket.ts';
import type { WebSocketDialect } from '../../http/web-socket-dialect.ts';
import type { Logger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { looksLikeTalksy } from './client-message.ts';
import { generatedId } from './generated-id.ts';
import { serveRoomRoutes } from './room-routes.ts';
import { formatGreeting } from './server-message.ts';
import { TalksyClient } from './talksy-client.ts';
import { TalksyRooms } from './talksy-rooms.ts';
import { defaultTimings, type TalksyTimings, type Time } from './timings.ts';

const clientIdCharacters = 21;

export interface TalksyOptions {
  readonly rooms: Rooms;
  readonly log: Logger;
  readonly maxRooms: number;
  /** Whether an address may join once more by now. */
  readonly mayJoin: (address: string) => boolean;
  /** Longest room id and name. */
  readonly maxIdLength: number;
  readonly timings?: Partial<TalksyTimings>;
}

/** Registers all of it. */
export function serveTalksy(app: HttpApp, options: TalksyOptions): void {
  const { rooms, log, maxRooms, maxIdLength } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const talksyRooms = new TalksyRooms({ rooms, log, time, timings, maxRooms, maxIdLength });
  /** Those who were greeted before it was known that they speak this dialect. */
  const greeted = new WeakMap<SignalingSocket, string>();

  const accept = (socket: SignalingSocket): void => {
    const id = greeted.get(socket) ?? generatedId(clientIdCharacters);
    try {
      const room = talksyRooms.named(socket.request.query.get('room_id'));
      const mayJoin = () => options.mayJoin(socket.request.remoteAddress);
      const client = new TalksyClient({ id, socket, room, rooms, log, time, timings, mayJoin });
      room.clients.set(id, client);
      talksyRooms.watch();
      if (socket.request.query.get('debug')) log.info({ room: room.id, participant: id }, 'debug client');
      if (!greeted.has(socket)) client.greet();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      log.info({ code: error.code }, 'client refused');
      socket.close(CloseCode.TryAgainLater, error.message);
    }
  };
  const dialect: WebSocketDialect = { name: 'talksy', paths: ['/ws', '/wss'], query: 'room_id', accept };
  app.webSocket(dialect);
  // Without room_id: on /wss there is nobody else, on /ws there are others, who wait for the client to speak first.
  app.webSocket({
    name: dialect.name,
    paths: dialect.paths,
    recognises: looksLikeTalksy,
    greet(socket) {
      const id = generatedId(clientIdCharacters);
      greeted.set(socket, id);
      socket.send(formatGreeting(id));
    },
    accept,
  });
  serveRoomRoutes(app, talksyRooms);
}

const time: Time = {
  after(delayMs, run) {
    // An idle room is no reason for the process to stay.
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
};
