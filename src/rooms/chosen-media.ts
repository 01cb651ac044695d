/**
 * What a participant is sent whose dialect chooses it (`sources: 'chosen'`): one publication of each kind, its own
 * included, on one line of each kind. A line is announced before anything is sent on it, and keeps its SSRC and msid
 * whatever it carries, so that a choice needs no negotiation.
 */
import { UserError } from '../errors.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import { receives, sends } from '../webrtc/sdp/direction.ts';
import type { Publication } from './publication.ts';
import { createSubscription, endSubscriptions, type ReceivedMedia, type Receiver } from './received-media.ts';
import type { Subscription } from './subscription.ts';

const kinds: readonly MediaKind[] = ['audio', 'video'];

export class ChosenMedia implements ReceivedMedia {
  readonly subscriptions = new Map<Publication, Subscription>();
  readonly #receiver: Receiver;
  readonly #sources = new Map<MediaKind, Publication>();

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /**
   * Answers as if something were sent on the first line of each kind. Further lines are refused, with all that they
   * have; the further tracks of the first cannot be.
   */
  answering(): void {
    for (const kind of kinds) {
      const [line, ...others] = this.#linesOf(kind);
      for (const other of others) if (!isOnLineOf(other, line)) other.transceiver.stop();
      if (line !== undefined) this.#bound(line);
      if (line === undefined || !line.transceiver.remoteReceives) continue;
      line.transceiver.direction = receives(line.transceiver.direction) ? 'sendrecv' : 'sendonly';
      this.#announce(line);
    }
  }

  settled(): void {
    for (const publication of this.#sources.values()) this.#send(publication);
  }

  offering(): void {
    for (const kind of kinds) {
      for (const line of this.#linesOf(kind)) {
        this.#bound(line);
        if (sends(line.transceiver.direction)) this.#announce(line);
      }
    }
  }

  /** Nothing is chosen by itself. */
  consider(): void {}

  forget(publication: Publication): boolean {
    if (this.#sources.get(publication.kind) !== publication) return false;
    this.#sources.delete(publication.kind);
    this.#end(publication, 'publication-ended');
    return true;
  }

  reconsider(): void {}

  setSource(kind: MediaKind, publication: Publication | null): void {
    const former = this.#sources.get(kind) ?? null;
    if (former === publication) return;
    if (publication !== null && (publication.kind !== kind || publication.ended)) {
      throw new UserError('invalid-state', `There is no such publication of ${kind} any more.`);
    }
    if (former !== null) {
      this.#sources.delete(kind);
      this.#end(former, 'unsubscribed');
    }
    if (publication === null) return;
    this.#sources.set(kind, publication);
    publication.chosenBy.add(this.#receiver.participant);
    this.#send(publication);
  }

  end(): void {
    endSubscriptions(this.#receiver, this.subscriptions.values());
    for (const publication of this.#sources.values()) publication.chosenBy.delete(this.#receiver.participant);
    this.subscriptions.clear();
    this.#sources.clear();
  }

  /** Where the client does not receive the kind at all, there is nothing to wait for, and so no subscription. */
  #send(publication: Publication): void {
    if (this.subscriptions.has(publication)) return;
    const line = this.#linesOf(publication.kind)[0];
    const direction = line?.transceiver.currentDirection ?? null;
    if (line === undefined || direction === null || !sends(direction)) return;
    const subscription = createSubscription(this.#receiver, publication);
    this.subscriptions.set(publication, subscription);
    subscription.attach(line);
  }

  #end(publication: Publication, reason: 'publication-ended' | 'unsubscribed'): void {
    publication.chosenBy.delete(this.#receiver.participant);
    const subscription = this.subscriptions.get(publication);
    this.subscriptions.delete(publication);
    subscription?.end(reason);
  }

  /** What is said of a line is what is asked for later: no more than the client may send in all. */
  #bound({ transceiver }: MediaLine): void {
    const { options, connection } = this.#receiver;
    const wanted = options.maxReceiveKbps?.[transceiver.kind] ?? null;
    const most = Math.floor(connection.media.incomingBitrate.max / 1000);
    transceiver.maxReceiveKbps = wanted === null ? null : Math.min(wanted, most);
  }

  #announce({ transceiver }: MediaLine): void {
    const { options, participant } = this.#receiver;
    const streamId = options.streamId ?? participant.id;
    transceiver.msid = { streamId, trackId: `${streamId}-${transceiver.kind}` };
  }

  #linesOf(kind: MediaKind): MediaLine[] {
    return this.#receiver.connection.lines.filter(
      ({ transceiver }) => transceiver.kind === kind && !transceiver.stopped,
    );
  }
}

function isOnLineOf({ transceiver }: MediaLine, first: MediaLine): boolean {
  return transceiver.isFurtherTrack && transceiver.sectionMid === first.transceiver.sectionMid;
}
