/**
 * Sound as levels, for the tests of this folder: speech, noise, keyboards, and microphones that send them. Named as a
 * test so that it is not built; holds none itself.
 */
import { ExtensionKind } from '../rtp/header-extension.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';
import { seededRandom } from '../simulation.test.ts';
import { AudioActivity } from './audio-activity.ts';

/** Level in dBov (0 … -127) of the 20 ms that start at `ms`. */
export type Sound = (ms: number) => number;

export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  between(min: number, max: number): number {
    return min + (this.#next() / 2 ** 32) * (max - min);
  }

  int(min: number, max: number): number {
    return Math.floor(this.between(min, max + 1));
  }
}

const frame = 20;

export function silence(): Sound {
  return () => -127;
}

/** A room, a fan: steady, within a few dB. */
export function noise(chance: Chance, dBov: number, spread = 2.5): Sound {
  return () => dBov + chance.between(-spread, spread);
}

/** Somebody types, `perSecond` keys: each 20 to 60 ms, over a quiet room. */
export function keyboard(chance: Chance, perSecond = 6, seconds = 120): Sound {
  const frames = new Map<number, number>();
  for (let ms = 0; ms < seconds * 1000; ms += chance.between(0.4, 1.6) * (1000 / perSecond)) {
    const first = Math.floor(ms / frame);
    let dBov = chance.between(-38, -22);
    for (let i = 0; i < chance.int(1, 3); i++, dBov -= chance.between(4, 10)) frames.set(first + i, dBov);
  }
  return (ms) => frames.get(Math.floor(ms / frame)) ?? -66 + chance.between(-3, 3);
}

/**
 * Speech from `startMs` to `endMs`, noise of the room elsewhere: phrases of 0.8 to 3 s with pauses for breath, of
 * syllables of 120 to 280 ms with a loud nucleus and a dip between them.
 */
export function speech(chance: Chance, startMs: number, endMs: number, room = -64): Sound {
  const frames = new Map<number, number>();
  const base = chance.between(-34, -18);
  let ms = startMs;
  while (ms < endMs) {
    const phraseEnd = Math.min(endMs, ms + chance.between(800, 3000));
    while (ms < phraseEnd) {
      const dip = chance.between(20, 60);
      const nucleus = chance.between(100, 220);
      const peak = base + chance.between(-5, 5);
      for (let at = 0; at < nucleus + dip && ms + at < endMs; at += frame) {
        const dBov = at < nucleus ? peak - chance.between(0, 5) : peak - chance.between(14, 28);
        frames.set(Math.floor((ms + at) / frame), dBov);
      }
      ms += nucleus + dip;
    }
    ms += chance.between(150, 450);
  }
  return (at) => Math.max(frames.get(Math.floor(at / frame)) ?? -127, room + chance.between(-3, 3));
}

/** Of several at once the loudest. */
export function mixed(...sounds: readonly Sound[]): Sound {
  return (ms) => Math.max(...sounds.map((sound) => sound(ms)));
}

export interface MicrophoneOptions {
  /** Milliseconds of sound in a packet. */
  readonly packetMs?: number;
  readonly clockRate?: number;
  /** Whether packets say their level. */
  readonly levels?: boolean;
  /** Payload bytes of a packet at a level, where they do not. */
  readonly bytes?: (dBov: number) => number;
  /** Nothing is sent at levels below this, but a packet every 400 ms. */
  readonly dtxBelow?: number;
  readonly firstTimestamp?: number;
}

/** Sends a sound as packets to an AudioActivity. */
export class Microphone {
  readonly activity: AudioActivity;
  readonly #sound: Sound;
  readonly #options: MicrophoneOptions;
  readonly #packet = new RtpPacket();
  #sequence = 70_000;
  #lastLoudMs = Number.NEGATIVE_INFINITY;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  constructor(clock: { nowMs: number; ntpOffsetMs: number }, sound: Sound, options: MicrophoneOptions = {}) {
    this.activity = new AudioActivity(clock);
    this.#sound = sound;
    this.#options = options;
  }

  /** Sends what belongs to the 20 ms that start at `ms`. */
  send(ms: number): void {
    const {
      packetMs = frame,
      clockRate = 48000,
      levels = true,
      dtxBelow,
      firstTimestamp = 0,
    } = this.#options;
    const bytes = this.#options.bytes ?? (() => 80);
    if (ms % packetMs !== 0) return;
    let dBov = -127;
    for (let at = 0; at < packetMs; at += frame) dBov = Math.max(dBov, this.#sound(ms + at));
    if (dtxBelow !== undefined) {
      if (dBov >= dtxBelow) this.#lastLoudMs = ms;
      // As Opus does: silence is a gap after ten frames of it.
      if (ms - this.#lastLoudMs > 200 && ms - this.#lastSentMs < 400) return;
    }
    this.#lastSentMs = ms;
    const packet = this.#packet;
    packet.extended = this.#sequence++;
    packet.newest = true;
    packet.timestamp = (firstTimestamp + (ms * clockRate) / 1000) | 0;
    packet.payloadLength = bytes(dBov);
    packet.bytes = Uint8Array.of(Math.min(127, Math.max(0, Math.round(-dBov))));
    packet.extensions = levels ? 1 << ExtensionKind.AudioLevel : 0;
    packet.extensionOffset[ExtensionKind.AudioLevel] = 0;
    packet.extensionLength[ExtensionKind.AudioLevel] = 1;
    this.activity.receive(packet, clockRate, packet.payloadLength);
  }
}
