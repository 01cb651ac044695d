/** What a participant is sent who receives what the room has: all of it, or what its dialect wants of that. */
import { UserError } from '../errors.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { Publication } from './publication.ts';
import { createSubscription, endSubscriptions, type ReceivedMedia, type Receiver } from './received-media.ts';
import { SendingLines } from './sending-lines.ts';
import type { Subscription } from './subscription.ts';

export class RoomMedia implements ReceivedMedia {
  readonly subscriptions = new Map<Publication, Subscription>();
  readonly #receiver: Receiver;
  readonly #lines: SendingLines;
  /** An offer of the client is being answered, whose free lines may be used. */
  #answering = false;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
    const { connection, options } = receiver;
    this.#lines = new SendingLines(connection, options.renegotiates, options.answersReceiveOnly === true);
  }

  answering(): void {
    const { options, participant } = this.#receiver;
    this.#answering = true;
    this.#lines.noteOffer();
    if (options.answersReceiveOnly !== true) this.#subscribeToAll();
    if (options.subscribes !== false) this.#lines.openAll(participant.room.id);
  }

  settled(): void {
    this.#answering = false;
    // Publications that came while an exchange was under way.
    this.#subscribeToAll();
  }

  offering(): void {
    this.#lines.returnIdle();
  }

  consider(publication: Publication): void {
    this.#subscribe(publication);
  }

  forget(publication: Publication): boolean {
    if (!this.subscriptions.has(publication)) return false;
    this.#unsubscribe(publication, 'publication-ended');
    // A line that has come free may serve one that had none.
    this.#subscribeToAll();
    return true;
  }

  reconsider(): void {
    for (const publication of [...this.subscriptions.keys()]) {
      if (this.#receiver.options.wants?.(publication) === false)
        this.#unsubscribe(publication, 'unsubscribed');
    }
    this.#subscribeToAll();
  }

  setSource(): never {
    throw new UserError(
      'invalid-state',
      'The participant receives what the room has; it chooses no sources.',
    );
  }

  end(): void {
    endSubscriptions(this.#receiver, this.subscriptions.values());
    this.subscriptions.clear();
  }

  #unsubscribe(publication: Publication, reason: 'publication-ended' | 'unsubscribed'): void {
    const subscription = this.subscriptions.get(publication);
    if (subscription === undefined) return;
    this.subscriptions.delete(publication);
    const line = subscription.line;
    subscription.end(reason);
    if (line !== null) this.#lines.release(line);
  }

  #subscribeToAll(): void {
    // Where one publication of a kind finds no line, those after it need not look.
    const exhausted = new Set<MediaKind>();
    for (const publication of this.#receiver.participant.room.publications())
      this.#subscribe(publication, exhausted);
  }

  #subscribe(publication: Publication, exhausted?: Set<MediaKind>): void {
    const { options, participant } = this.#receiver;
    // Nor to the one it is about to replace.
    if (options.subscribes === false || publication.participant.id === participant.id) return;
    if (options.wants?.(publication) === false) return;
    let subscription = this.subscriptions.get(publication);
    if (subscription === undefined) {
      const { room } = participant;
      subscription = createSubscription(this.#receiver, publication);
      subscription.setForwarded(room.speakers.isForwarded(publication));
      subscription.setProminent(room.isProminent(publication));
      this.subscriptions.set(publication, subscription);
    }
    if (subscription.line !== null || exhausted?.has(publication.kind)) return;
    const line = this.#lines.take(publication.kind, this.#answering);
    if (line === null) {
      exhausted?.add(publication.kind);
      return;
    }
    const { streamId, trackId } = publication;
    line.transceiver.msid = options.msidOf?.(publication) ?? { streamId, trackId };
    subscription.attach(line);
  }
}
