/**
 * A room as Talksy clients know it: there are those that have not offered yet, and it outlives its last member for a
 * while. What they share with participants of other dialects is the room of the same id in Rooms, while there is one.
 */
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Room } from '../../rooms/room.ts';
import {
  type ClientFacts,
  type ClientStatistics,
  clientStatistics,
  type PublicationFacts,
} from './client-statistics.ts';
import { type RoomStatistics, RoomTraffic, roomStatistics } from './room-statistics.ts';
import { RoomVoices } from './room-voices.ts';
import type { AvailableTrack, SourceType } from './server-message.ts';
import type { TalksyClient } from './talksy-client.ts';
import { wireIdentity } from './wire-identity.ts';

export class TalksyRoom implements PublicationFacts {
  readonly id: string;
  readonly name: string;
  /** Whether it stays when nobody is in it. */
  readonly permanent: boolean;
  readonly clients = new Map<string, TalksyClient>();
  /** Since when nobody has been connected; null while somebody is. */
  idleSinceMs: number | null;

  readonly #sources = new WeakMap<Publication, SourceType>();
  readonly #voices = new RoomVoices();
  readonly #traffic = new RoomTraffic();
  #room: Room | null = null;
  readonly #added = (publication: Publication) => {
    this.#voices.add(publication);
    for (const client of this.clients.values()) client.publicationAdded(publication);
  };
  readonly #removed = (publication: Publication) => {
    this.#voices.remove(publication);
    for (const client of this.clients.values()) client.publicationRemoved(publication);
  };

  constructor(id: string, name: string, permanent: boolean, nowMs: number) {
    this.id = id;
    this.name = name;
    this.permanent = permanent;
    this.idleSinceMs = nowMs;
  }

  /** The room of this id has opened. */
  attach(room: Room): void {
    this.detach();
    this.#room = room;
    room.on('publicationadded', this.#added);
    room.on('publicationremoved', this.#removed);
    for (const publication of room.publications()) this.#added(publication);
  }

  /** It has closed, or nobody is interested any more. */
  detach(): void {
    this.#room?.off('publicationadded', this.#added);
    this.#room?.off('publicationremoved', this.#removed);
    this.#room = null;
    this.#voices.clear();
  }

  remove(client: TalksyClient): void {
    this.clients.delete(client.id);
  }

  /** A client's connection has come up. */
  joined(): void {
    this.idleSinceMs = null;
  }

  learnSource(publication: Publication, source: SourceType): void {
    this.#sources.set(publication, source);
    // The page says `media` of its screens too, so that word says nothing of the content.
    if (source === 'screen') publication.stateContent('screen');
  }

  sourceOf(publication: Publication): SourceType {
    return this.#sources.get(publication) ?? (publication.content === 'screen' ? 'screen' : 'media');
  }

  voiceDurationMs(publication: Publication): number {
    return this.#voices.durationMs(publication);
  }

  availableTrack(publication: Publication): AvailableTrack {
    const { streamId, trackId } = wireIdentity(publication);
    const source = this.sourceOf(publication);
    return {
      id: trackId,
      client_id: publication.participant.id,
      source_type: source,
      kind: publication.kind,
      is_simulcast: publication.encodings.length > 1,
      client_name: publication.participant.name,
      stream_id: streamId,
      source,
    };
  }

  /** Tells those who speak to those who hear them. */
  observeVoices(nowMs: number): void {
    const listeners = [...this.clients.values()].filter(({ notifiable }) => notifiable);
    this.#voices.observe(nowMs, (publication, text) => {
      for (const client of listeners) {
        if (client.participant?.subscriptions.has(publication)) client.notify(text);
      }
    });
  }

  /** Notes what is going on; called once a second. */
  observe(nowMs: number): void {
    this.#traffic.update(this.#participants);
    const connected = this.#participants.some(({ connectionState }) => connectionState === 'connected');
    this.idleSinceMs = connected ? null : (this.idleSinceMs ?? nowMs);
  }

  statistics(now: Date): RoomStatistics {
    const participants = this.#participants;
    const clients: ClientStatistics[] = [...this.clients.values()].map((client) => client.statistics());
    for (const participant of participants) {
      if (!this.clients.has(participant.id))
        clients.push(clientStatistics(stranger(participant), participant, this));
    }
    return roomStatistics(participants, clients, this.#traffic.update(participants), now);
  }

  get #participants(): readonly Participant[] {
    return this.#room === null ? [] : [...this.#room.participants.values()];
  }
}

/** Of a participant of another dialect, nothing more is known. */
function stranger({ id }: Participant): ClientFacts {
  return { id, publisherBandwidth: 0, publishLimitation: 'none', ceilingOf: () => 'high' };
}
