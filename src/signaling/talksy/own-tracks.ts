import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { ServerMessages, SourceType } from './server-message.ts';

/** Tracks a client publishes that wait for its word: nobody else hears of them before it has said what they are. */
export class OwnTracks {
  readonly #pending = new Set<Publication>();
  readonly #unasked = new Set<Publication>();

  /** Its first packet has come. */
  arrived(publication: Publication): void {
    this.#pending.add(publication);
    this.#unasked.add(publication);
  }

  gone(publication: Publication): void {
    this.#pending.delete(publication);
    this.#unasked.delete(publication);
  }

  /** What the owner has not been asked about yet, under the ids of its offer; null for nothing. */
  takeQuestion(): ServerMessages['tracks_added'] | null {
    if (this.#unasked.size === 0) return null;
    const ids = [...this.#unasked].map(({ trackId }) => trackId);
    this.#unasked.clear();
    return Object.fromEntries(ids.map((id) => [id, { id }]));
  }

  /** The owner's word on some of them: whatever is not `media` is a screen. Others are none that wait. */
  confirm(
    participant: Participant,
    words: ReadonlyMap<string, string>,
    learned: (publication: Publication, source: SourceType) => void,
  ): void {
    for (const publication of [...this.#pending]) {
      const word = words.get(publication.trackId);
      if (word === undefined) continue;
      this.gone(publication);
      learned(publication, word === 'media' ? 'media' : 'screen');
      participant.announce(publication);
    }
  }
}
