/** All rooms of one engine: one namespace for every dialect, with limits. */
import type { Engine } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { CloseReason } from './close-reason.ts';
import { IsolatingEmitter } from './isolating-emitter.ts';
import type { RoomLimits } from './limits.ts';
import { type JoinOptions, Participant, type ParticipantHost } from './participant.ts';
import { Room } from './room.ts';
import { defaultRoomSpeakerSettings, type RoomSpeakerSettings } from './room-speakers.ts';
import { type RoomSnapshot, snapshotRoom } from './snapshot.ts';
import type { Subscription } from './subscription.ts';

export interface RoomsEvents {
  roomopened: [room: Room];
  roomclosed: [room: Room];
  participantjoined: [participant: Participant];
  participantleft: [participant: Participant, reason: CloseReason];
  /** It has been determined, in all rooms, who speaks and how loud. */
  speakersobserved: [];
}

export class Rooms extends IsolatingEmitter<RoomsEvents> {
  readonly #engine: Engine;
  readonly #limits: RoomLimits;
  readonly #log: Logger;
  readonly #rooms = new Map<string, Room>();
  readonly #host: ParticipantHost;
  readonly #speakers: RoomSpeakerSettings;
  #participantCount = 0;
  #nextKey = 1;
  #closing = false;
  #observing = false;
  /** Rooms that must not close although their last member goes. */
  readonly #replacing = new Set<Room>();

