import { useEffect, useRef } from 'preact/hooks';
import { formatBitrate, formatPercent } from '../shared/format.ts';
import type { Call } from './call.ts';
import { qualityName } from './server-messages.ts';
import type { Tile } from './video-tiles.ts';

/** Shows a stream in an element. */
function useStream(stream: MediaStream) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null || element.srcObject === stream) return;
    element.srcObject = stream;
    void element.play().catch(() => {});
  }, [stream]);
  return video;
}

export function LocalTile({ stream, label }: { stream: MediaStream; label: string }) {
  const video = useStream(stream);
  return (
    <article class="tile local">
      <video ref={video} autoplay playsinline muted />
      <span class="tile-label">{label}</span>
    </article>
  );
}

export function RemoteTile({ tile, call, statistics }: { tile: Tile; call: Call; statistics: boolean }) {
  const { stream, trackIds, speaking } = tile;
  const video = useStream(stream);
  // Its size is told from when it has a picture.
  const pictures = stream.getVideoTracks().length;
  useEffect(() => {
    const element = video.current;
    if (element === null || pictures === 0) return undefined;
    call.tiles.mounted(element, tile);
    return () => call.tiles.unmounted(element);
  }, [stream, pictures]);
  const figures = call.figures.value?.sent ?? [];
  return (
    <article class={`tile ${speaking ? 'speaking' : ''}`}>
      {/* Without controls of its own: sound is on once the page was clicked, and it was. */}
      {/* biome-ignore lint/a11y/useMediaCaption: a live call has no captions. */}
      <video ref={video} id={`video-${stream.id}`} autoplay playsinline />
      {statistics &&
        trackIds.map((id) => {
          const track = figures.find((candidate) => candidate.id === id);
          return (
            <p key={id} id={`stats-${id}`} class="tile-figures">
              {track === undefined ? '–' : `${track.codec} · ${qualityName(track.quality)}`}
              <span>
                {track !== undefined &&
                  `${formatBitrate(track.bitrate)}, ${formatPercent(track.fractionLost)} lost`}
              </span>
            </p>
          );
        })}
    </article>
  );
}
