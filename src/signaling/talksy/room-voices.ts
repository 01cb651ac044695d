/** Who speaks in a room, and since when: what `vad_started` and `vad_ended` are made of. */
import { LevelLog } from '../../media/speakers/level-log.ts';
import type { Publication } from '../../rooms/publication.ts';
import { type VoiceNotice, VoiceNotices } from './voice-notices.ts';
import { wireIdentity } from './wire-identity.ts';

interface Voice {
  readonly log: LevelLog;
  readonly notices: VoiceNotices;
}

export class RoomVoices {
  readonly #voices = new Map<Publication, Voice>();

  durationMs(publication: Publication): number {
    return this.#voices.get(publication)?.notices.durationMs ?? 0;
  }

  /** Audio that others hear; its levels are listed from now on. */
  add(publication: Publication): void {
    const { audio } = publication.track;
    if (audio === null || this.#voices.has(publication)) return;
    const log = new LevelLog();
    audio.levels = log;
    this.#voices.set(publication, { log, notices: new VoiceNotices() });
  }

  remove(publication: Publication): void {
    const { audio } = publication.track;
    if (this.#voices.delete(publication) && audio !== null) audio.levels = null;
  }

  clear(): void {
    for (const publication of [...this.#voices.keys()]) this.remove(publication);
  }

  /** Looks at what came since the last time; `tell` is given the text for whoever gets the publication. */
  observe(nowMs: number, tell: (publication: Publication, text: string) => void): void {
    for (const [publication, { log, notices }] of this.#voices) {
      const { audio } = publication.track;
      const known = audio?.levelKnown === true;
      const speaking = publication.participant.room.speakers.voiceOf(publication)?.speaking === true;
      const notice = notices.update(nowMs, known ? log.take() : null, speaking);
      if (notice !== null) tell(publication, formatNotice(publication, notice));
    }
  }
}

function formatNotice(publication: Publication, { type, audioLevels }: VoiceNotice): string {
  const { streamId, trackId } = wireIdentity(publication);
  const { encodings, codec } = publication.track;
  const ssrc = encodings[0]?.stream?.ssrc ?? encodings[0]?.ssrc ?? 0;
  return JSON.stringify({
    type,
    data: {
      trackID: trackId,
      streamID: streamId,
      ssrc: ssrc >>> 0,
      clockRate: codec?.clockRate ?? 48_000,
      audioLevels,
    },
  });
}
