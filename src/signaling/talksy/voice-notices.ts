/** Turns the levels that a publisher's packets say into the dialect's `vad_started` and `vad_ended`. */
import type { PacketLevel } from '../../media/speakers/level-log.ts';

/** Louder than this counts as voice: levels are minus dBov, so 0 is loudest, which no microphone is. */
const quietestVoice = 40;
const endsAfterMs = 300;
const maxListed = 2048;

/** One packet of voice on the wire. */
export interface AudioLevel {
  readonly sequenceNo: number;
  readonly timestamp: number;
  readonly audioLevel: number;
  readonly isVoice: true;
}

/** `audioLevels` is null where somebody has stopped. */
export interface VoiceNotice {
  readonly type: 'vad_started' | 'vad_ended';
  readonly audioLevels: readonly AudioLevel[] | null;
}

/** Of one publication. */
export class VoiceNotices {
  /** How long somebody has spoken so far. */
  durationMs = 0;
  #lastVoiceMs = Number.NEGATIVE_INFINITY;
  #speaking = false;
  #updatedMs = 0;

  /**
   * Called every 100 ms.
   * @param packets what came since the last time; null where packets do not say their level
   * @param speaking what is thought of such a publication
   */
  update(nowMs: number, packets: readonly PacketLevel[] | null, speaking: boolean): VoiceNotice | null {
    if (this.#speaking) this.durationMs += nowMs - this.#updatedMs;
    this.#updatedMs = nowMs;
    const audioLevels = (packets ?? []).filter(isVoice).slice(-maxListed).map(wireLevel);
    if (audioLevels.length > 0 || (packets === null && speaking)) {
      this.#speaking = true;
      this.#lastVoiceMs = nowMs;
      return { type: 'vad_started', audioLevels };
    }
    if (!this.#speaking || nowMs - this.#lastVoiceMs < endsAfterMs) return null;
    this.#speaking = false;
    return { type: 'vad_ended', audioLevels: null };
  }
}

function isVoice({ voice, level }: PacketLevel): boolean {
  return voice && level > 0 && level < quietestVoice;
}

function wireLevel({ sequenceNumber, timestamp, level }: PacketLevel): AudioLevel {
  return { sequenceNo: sequenceNumber, timestamp, audioLevel: level, isVoice: true };
}
