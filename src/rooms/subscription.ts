import type { Forwarder } from '../media/forwarding/forwarder.ts';
import type { LayerPreference } from '../media/layers/layer-policy.ts';
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
  /** Not even its lowest layer fits into what its participant's network carries. */
  | 'estimate-too-low'
  | 'forwarding'
  | 'internal-error'
  | 'publication-ended'
  | 'unsubscribed'
  | 'participant-left';

/** Why a forwarder of audio is paused in a large room. */
const notAmongLastSpeakers = 'not-among-last-speakers';

/** Nothing is sent, and nothing is wrong. */
const pauses: readonly SubscriptionReason[] = ['paused', notAmongLastSpeakers, 'estimate-too-low'];

/** What a subscription needs of the collection it belongs to. */
export interface SubscriptionHost {
  /** Runs what may send packets. */
  run<T>(action: () => T): T;
  startSubscriptionDeadline(expired: () => void): () => void;
}

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

  readonly #host: SubscriptionHost;
  readonly #onChange: (subscription: Subscription) => void;
  #cancelDeadline: () => void;
  #forwarded = true;
  #prominent = false;
  #pauseReason: string | null = null;
  #preference: LayerPreference = {};

  constructor(
    id: string,
    publication: Publication,
    participant: Participant,
    host: SubscriptionHost,
    onChange: (subscription: Subscription) => void,
  ) {
    this.id = id;
    this.publication = publication;
    this.participant = participant;
    this.#host = host;
    this.#onChange = onChange;
    this.#cancelDeadline = host.startSubscriptionDeadline(() => {
      if (this.state === 'pending') this.#become('failed', this.reason);
    });
  }

  get forwarder(): Forwarder | null {
    return this.line?.forwarder ?? null;
  }

  /** Sends on `line` from now on. */
  attach(line: MediaLine): void {
    this.line = line;
    line.take(() => {
      this.#apply();
      this.update();
    });
    // Before it begins to send: what is paused or too large is not even asked for.
    this.#apply();
    line.setSource(this.publication.track);
    this.#apply();
    this.update();
  }

  get preference(): LayerPreference {
    return this.#preference;
  }

  /**
   * Video: what the client has use for, such as the size of its picture; in place of what it had said before. It gets
   * the smallest layers that are as good, and less where its network carries less, those of lower priority first.
   * No effect for audio but for the priority.
   */
  setPreference(preference: LayerPreference): void {
    this.#preference = preference;
    this.#host.run(() => this.#apply());
  }

  /** Why it is paused; null while it is not. */
  get pauseReason(): string | null {
    return this.#pauseReason ?? (this.#forwarded ? null : notAmongLastSpeakers);
  }

  /**
   * Sends nothing until resume(). The reason is shown in statistics and on the admin page, and counted by them: one of
   * a few fixed words, never a client's own.
   */
  pause(reason: string): void {
    this.#pauseReason = reason;
    this.#host.run(() => this.#apply());
  }

  /** Takes pause() back. Video goes on with a key frame. */
  resume(): void {
    this.#pauseReason = null;
    this.#host.run(() => this.#apply());
  }

  /** Whether it goes before others of its kind where not everything fits. */
  setProminent(prominent: boolean): void {
    this.#prominent = prominent;
    this.#apply();
  }

  /** Whether it is sent: in a large room, only the last speakers are heard (RoomSpeakers). */
  setForwarded(forwarded: boolean): void {
    this.#forwarded = forwarded;
    this.#apply();
  }

  /** Looks again at what it is waiting for. Cheap; called whenever something it depends on has changed. */
  update(): void {
    if (this.state === 'ended') return;
    const reason = this.#currentReason();
    if (reason === 'forwarding' || pauses.includes(reason)) this.#become('live', reason);
    else if (reason === 'codec-not-supported' || reason === 'internal-error') this.#become('failed', reason);
    else if (this.state === 'pending') this.#become('pending', reason);
    else if (this.state === 'failed') this.#become('failed', reason);
    else this.#become('live', reason);
  }

  /** Ends it for good and gives its line back. */
  end(reason: 'publication-ended' | 'unsubscribed' | 'participant-left'): void {
    if (this.state === 'ended') return;
    this.#cancelDeadline();
    const line = this.line;
    if (line !== null) {
      line.release();
      line.setSource(null);
      // The line may carry another publication next.
      line.forwarder?.resume();
      line.forwarder?.setPreference({});
      line.forwarder?.setProminence(0);
    }
    this.#become('ended', reason);
  }

  /** Makes the forwarder do what was asked for, be it one that has just come. */
  #apply(): void {
    const { forwarder, pauseReason } = this;
    if (forwarder === null || this.state === 'ended') return;
    if (forwarder.preference !== this.#preference) forwarder.setPreference(this.#preference);
    forwarder.setProminence(this.#prominent ? 1 : 0);
    if (forwarder.pauseReason === pauseReason) return;
    if (pauseReason === null) forwarder.resume();
    else forwarder.pause(pauseReason);
    this.update();
  }

  #currentReason(): SubscriptionReason {
    if (this.line === null) return 'no-line';
    const forwarder = this.line.forwarder;
    if (forwarder === null) return 'negotiating';
    // What no connection will mend is said at once.
    if (forwarder.state === 'codec-not-supported') return 'codec-not-supported';
    if (this.participant.connectionState !== 'connected') return 'connecting';
    switch (forwarder.state) {
      case 'live':
        return 'forwarding';
      case 'waiting-keyframe':
        return 'waiting-for-keyframe';
      case 'paused':
        return pausedReason(forwarder);
      case 'failed':
        return 'internal-error';
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

function pausedReason({ pauseReason }: Forwarder): SubscriptionReason {
  if (pauseReason === null) return 'estimate-too-low';
  return pauseReason === notAmongLastSpeakers ? notAmongLastSpeakers : 'paused';
}
