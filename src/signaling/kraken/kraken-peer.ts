/**
 * One publication of one participant, from the answer to its publish call until it is closed, and its webhook.
 *
 * Who closes whom: a participant that leaves for any reason closes its peer; the peer makes its participant leave
 * when nothing is heard of it, or the webhook refuses it.
 */
import type { Logger } from '../../log.ts';
import type { CloseReason } from '../../rooms/close-reason.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { CallbackBody } from './publication-callback.ts';
import type { Audible } from './silence-watch.ts';

/** What a peer needs of its participant. */
export interface PeerParticipant {
  readonly packetsReceived: number;
  readonly publications: ReadonlyMap<string, Publication>;
  announce(publication: Publication): void;
  leave(reason: CloseReason): void;
  once(event: 'closed', listener: () => void): unknown;
  on(event: 'publicationadded', listener: (publication: Publication) => void): unknown;
}

export interface PeerIdentity {
  readonly roomId: string;
  /** As the client spells them. */
  readonly rid: string;
  readonly uid: string;
  readonly cid: string;
}

/** Asks whether the peer may publish; resolves to the HTTP status. */
export type AskCallback = (body: CallbackBody, signal: AbortSignal) => Promise<number>;

const granted = 200;

export class KrakenPeer<Participant extends PeerParticipant = PeerParticipant> implements Audible {
  readonly roomId: string;
  readonly rid: string;
  readonly uid: string;
  readonly cid: string;
  readonly participant: Participant;
  /** The last that was made for it. */
  offer: string | null = null;
  readonly #askCallback: AskCallback | null;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #asked = false;
  #granted: boolean;

  /** @param askCallback null: nobody is asked */
  constructor(
    identity: PeerIdentity,
    participant: Participant,
    askCallback: AskCallback | null,
    log: Logger,
  ) {
    this.roomId = identity.roomId;
    this.rid = identity.rid;
    this.uid = identity.uid;
    this.cid = identity.cid;
    this.participant = participant;
    this.#askCallback = askCallback;
    this.#granted = askCallback === null;
    this.#log = log;
    participant.once('closed', () => this.#closing.abort());
    participant.on('publicationadded', (publication) => {
      if (publication.kind === 'audio') void this.#ask();
    });
  }

  /** Whether the room is not told of what it publishes yet. */
  get holdsBack(): boolean {
    return !this.#granted;
  }

  get packets(): number {
    return this.participant.packetsReceived;
  }

  silent(): void {
    this.participant.leave('timeout');
  }

  async #ask(): Promise<void> {
    if (this.#askCallback === null || this.#asked) return;
    this.#asked = true;
    const { rid, uid, cid } = this;
    const { signal } = this.#closing;
    let status: number | string;
    try {
      status = await this.#askCallback({ rid, uid, cid, action: 'ontrack' }, signal);
    } catch (error) {
      status = (error as Error).message;
    }
    if (signal.aborted) return;
    if (status !== granted) {
      this.#log.info({ room: this.roomId, participant: uid, status }, 'the callback refused a publication');
      this.participant.leave('kicked');
      return;
    }
    this.#granted = true;
    for (const publication of [...this.participant.publications.values()])
      this.participant.announce(publication);
  }
}
