/**
 * How loud the endpoints of a pipeline are: told after each measurement of the rooms (`speakers.interval-ms`), while
 * somebody listens. The original has no such event.
 */
import { BaseRtpEndpoint } from './base-rtp-endpoint.ts';
import { maxLevelsPerEvent } from './kurento-limits.ts';
import type { MediaObject } from './media-object.ts';
import type { ObjectHost } from './object-host.ts';

export const audioLevelEvent = 'AudioLevelChanged';

interface Level {
  /** The id of an endpoint. */
  readonly object: string;
  /** dBov, 0 … -127. */
  readonly level: number;
}

export class AudioLevels {
  readonly #rooms: ObjectHost['rooms'];
  /** Pipelines somebody listens to, and whether they were told of any level last. */
  readonly #listened = new Map<MediaObject, boolean>();

  constructor(rooms: ObjectHost['rooms']) {
    this.#rooms = rooms;
  }

  /** Somebody has subscribed to it. */
  listen(pipeline: MediaObject): void {
    if (this.#listened.size === 0) this.#rooms.on('speakersobserved', this.#tell);
    if (!this.#listened.has(pipeline)) this.#listened.set(pipeline, false);
  }

  forget(pipeline: MediaObject): void {
    if (this.#listened.delete(pipeline) && this.#listened.size === 0)
      this.#rooms.off('speakersobserved', this.#tell);
  }

  readonly #tell = (): void => {
    for (const [pipeline, told] of this.#listened) {
      if (pipeline.subscriptions.to(audioLevelEvent).length === 0) {
        this.forget(pipeline);
        continue;
      }
      const levels = levelsOf(pipeline);
      this.#listened.set(pipeline, levels.length > 0);
      // That there are none any more is said once.
      if (levels.length > 0 || told) pipeline.raise(audioLevelEvent, { levels });
    }
  };
}

/** The loudest first. Who sends no levels is left out. */
function levelsOf(pipeline: MediaObject): Level[] {
  const levels: Level[] = [];
  for (const child of pipeline.children) {
    if (!(child instanceof BaseRtpEndpoint)) continue;
    const publication = child.publication('AUDIO');
    const level = publication?.participant.room.speakers.voiceOf(publication)?.level ?? null;
    if (level !== null) levels.push({ object: child.id, level });
  }
  return levels.sort((a, b) => b.level - a.level).slice(0, maxLevelsPerEvent);
}

const levelsByHost = new WeakMap<ObjectHost, AudioLevels>();

/** The one of everything that lives in `host`. */
export function audioLevelsOf(host: ObjectHost): AudioLevels {
  let levels = levelsByHost.get(host);
  if (levels === undefined) {
    levels = new AudioLevels(host.rooms);
    levelsByHost.set(host, levels);
  }
  return levels;
}
