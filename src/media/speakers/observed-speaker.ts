import { type Activity, immediateUnits, longUnits, mediumUnits } from './activity-scores.ts';
import type { AudioActivity } from './audio-activity.ts';
import { maxLoudness } from './packet-loudness.ts';

export interface SpeakerSettings {
  /** Time between two observations, in ms; 0 for none. */
  readonly intervalMs: number;
  /** Quieter than -threshold dBov is never voice. */
  readonly threshold: number;
  /** Percent of the last 400 ms that must be loud for voice to begin; half as much keeps it going. */
  readonly filter: number;
}

export const defaultSpeakerSettings: SpeakerSettings = { intervalMs: 100, threshold: 50, filter: 40 };

const windowFrames = mediumUnits * longUnits;
/** 400 ms, of which `filter` percent must be loud. */
const onsetFrames = 20;
/** Fewer loud frames in a row are a click, a key, a knock: those last up to 60 ms, and the vowel of a syllable longer. */
const minRunFrames = 5;
/** Loud is what rises this far above the noise floor, in dB. */
const aboveFloor = 10;
/**
 * … and lies within this many dB of the loudest in the window: vowels do, while keys that run together leave little
 * more than their echo between them.
 */
const belowPeak = 12;
/** Loudness of one immediate sub-unit, in dB, and of how many the threshold is worth: the score is positive from there. */
const unitLoudness = 2;
const unitsAtThreshold = 4;
/** A dip between two syllables is no end of speech: the loudest of this many frames is the immediate activity. */
const immediateFrames = 3;
/** Of the frames of a medium interval. */
const minActiveFrames = 2;
/** Pauses within a sentence, in ms: voice has stopped when it was quiet for longer. */
const holdMs = 500;

const loud = new Uint8Array(windowFrames);

/** What one audio track says about whether somebody speaks: looked at once per interval. */
export class ObservedSpeaker<T> implements Activity {
  readonly key: T;
  readonly activity: AudioActivity;
  /** Whether this is voice, with pauses within sentences bridged. */
  speaking = false;
  /** When it was last heard to speak, in ms; -Infinity before. */
  lastVoiceMs = Number.NEGATIVE_INFINITY;
  /** Mean loudness of the last 400 ms, 0 … 127. */
  loudness = 0;
  /** Active sub-units of the three intervals. */
  immediate = 0;
  medium = 0;
  long = 0;

  #packets = -1;
  #silent = false;

  constructor(key: T, activity: AudioActivity) {
    this.key = key;
    this.activity = activity;
  }

  /** Level of the last 400 ms in dBov (0 … -127); null where the publisher does not tell levels. */
  get level(): number | null {
    return this.activity.levelKnown ? Math.round(this.loudness) - maxLoudness : null;
  }

  /** @returns whether `speaking` has changed */
  observe(nowMs: number, settings: SpeakerSettings): boolean {
    const { activity } = this;
    const quiet = activity.packets === this.#packets;
    this.#packets = activity.packets;
    // Nothing has come since it was all silent: so it is now.
    if (quiet && this.#silent) return false;
    activity.advance();
    this.#measure(settings);
    const wasSpeaking = this.speaking;
    const percent = this.#loudPercent(onsetFrames);
    const needed = this.speaking ? settings.filter / 2 : settings.filter;
    if (percent > 0 && percent >= needed) {
      this.speaking = true;
      this.lastVoiceMs = nowMs;
    } else if (nowMs - this.lastVoiceMs >= holdMs) this.speaking = false;
    this.#silent = this.loudness === 0 && this.long === 0 && !this.speaking;
    return this.speaking !== wasSpeaking;
  }

  #measure({ threshold }: SpeakerSettings): void {
    const { activity } = this;
    let peak = 0;
    for (let back = 0; back < windowFrames; back++) peak = Math.max(peak, activity.loudness(back));
    const atLeast = Math.max(maxLoudness - threshold, activity.floor + aboveFloor, peak - belowPeak);
    let sum = 0;
    let run = 0;
    for (let back = windowFrames - 1; back >= 0; back--) {
      const loudness = activity.loudness(back);
      if (back < onsetFrames) sum += loudness;
      run = loudness >= atLeast ? run + 1 : 0;
      loud[back] = run >= minRunFrames ? 1 : 0;
      if (run === minRunFrames) loud.fill(1, back, back + minRunFrames);
    }
    this.loudness = sum / onsetFrames;
    this.immediate = this.#immediate(atLeast);
    this.medium = 0;
    for (let back = 0; back < mediumUnits; back++) this.medium += loud[back];
    this.long = 0;
    for (let unit = 0; unit < longUnits; unit++) {
      let active = 0;
      for (let i = 0; i < mediumUnits; i++) active += loud[unit * mediumUnits + i];
      if (active >= minActiveFrames) this.long++;
    }
  }

  /** A click has no immediate activity either, or it would hold the word for whoever made it. */
  #immediate(atLeast: number): number {
    let loudest = 0;
    for (let back = 0; back < immediateFrames; back++) {
      if (loud[back] === 1) loudest = Math.max(loudest, this.activity.loudness(back));
    }
    if (loudest === 0) return 0;
    const units = unitsAtThreshold + Math.floor((loudest - atLeast) / unitLoudness);
    return Math.min(immediateUnits, units);
  }

  #loudPercent(frames: number): number {
    let count = 0;
    for (let back = 0; back < frames; back++) count += loud[back];
    return (count * 100) / frames;
  }
}
