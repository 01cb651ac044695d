/** Which tiles the room shows: from the server's directory and the lines that are receiving. Pure. */
import type { Directory, DirectoryMedia, MediaKind } from './directory.ts';

/** A line of our connection on which something can be received. */
export interface ReceivingLine {
  readonly mid: string;
  readonly kind: MediaKind;
  /** The publisher's stream id, shared by a person's microphone and camera; null when not announced. */
  readonly streamId: string | null;
}

export type TileSource = 'camera' | 'screen';

export interface RemoteTile {
  readonly key: string;
  readonly participantId: string;
  readonly name: string;
  readonly dialect: string | null;
  readonly source: TileSource;
  readonly publicationId: string | null;
  /** The line of its picture; null when it has none (yet). */
  readonly videoMid: string | null;
  readonly videoMuted: boolean;
  /** The participant's voice; only on its first tile. */
  readonly audioMids: readonly string[];
  /** Has no sound: muted, or nothing published. */
  readonly audioMuted: boolean;
}

/**
 * One tile per participant, and one more for each further video of it (a shared screen). Without a directory (a
 * plain Pion server) the publisher's stream ids stand for participants.
 */
export function buildTiles(
  selfId: string,
  directory: Directory | null,
  lines: readonly ReceivingLine[],
): RemoteTile[] {
  const known = directory ?? guessDirectory(lines);
  const lineByMid = new Map(lines.map((line) => [line.mid, line]));
  const participants = new Map(known.participants.map((participant) => [participant.id, participant]));
  for (const { participantId: id } of known.media) {
    if (!participants.has(id)) participants.set(id, { id, name: id, dialect: null });
  }
  participants.delete(selfId);

  const tiles: RemoteTile[] = [];
  for (const { id, name, dialect } of participants.values()) {
    const media = known.media.filter((entry) => entry.participantId === id);
    // A player only watches: hundreds of them would leave no room for those who are seen.
    if (dialect === 'whep' && media.length === 0) continue;
    const audio = media.filter((entry) => entry.kind === 'audio');
    const [camera, ...screens] = cameraFirst(media, lineByMid);
    const shared = { participantId: id, name, dialect };
    tiles.push({
      ...shared,
      key: id,
      source: 'camera',
      publicationId: camera?.publicationId ?? null,
      videoMid: camera !== undefined && lineByMid.has(camera.mid) ? camera.mid : null,
      videoMuted: camera?.muted ?? true,
      audioMids: audio.map((entry) => entry.mid).filter((mid) => lineByMid.has(mid)),
      audioMuted: audio.every((entry) => entry.muted),
    });
    for (const screen of screens) {
      tiles.push({
        ...shared,
        key: `${id} ${screen.publicationId}`,
        source: 'screen',
        publicationId: screen.publicationId,
        videoMid: lineByMid.has(screen.mid) ? screen.mid : null,
        videoMuted: screen.muted,
        audioMids: [],
        audioMuted: true,
      });
    }
  }
  return tiles;
}

/** Videos with the one that shares its stream with the voice in front; otherwise the one published first. */
function cameraFirst(
  media: readonly DirectoryMedia[],
  lineByMid: ReadonlyMap<string, ReceivingLine>,
): DirectoryMedia[] {
  const streamOf = (entry: DirectoryMedia) => lineByMid.get(entry.mid)?.streamId ?? null;
  const voices = new Set(media.filter((entry) => entry.kind === 'audio').map(streamOf));
  voices.delete(null);
  const rank = (entry: DirectoryMedia) => (voices.has(streamOf(entry)) ? 0 : 1);
  return media.filter((entry) => entry.kind === 'video').sort((a, b) => rank(a) - rank(b));
}

function guessDirectory(lines: readonly ReceivingLine[]): Directory {
  const streams = [...new Set(lines.map((line) => line.streamId ?? line.mid))];
  return {
    participants: streams.map((id, index) => ({ id, name: `Guest ${index + 1}`, dialect: null })),
    media: lines.map((line) => ({
      mid: line.mid,
      participantId: line.streamId ?? line.mid,
      publicationId: line.mid,
      kind: line.kind,
      muted: false,
    })),
  };
}
