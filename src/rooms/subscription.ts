import type { Forwarder } from '../media/forwarding/forwarder.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import type { Participant } from './participant.ts';
import type { Publication } from './publication.ts';

export type SubscriptionState = 'pending' | 'live' | 'failed' | 'ended';

/** Why a subscription is in its state; shown as it is in logs, API and page. */
export type SubscriptionReason =
  | 'no-line'
  | 'negotiating'
  | 'connecting'
  | 'waiting-for-media'
  | 'waiting-for-keyframe'
  | 'codec-not-supported'
  | 'paused'
  | 'not-among-last-speakers'
  | 'forwarding'
  | 'publication-ended'
  | 'participant-left';

/** Why a forwarder of audio is paused in a large room. */
const notAmongLastSpeakers = 'not-among-last-speakers';

/**
 * One publication delivered to one participant. It becomes `live` or, at its deadline, `failed` with the reason it
 * was stuck at; a failed one that gets going after all is live again.
 */
export class Subscription {
  readonly id: string;
  readonly publication: Publication;
  readonly participant: Participant;
  state: SubscriptionState = 'pending';
  reason: SubscriptionReason = 'no-line';
  /** Where it is sent; null while the participant has no line for it. */
  line: MediaLine | null = null;

  readonly #onChange: (subscription: Subscription) => void;
  #cancelDeadline: () => void;
  #forwarded = true;

  constructor(
    id: string,
    publication: Publication,
    participant: Participant,
    startDeadline: (expired: () => void) => () => void,
    onChange: (subscription: Subscription) => void,
  ) {
    this.id = id;
    this.publication = publication;
    this.participant = participant;
    this.#onChange = onChange;
    this.#cancelDeadline = startDeadline(() => {
      if (this.state === 'pending') this.#become('failed', this.reason);
    });
  }

  get forwarder(): Forwarder | null {
    return this.line?.forwarder ?? null;
  }

  /** Sends on `line` from now on. */
  attach(line: MediaLine): void {
    this.line = line;
    line.onForwarderChange = () => {
      this.#applyForwarded();
      this.update();
    };
    line.setSource(this.publication.track);
    this.#applyForwarded();
    this.update();
  }

  /** Whether it is sent: in a large room, only the last speakers are heard (RoomSpeakers). */
  setForwarded(forwarded: boolean): void {
    this.#forwarded = forwarded;
    this.#applyForwarded();
  }

  /** Looks again at what it is waiting for. Cheap; called whenever something it depends on has changed. */
  update(): void {
    if (this.state === 'ended') return;
    const reason = this.#currentReason();
    if (reason === 'forwarding' || reason === 'paused' || reason === notAmongLastSpeakers)
      this.#become('live', reason);
    else if (reason === 'codec-not-supported') this.#become('failed', reason);
    else if (this.state === 'pending') this.#become('pending', reason);
    else if (this.state === 'failed') this.#become('failed', reason);
    else this.#become('live', reason);
  }

  /** Ends it for good and gives its line back. */
  end(reason: 'publication-ended' | 'participant-left'): void {
    if (this.state === 'ended') return;
    this.#cancelDeadline();
    const line = this.line;
    if (line !== null) {
      this.setForwarded(true);
      line.onForwarderChange = null;
      line.setSource(null);
    }
    this.#become('ended', reason);
  }

  /** A pause of somebody else's stays that. */
  #applyForwarded(): void {
    const { forwarder } = this;
    if (forwarder === null) return;
    if (!this.#forwarded && forwarder.pauseReason === null) forwarder.pause(notAmongLastSpeakers);
    else if (this.#forwarded && forwarder.pauseReason === notAmongLastSpeakers) forwarder.resume();
  }

  #currentReason(): SubscriptionReason {
    if (this.line === null) return 'no-line';
    const forwarder = this.line.forwarder;
    if (forwarder === null) return 'negotiating';
    if (this.participant.connectionState !== 'connected') return 'connecting';
    switch (forwarder.state) {
      case 'live':
        return 'forwarding';
      case 'waiting-keyframe':
        return 'waiting-for-keyframe';
      case 'codec-not-supported':
        return 'codec-not-supported';
      case 'paused':
        return forwarder.pauseReason === notAmongLastSpeakers ? notAmongLastSpeakers : 'paused';
      case 'no-source':
        return 'waiting-for-media';
    }
  }

  #become(state: SubscriptionState, reason: SubscriptionReason): void {
    if (state === this.state && reason === this.reason) return;
    if (state === 'live') this.#cancelDeadline();
    this.state = state;
    this.reason = reason;
    this.#onChange(this);
  }
}
