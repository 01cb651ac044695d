import { dominates, mediumLead } from './activity-scores.ts';
import type { AudioActivity } from './audio-activity.ts';
import { ObservedSpeaker, type SpeakerSettings } from './observed-speaker.ts';

export interface SpeakerEvents<T> {
  voiceStarted(key: T): void;
  voiceStopped(key: T): void;
  /** Somebody joined or left the list, or its first changed: those who speak, the dominant first, then the loudest. */
  activeSpeakersChanged(keys: readonly T[]): void;
  /** null when the one that was has gone and nobody speaks. A dominant speaker who falls silent stays so. */
  dominantChanged(key: T | null): void;
}

/** Who speaks among some audio tracks, and who of them has the word. A state machine: observe() is its only clock. */
export class SpeakerObserver<T> {
  readonly #settings: SpeakerSettings;
  readonly #events: SpeakerEvents<T>;
  readonly #speakers = new Map<T, ObservedSpeaker<T>>();
  #active: readonly ObservedSpeaker<T>[] = [];
  #dominant: ObservedSpeaker<T> | null = null;

  constructor(settings: SpeakerSettings, events: SpeakerEvents<T>) {
    this.#settings = settings;
    this.#events = events;
  }

  get size(): number {
    return this.#speakers.size;
  }

  /** In the order in which they were added. */
  get speakers(): Iterable<ObservedSpeaker<T>> {
    return this.#speakers.values();
  }

  get(key: T): ObservedSpeaker<T> | undefined {
    return this.#speakers.get(key);
  }

  get dominant(): T | null {
    return this.#dominant?.key ?? null;
  }

  /** Those who speak, the dominant speaker first, then by loudness. */
  get activeSpeakers(): readonly T[] {
    return this.#active.map(({ key }) => key);
  }

  add(key: T, activity: AudioActivity): void {
    this.#speakers.set(key, new ObservedSpeaker(key, activity));
  }

  /** The track has ended; its voice stops, and another may become dominant. */
  remove(key: T): void {
    const speaker = this.#speakers.get(key);
    if (speaker === undefined) return;
    this.#speakers.delete(key);
    if (speaker.speaking) {
      speaker.speaking = false;
      this.#events.voiceStopped(key);
    }
    this.#choose();
  }

  /** Looks at what came since the last time. Call it once per interval. */
  observe(nowMs: number): void {
    let changed = false;
    for (const speaker of this.#speakers.values()) {
      if (!speaker.observe(nowMs, this.#settings)) continue;
      changed = true;
      if (speaker.speaking) this.#events.voiceStarted(speaker.key);
      else this.#events.voiceStopped(speaker.key);
    }
    if (
      changed ||
      this.#active.length > 1 ||
      (this.#active.length === 1 && this.#active[0] !== this.#dominant)
    )
      this.#choose();
  }

  #choose(): void {
    const former = this.#dominant;
    this.#dominant = this.#findDominant();
    this.#updateActive();
    if (this.#dominant !== former) this.#events.dominantChanged(this.dominant);
  }

  /** The one who leads the dominant speaker in all three intervals, by most in the medium one; else nobody new. */
  #findDominant(): ObservedSpeaker<T> | null {
    let best = this.#dominant;
    if (best !== null && this.#speakers.get(best.key) !== best) best = null;
    const dominant = best;
    for (const speaker of this.#speakers.values()) {
      if (!speaker.speaking || speaker === dominant) continue;
      if (best === null) best = speaker;
      else if (dominant === null) {
        if (speaker.long > best.long || (speaker.long === best.long && speaker.loudness > best.loudness))
          best = speaker;
      } else if (dominates(speaker, dominant)) {
        if (best === dominant || mediumLead(speaker, dominant) > mediumLead(best, dominant)) best = speaker;
      }
    }
    return best;
  }

  #updateActive(): void {
    const former = this.#active;
    const active = [...this.#speakers.values()].filter(({ speaking }) => speaking);
    active.sort((a, b) => this.#rank(b) - this.#rank(a));
    this.#active = active;
    const sameFirst = former[0] === active[0] || (active[0] !== this.#dominant && former.includes(active[0]));
    const same =
      sameFirst && former.length === active.length && active.every((speaker) => former.includes(speaker));
    if (!same) this.#events.activeSpeakersChanged(this.activeSpeakers);
  }

  #rank(speaker: ObservedSpeaker<T>): number {
    return speaker === this.#dominant ? Number.POSITIVE_INFINITY : speaker.loudness;
  }
}
