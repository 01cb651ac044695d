import type { AudioActivity } from '../media/speakers/audio-activity.ts';
import { chooseLastSpeakers } from '../media/speakers/last-speakers.ts';
import { defaultSpeakerSettings, type SpeakerSettings } from '../media/speakers/observed-speaker.ts';
import { SpeakerObserver } from '../media/speakers/speaker-observer.ts';

export interface RoomSpeakerSettings extends SpeakerSettings {
  /** How many audio publications are forwarded; 0 for all. */
  readonly lastN: number;
}

export const defaultRoomSpeakerSettings: RoomSpeakerSettings = { ...defaultSpeakerSettings, lastN: 0 };

/** What is known of a publication's sound at the moment. */
export interface Voice {
  readonly speaking: boolean;
  readonly dominant: boolean;
  /** dBov, 0 … -127; null where the publisher does not tell levels. */
  readonly level: number | null;
}

export interface RoomSpeakerEvents<T> {
  activeSpeakersChanged(publications: readonly T[]): void;
  dominantChanged(publication: T | null): void;
  voiceStarted(publication: T): void;
  voiceStopped(publication: T): void;
  /** Whether a publication is among those that are forwarded has changed. */
  forwardingChanged(publication: T, forwarded: boolean): void;
}

/** What this needs of a publication. */
interface Audible {
  readonly track: { readonly audio: AudioActivity | null };
}

/** Who speaks in a room, and whose audio is forwarded where that is not everybody's. */
export class RoomSpeakers<T extends Audible> {
  readonly #settings: RoomSpeakerSettings;
  readonly #events: RoomSpeakerEvents<T>;
  readonly #observer: SpeakerObserver<T>;
  #forwarded = new Set<T>();
  #changed = false;

  constructor(settings: RoomSpeakerSettings, events: RoomSpeakerEvents<T>) {
    this.#settings = settings;
    this.#events = events;
    this.#observer = new SpeakerObserver<T>(settings, {
      voiceStarted: (publication) => {
        this.#changed = true;
        events.voiceStarted(publication);
      },
      voiceStopped: (publication) => {
        this.#changed = true;
        events.voiceStopped(publication);
      },
      dominantChanged: (publication) => {
        this.#changed = true;
        events.dominantChanged(publication);
      },
      activeSpeakersChanged: (publications) => events.activeSpeakersChanged(publications),
    });
  }

  /** Publications that speak, the dominant speaker first, then by loudness. */
  get active(): readonly T[] {
    return this.#observer.activeSpeakers;
  }

  /** Who has the word; stays so while silent. */
  get dominant(): T | null {
    return this.#observer.dominant;
  }

  /** null for what is no audio, or not in the room. */
  voiceOf(publication: T): Voice | null {
    const speaker = this.#observer.get(publication);
    if (speaker === undefined) return null;
    const { speaking, level } = speaker;
    return { speaking, level, dominant: this.#observer.dominant === publication };
  }

  /** Whether a publication is forwarded: all are that are no audio, and all audio where there is no limit. */
  isForwarded(publication: T): boolean {
    return this.#settings.lastN === 0 || publication.track.audio === null || this.#forwarded.has(publication);
  }

  /** For Participant only: published from now on. Video is none of this. */
  add(publication: T): void {
    const { audio } = publication.track;
    if (audio === null) return;
    this.#observer.add(publication, audio);
    this.#chooseForwarded();
  }

  /** For Participant only: no longer published. */
  remove(publication: T): void {
    this.#observer.remove(publication);
    this.#forwarded.delete(publication);
    this.#chooseForwarded();
  }

  /** For Rooms only: looks at what came since the last time. */
  observe(nowMs: number): void {
    if (this.#observer.size === 0) return;
    this.#observer.observe(nowMs);
    if (this.#changed) this.#chooseForwarded();
  }

  #chooseForwarded(): void {
    this.#changed = false;
    if (this.#settings.lastN === 0) return;
    const former = this.#forwarded;
    const { dominant } = this.#observer;
    this.#forwarded = chooseLastSpeakers(
      [...this.#observer.speakers],
      dominant,
      former,
      this.#settings.lastN,
    );
    for (const publication of former) {
      if (!this.#forwarded.has(publication)) this.#events.forwardingChanged(publication, false);
    }
    for (const publication of this.#forwarded) {
      if (!former.has(publication)) this.#events.forwardingChanged(publication, true);
    }
  }
}