  constructor(
    engine: Engine,
    limits: RoomLimits,
    log: Logger,
    speakers: RoomSpeakerSettings = defaultRoomSpeakerSettings,
  ) {
    super((where, error) => engine.reportBug(where, error));
    this.#engine = engine;
    this.#limits = limits;
    this.#log = log;
    this.#speakers = speakers;
    this.#host = {
      maxPublicationsPerParticipant: limits.maxPublicationsPerParticipant,
      run: (action) => engine.run(action),
      isolate: (participant, action) => this.#isolate(participant, action),
      reportBug: (where, error) => engine.reportBug(where, error),
      nextId: (prefix) => `${prefix}${this.#nextKey++}`,
      startSubscriptionDeadline: (expired) => engine.after(limits.subscriptionDeadlineMs, expired),
      participantClosed: (participant, reason) => this.#participantClosed(participant, reason),
      subscriptionChanged: (subscription) => this.#subscriptionChanged(subscription),
      dataCounters: engine.dataCounters,
      dataChannelOverflowed: ({ id, room }, { label }) =>
        log.info({ room: room.id, participant: id, label }, 'data channel closed: its receiver is too slow'),
    };
  }

  get rooms(): ReadonlyMap<string, Room> {
    return this.#rooms;
  }

  get participantCount(): number {
    return this.#participantCount;
  }

  /**
   * Joins a room, opening it if needed. A member with the same id is replaced, once `prepare` has done its work on
   * the newcomer: who fails there, by throwing, was never in the room, and the member stays.
   * @throws UserError limit-rooms, limit-participants, limit-connections, malformed-message, shutting-down; what
   * `prepare` throws
   */
  join(options: JoinOptions, prepare?: (newcomer: Participant) => void): Participant {
    this.#check(options);
    const room = this.#rooms.get(options.roomId) ?? this.#open(options.roomId);
    const predecessor = room.participants.get(options.participantId);
    try {
      const participant = this.#prepared(room, options, prepare);
      // The newcomer is there before the old one goes, so that the room does not close in between.
      if (predecessor !== undefined) this.#replace(room, predecessor);
      this.#participantCount++;
      room.admit(participant);
      this.emit('participantjoined', participant);
      this.#log.info(
        { room: room.id, participant: participant.id, dialect: participant.dialect },
        'participant joined',
      );
      return participant;
    } finally {
      this.#closeIfEmpty(room);
    }
  }

  /** All rooms as plain data. */
  snapshot(): RoomSnapshot[] {
    return [...this.#rooms.values()].map(snapshotRoom);
  }

  /** Ends everyone's session and refuses new ones. */
  close(): void {
    this.#closing = true;
    for (const room of [...this.#rooms.values()]) {
      for (const participant of [...room.participants.values()]) participant.leave('shutting-down');
    }
  }

  #prepared(
    room: Room,
    options: JoinOptions,
    prepare: ((newcomer: Participant) => void) | undefined,
  ): Participant {
    const connection =
      options.plain === undefined
        ? this.#engine.createPeerConnection(options)
        : this.#engine.createPlainConnection(options.plain, options);
    const participant = new Participant(this.#nextKey++, room, connection, options, this.#host);
    try {
      prepare?.(participant);
      return participant;
    } catch (error) {
      participant.discard();
      throw error;
    }
  }

  #check(options: JoinOptions): void {
    if (this.#closing) throw new UserError('shutting-down', 'The server is shutting down.');
    for (const [what, id] of [
      ['room id', options.roomId],
      ['participant id', options.participantId],
      ['name', options.name ?? options.participantId],
    ]) {
      if (id.length === 0 || id.length > this.#limits.maxIdLength) {
        throw new UserError(
          'malformed-message',
          `A ${what} has 1 to ${this.#limits.maxIdLength} characters.`,
        );
      }
    }
    const room = this.#rooms.get(options.roomId);
    // Whoever replaces a member adds nobody.
    if (
      this.#participantCount >= this.#limits.maxParticipants &&
      room?.participants.has(options.participantId) !== true
    ) {
      throw new UserError(
        'limit-connections',
        `The limit of ${this.#limits.maxParticipants} participants is reached.`,
      );
    }
    if (room === undefined) {
      if (this.#rooms.size >= this.#limits.maxRooms) {
        throw new UserError('limit-rooms', `The limit of ${this.#limits.maxRooms} rooms is reached.`);
      }
    } else if (
      options.ownRoom !== true &&
      room.participants.size >= this.#limits.maxParticipantsPerRoom &&
      !room.participants.has(options.participantId)
    ) {
      throw new UserError(
        'limit-participants',
        `The limit of ${this.#limits.maxParticipantsPerRoom} participants in a room is reached.`,
      );
    }
  }

  #open(id: string): Room {
    const room = new Room(id, new Date(), this.#speakers, this.#host.reportBug);
    this.#rooms.set(id, room);
    this.emit('roomopened', room);
    if (!this.#observing) this.#observeLater();
    return room;
  }

  /** One timer for all rooms, while there are any. */
  #observeLater(): void {
    this.#observing = this.#rooms.size > 0 && !this.#closing && this.#speakers.intervalMs > 0;
    if (this.#observing) this.#engine.after(this.#speakers.intervalMs, () => this.#observeSpeakers());
  }

  #observeSpeakers(): void {
    // First: what a listener throws must not end it.
    this.#observeLater();
    const nowMs = this.#engine.now();
    for (const room of this.#rooms.values()) room.speakers.observe(nowMs);
    this.emit('speakersobserved');
  }

  #closeIfEmpty(room: Room): void {
    if (room.participants.size > 0 || this.#rooms.get(room.id) !== room) return;
    this.#rooms.delete(room.id);
    this.emit('roomclosed', room);
    room.removeAllListeners();
  }

  #replace(room: Room, predecessor: Participant): void {
    this.#replacing.add(room);
    try {
      predecessor.leave('replaced');
    } finally {
      this.#replacing.delete(room);
    }
  }

  /** A bug in what is a participant's own ends its session, and not that of whoever caused it to be done. */
  #isolate(participant: Participant, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#engine.reportBug(`participant ${participant.key}`, error);
      participant.leave('internal-error');
    }
  }

  #participantClosed(participant: Participant, reason: CloseReason): void {
    const room = participant.room;
    this.#participantCount--;
    room.dismiss(participant, reason);
    this.emit('participantleft', participant, reason);
    this.#log.info(
      {
        room: room.id,
        participant: participant.id,
        dialect: participant.dialect,
        reason,
        failure: participant.connectionFailure,
      },
      'participant left',
    );
    if (!this.#replacing.has(room)) this.#closeIfEmpty(room);
  }

  #subscriptionChanged(subscription: Subscription): void {
    const log = subscription.state === 'failed' ? this.#log.warn : this.#log.debug;
    log.call(
      this.#log,
      {
        room: subscription.participant.room.id,
        participant: subscription.participant.id,
        publication: subscription.publication.id,
        state: subscription.state,
        reason: subscription.reason,
      },
      `subscription ${subscription.state}`,
    );
  }
}
