import type { MediaKind } from '../media/rtp-parameters.ts';
import type { PeerConnection } from '../webrtc/peer-connection.ts';
import type { JoinOptions } from './join-options.ts';
import type { Participant, ParticipantHost } from './participant.ts';
import type { Publication } from './publication.ts';
import { Subscription } from './subscription.ts';

/** What one participant is sent, and on which lines. */
export interface ReceivedMedia {
  readonly subscriptions: ReadonlyMap<Publication, Subscription>;
  /** An offer of the client was taken and is about to be answered. */
  answering(): void;
  /** An exchange is over, or the offer was not answered after all. */
  settled(): void;
  /** An offer of ours is about to be made. */
  offering(): void;
  /** Something is published in the room. */
  consider(publication: Publication): void;
  /** Something is no longer published. @returns whether it was subscribed to */
  forget(publication: Publication): boolean;
  /** What the dialect wants may be something else. */
  reconsider(): void;
  /** With chosen sources; see Participant.setSource(). */
  setSource(kind: MediaKind, publication: Publication | null): void;
  /** The participant leaves. */
  end(): void;
}

/** Whose media it is, and what that takes. */
export interface Receiver {
  readonly participant: Participant;
  readonly connection: PeerConnection;
  readonly options: JoinOptions;
  readonly host: ParticipantHost;
}

export function createSubscription({ participant, host }: Receiver, publication: Publication): Subscription {
  return new Subscription(host.nextId('s'), publication, participant, host, (changed) => {
    host.subscriptionChanged(changed);
    participant.emit('subscriptionchanged', changed);
  });
}

/** Ends the subscriptions of one who leaves, each for itself. */
export function endSubscriptions({ participant, host }: Receiver, ending: Iterable<Subscription>): void {
  for (const subscription of ending) host.isolate(participant, () => subscription.end('participant-left'));
}
