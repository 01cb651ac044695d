import type { CloseReason } from './close-reason.ts';
import { IsolatingEmitter } from './isolating-emitter.ts';
import type { Participant } from './participant.ts';
import type { Publication } from './publication.ts';
import { type RoomSpeakerSettings, RoomSpeakers } from './room-speakers.ts';

export interface RoomEvents {
  participantjoined: [participant: Participant];
  participantleft: [participant: Participant, reason: CloseReason];
  publicationadded: [publication: Publication];
  publicationremoved: [publication: Publication];
  /** Mute state or a name changed. */
  publicationchanged: [publication: Publication];
  /** Somebody joined or left those who speak, or who is first changed: the dominant speaker first, then the loudest. */
  activespeakers: [publications: readonly Publication[]];
  /** Who has the word; null when that one has gone and nobody speaks. */
  dominantspeaker: [publication: Publication | null];
  voicestarted: [publication: Publication];
  voicestopped: [publication: Publication];
}

/** Participants who hear and see each other. Exists from the first join to the last leave. */
export class Room extends IsolatingEmitter<RoomEvents> {
  readonly id: string;
  readonly createdAt: Date;
  readonly speakers: RoomSpeakers<Publication>;
  readonly #participants = new Map<string, Participant>();
  /** Who has the word. */
  #speaker: Participant | null = null;

  constructor(
    id: string,
    createdAt: Date,
    speakers: RoomSpeakerSettings,
    reportBug: (where: string, error: unknown) => void,
  ) {
    super(reportBug);
    this.id = id;
    this.createdAt = createdAt;
    this.speakers = new RoomSpeakers<Publication>(speakers, {
      activeSpeakersChanged: (publications) => this.emit('activespeakers', publications),
      dominantChanged: (publication) => {
        this.#setSpeaker(publication?.participant ?? null);
        this.emit('dominantspeaker', publication);
      },
      voiceStarted: (publication) => this.emit('voicestarted', publication),
      voiceStopped: (publication) => this.emit('voicestopped', publication),
      forwardingChanged: (publication, forwarded) => this.#setForwarded(publication, forwarded),
    });
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants;
  }

  /** Every publication the room has been told of. */
  *publications(): Iterable<Publication> {
    for (const participant of this.#participants.values()) {
      for (const publication of participant.publications.values()) {
        if (publication.announced) yield publication;
      }
    }
  }

  /** Whether a publication is what people look at: a screen, or who has the word. */
  isProminent({ participant, content }: Publication): boolean {
    return content !== null && (content === 'screen' || participant === this.#speaker);
  }

  /** For Publication only: what it shows has changed. */
  prominenceChanged(publication: Publication): void {
    const prominent = this.isProminent(publication);
    for (const { subscriptions } of this.#participants.values())
      subscriptions.get(publication)?.setProminent(prominent);
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

  #setSpeaker(speaker: Participant | null): void {
    const former = this.#speaker;
    if (speaker === former) return;
    this.#speaker = speaker;
    for (const participant of [former, speaker]) {
      for (const publication of participant?.publications.values() ?? []) this.prominenceChanged(publication);
    }
  }

  #setForwarded(publication: Publication, forwarded: boolean): void {
    for (const { subscriptions, choosesSources } of this.#participants.values()) {
      // What was asked for by name is sent, whoever speaks.
      if (!choosesSources) subscriptions.get(publication)?.setForwarded(forwarded);
    }
  }
}
