/**
 * The rooms that Talksy clients know of, with their lifetimes: `default` is always there, any other comes with the first
 * socket that names it or by `/create_room`, and goes when nobody has been connected for a while.
 */
import { UserError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { generatedId } from './generated-id.ts';
import { TalksyRoom } from './talksy-room.ts';
import type { TalksyTimings, Time } from './timings.ts';

export const defaultRoomId = 'default';
const roomIdCharacters = 16;
const observeMs = 1000;

export interface TalksyRoomsOptions {
  readonly rooms: Pick<Rooms, 'rooms' | 'on'>;
  readonly log: Logger;
  readonly time: Time;
  readonly timings: TalksyTimings;
  readonly maxRooms: number;
  /** Longest room id and name. */
  readonly maxIdLength: number;
}

export class TalksyRooms {
  readonly #options: TalksyRoomsOptions;
  readonly #rooms = new Map<string, TalksyRoom>();
  #observing = false;
  #listening = false;

  constructor(options: TalksyRoomsOptions) {
    this.#options = options;
    this.#open(defaultRoomId, defaultRoomId, true);
    options.rooms.on('roomopened', (room) => this.#rooms.get(room.id)?.attach(room));
    options.rooms.on('roomclosed', (room) => this.#rooms.get(room.id)?.detach());
  }

  get(id: string): TalksyRoom | undefined {
    return this.#rooms.get(id);
  }

  /** The room of that id, made if needed; none is `default`. @throws UserError limit-rooms, malformed-message */
  named(id: string | null): TalksyRoom {
    const wanted = id === null || id === '' ? defaultRoomId : id;
    return this.#rooms.get(wanted) ?? this.#openChecked(wanted, wanted);
  }

  /** A new room with an id of its own; without a name it has that. @throws UserError limit-rooms, malformed-message */
  create(name: string | null): TalksyRoom {
    const id = generatedId(roomIdCharacters);
    return this.#openChecked(id, name === null || name === '' ? id : name);
  }

  /** There is a client: from now on things happen. */
  watch(): void {
    this.#observeLater();
    this.#listenLater();
  }

  #openChecked(id: string, name: string): TalksyRoom {
    const { maxRooms, maxIdLength } = this.#options;
    for (const text of [id, name]) {
      if (text.length > maxIdLength)
        throw new UserError('malformed-message', `A room has at most ${maxIdLength} characters in its name.`);
    }
    if (this.#rooms.size >= maxRooms && !this.#forgetUnused())
      throw new UserError('limit-rooms', `The limit of ${maxRooms} rooms is reached.`);
    const room = this.#open(id, name, false);
    this.#observeLater();
    return room;
  }

  /** Makes place: a room with nobody in it is no more than a name. The oldest goes. */
  #forgetUnused(): boolean {
    for (const room of this.#rooms.values()) {
      if (room.permanent || room.clients.size > 0 || room.idleSinceMs === null) continue;
      this.#remove(room);
      return true;
    }
    return false;
  }

  #remove(room: TalksyRoom): void {
    this.#rooms.delete(room.id);
    for (const client of [...room.clients.values()]) client.end('room-closed');
    room.detach();
  }

  #open(id: string, name: string, permanent: boolean): TalksyRoom {
    const { rooms, time } = this.#options;
    const room = new TalksyRoom(id, name, permanent, time.now());
    this.#rooms.set(id, room);
    const shared = rooms.rooms.get(id);
    if (shared !== undefined) room.attach(shared);
    return room;
  }

  /** One timer for all rooms, while there is anything to look at. */
  #observeLater(): void {
    if (this.#observing || !this.#busy) return;
    this.#observing = true;
    this.#options.time.after(observeMs, () => {
      this.#observing = false;
      this.#observeLater();
      this.#guarded(() => this.#observe());
    });
  }

  #listenLater(): void {
    if (this.#listening || ![...this.#rooms.values()].some(({ clients }) => clients.size > 0)) return;
    this.#listening = true;
    const { time, timings } = this.#options;
    time.after(timings.voiceMs, () => {
      this.#listening = false;
      this.#listenLater();
      this.#guarded(() => {
        for (const room of this.#rooms.values()) room.observeVoices(time.now());
      });
    });
  }

  get #busy(): boolean {
    return [...this.#rooms.values()].some(({ permanent, clients }) => !permanent || clients.size > 0);
  }

  #observe(): void {
    const { time, timings, log } = this.#options;
    const nowMs = time.now();
    for (const room of this.#rooms.values()) {
      room.observe(nowMs);
      if (room.permanent || room.idleSinceMs === null || nowMs - room.idleSinceMs < timings.roomIdleMs)
        continue;
      this.#remove(room);
      log.debug({ room: room.id }, 'idle room closed');
    }
  }

  /** A bug must not end what is done for all. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.log.error({ err: error }, 'bug in the Talksy dialect');
    }
  }
}
