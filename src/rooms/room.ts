import type { CloseReason } from './close-reason.ts';
import { IsolatingEmitter } from './isolating-emitter.ts';
import type { Participant } from './participant.ts';
import type { Publication } from './publication.ts';

export interface RoomEvents {
  participantjoined: [participant: Participant];
  participantleft: [participant: Participant, reason: CloseReason];
  publicationadded: [publication: Publication];
  publicationremoved: [publication: Publication];
  /** Mute state or a name changed. */
  publicationchanged: [publication: Publication];
}

/** Participants who hear and see each other. Exists from the first join to the last leave. */
export class Room extends IsolatingEmitter<RoomEvents> {
  readonly id: string;
  readonly createdAt: Date;
  readonly #participants = new Map<string, Participant>();

  constructor(id: string, createdAt: Date, reportBug: (where: string, error: unknown) => void) {
    super(reportBug);
    this.id = id;
    this.createdAt = createdAt;
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants;
  }

  /** Every publication of everyone in the room. */
  *publications(): Iterable<Publication> {
    for (const participant of this.#participants.values()) yield* participant.publications.values();
  }

  /** For Rooms only: a participant has come. */
  admit(participant: Participant): void {
    this.#participants.set(participant.id, participant);
    this.emit('participantjoined', participant);
  }

  /** For Rooms only: a participant has gone. */
  dismiss(participant: Participant, reason: CloseReason): void {
    if (this.#participants.get(participant.id) !== participant) return;
    this.#participants.delete(participant.id);
    this.emit('participantleft', participant, reason);
  }
}
