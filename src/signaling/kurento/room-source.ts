/**
 * In a room shared with other dialects, an endpoint that nothing is connected to receives from the room: one
 * publication of each kind, of somebody outside of its pipeline. Whose, its tag `manifold.source` says, with the id of
 * a participant; without it, that of who has the word, and else whoever it was before, or is first.
 */
import type { MediaKind } from '../../media/rtp-parameters.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Room } from '../../rooms/room.ts';

export const sourceTag = 'manifold.source';

export class RoomSource {
  readonly #room: Room;
  /** Ids of those in the endpoint's own pipeline begin so. */
  readonly #pipelineId: string;
  readonly #changed: () => void;
  #speaker: Participant | null = null;
  readonly #chosen = new Map<MediaKind, Publication>();

  /** @param changed called when choose() may say something else */
  constructor(room: Room, pipelineId: string, changed: () => void) {
    this.#room = room;
    this.#pipelineId = pipelineId;
    this.#changed = changed;
    this.#speaker = room.speakers.dominant?.participant ?? null;
    room.on('publicationadded', changed);
    room.on('publicationremoved', changed);
    room.on('dominantspeaker', this.#speakerChanged);
  }

  end(): void {
    this.#room.off('publicationadded', this.#changed);
    this.#room.off('publicationremoved', this.#changed);
    this.#room.off('dominantspeaker', this.#speakerChanged);
  }

  /** @param wanted the id of a participant; null for whoever is first */
  choose(kind: MediaKind, wanted: string | null): Publication | null {
    const candidates = [...this.#room.publications()].filter(
      (publication) =>
        publication.kind === kind &&
        !publication.ended &&
        !publication.participant.id.startsWith(`${this.#pipelineId}/`) &&
        (wanted === null || publication.participant.id === wanted),
    );
    const former = this.#chosen.get(kind);
    const choice =
      candidates.find(({ participant }) => participant === this.#speaker) ??
      candidates.find((candidate) => candidate === former) ??
      candidates[0] ??
      null;
    if (choice === null) this.#chosen.delete(kind);
    else this.#chosen.set(kind, choice);
    return choice;
  }

  readonly #speakerChanged = (publication: Publication | null): void => {
    this.#speaker = publication?.participant ?? this.#speaker;
    this.#changed();
  };
}
