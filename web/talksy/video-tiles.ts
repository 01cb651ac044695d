/** One tile for each stream of somebody else's: `<video id="video-STREAM">`, as the original's page has it. */
import { signal } from '@preact/signals';
import { isObject, parseJson, stringField } from '../shared/json-fields.ts';

export interface Tile {
  readonly stream: MediaStream;
  readonly trackIds: readonly string[];
  readonly speaking: boolean;
}

export interface TileEvents {
  shown(video: HTMLVideoElement, trackId: string): void;
  hidden(video: HTMLVideoElement): void;
}

export class VideoTiles {
  readonly list = signal<readonly Tile[]>([]);
  readonly #events: TileEvents;

  constructor(events: TileEvents) {
    this.#events = events;
  }

  add(track: MediaStreamTrack, stream: MediaStream): void {
    const known = this.list.value.find((tile) => tile.stream.id === stream.id);
    if (known !== undefined) {
      this.#replace({ ...known, trackIds: [...new Set([...known.trackIds, track.id])] });
      return;
    }
    this.list.value = [...this.list.value, { stream, trackIds: [track.id], speaking: false }];
    // Whichever track goes takes the tile along.
    stream.onremovetrack = () => this.#remove(stream.id);
  }

  /** The element of a tile is there. */
  mounted(video: HTMLVideoElement, { stream }: Tile): void {
    const track = stream.getVideoTracks()[0];
    if (track !== undefined) this.#events.shown(video, track.id);
  }

  unmounted(video: HTMLVideoElement): void {
    this.#events.hidden(video);
  }

  /** `vad_started` and `vad_ended` of the data channel. */
  noteVoice(text: string): void {
    const message = parseJson(text);
    if (!isObject(message) || !isObject(message.data)) return;
    const streamId = stringField(message.data, 'streamID');
    const tile = this.list.value.find(({ stream }) => stream.id === streamId);
    if (tile === undefined || (message.type !== 'vad_started' && message.type !== 'vad_ended')) return;
    const speaking = message.type === 'vad_started';
    if (tile.speaking !== speaking) this.#replace({ ...tile, speaking });
  }

  clear(): void {
    this.list.value = [];
  }

  #replace(tile: Tile): void {
    this.list.value = this.list.value.map((other) => (other.stream.id === tile.stream.id ? tile : other));
  }

  #remove(streamId: string): void {
    this.list.value = this.list.value.filter(({ stream }) => stream.id !== streamId);
  }
}
