/** Joins what the session and the devices know into the list of tiles the grid shows, our own last. */
import type { LocalMedia } from './local-media.ts';
import type { RoomSession } from './room-session.ts';
import type { TileModel } from './tile-view.tsx';
import type { RemoteTile, TileSource } from './tiles.ts';
import { type Direction, describeSample, type Samples, sampleKey } from './track-stats.ts';

export function tileModels(session: RoomSession, media: LocalMedia, statistics: boolean): TileModel[] {
  const samples = statistics ? session.samples.value : new Map();
  const speaking = session.speaking.value;
  const remote = session.tiles.value.map((tile) => remoteModel(tile, session, samples, speaking));
  return [...remote, ...ownModels(session, media, samples, speaking)];
}

function remoteModel(
  tile: RemoteTile,
  session: RoomSession,
  samples: Samples,
  speaking: ReadonlySet<string>,
): TileModel {
  return {
    ...tile,
    local: false,
    track: tile.videoMid === null ? null : session.trackOf(tile.videoMid),
    mid: tile.videoMid,
    speaking: tile.source === 'camera' && !tile.audioMuted && speaking.has(tile.participantId),
    // A tile without a picture says how its sound does.
    statistics: describe(samples, 'inbound', tile.videoMuted ? (tile.audioMids[0] ?? null) : tile.videoMid),
  };
}

function ownModels(
  session: RoomSession,
  media: LocalMedia,
  samples: Samples,
  speaking: ReadonlySet<string>,
): TileModel[] {
  const { selfId } = session.options.identity;
  const camera = media.camera.value;
  const screen = media.screen.value;
  const audioMuted = media.microphone.value === null || !media.microphoneOn.value;
  const model = (source: TileSource, track: MediaStreamTrack | null): TileModel => {
    const mid = session.midOf(source);
    return {
      key: `self ${source}`,
      participantId: selfId,
      publicationId: null,
      name: session.options.name,
      local: true,
      source,
      dialect: null,
      track,
      mid,
      videoMuted: track === null,
      audioMuted: source === 'camera' && audioMuted,
      speaking: source === 'camera' && !audioMuted && speaking.has(selfId),
      statistics: describe(samples, 'outbound', track === null ? session.midOf('microphone') : mid),
    };
  };
  const own = [model('camera', camera)];
  if (screen !== null) own.unshift(model('screen', screen));
  return own;
}

function describe(samples: Samples, direction: Direction, mid: string | null): string {
  const sample = mid === null ? undefined : samples.get(sampleKey(direction, mid));
  return sample === undefined ? '' : describeSample(sample);
}
