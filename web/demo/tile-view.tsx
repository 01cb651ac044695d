import { useState } from 'preact/hooks';
import { initials } from '../shared/format.ts';
import { Icon } from '../shared/icon.tsx';
import { pictureFit, type Rectangle } from './layout.ts';
import { Picture } from './media-element.tsx';
import type { TileSource } from './tiles.ts';

/** One tile, ours or another's: what it shows is decided by whoever makes it. */
export interface TileModel {
  readonly key: string;
  readonly participantId: string;
  readonly publicationId: string | null;
  readonly name: string;
  readonly local: boolean;
  readonly source: TileSource;
  readonly dialect: string | null;
  readonly track: MediaStreamTrack | null;
  readonly mid: string | null;
  /** The publisher switched the picture off (or never had one). */
  readonly videoMuted: boolean;
  readonly audioMuted: boolean;
  readonly speaking: boolean;
  readonly statistics: string;
}

export interface TileViewProps {
  readonly tile: TileModel;
  readonly place: Rectangle;
  readonly enlarged: boolean;
  readonly onEnlarge: (() => void) | null;
}

export function TileView({ tile, place, enlarged, onEnlarge }: TileViewProps) {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const wantsPicture = !tile.videoMuted && (tile.track !== null || !tile.local);
  const showsPicture = wantsPicture && tile.track !== null && size !== null;
  const fit = pictureFit(size, place, tile.source);
  const title = titleOf(tile);
  const className = ['tile', tile.speaking && 'speaking', tile.source, place.width < 220 && 'compact'];

  return (
    <article
      class={className.filter(Boolean).join(' ')}
      aria-label={title}
      data-participant={tile.participantId}
      data-kind={tile.source}
      data-publication={tile.publicationId ?? undefined}
      data-local={tile.local}
      data-muted={tile.audioMuted}
      data-video-muted={tile.videoMuted}
      data-speaking={tile.speaking}
      style={{
        transform: `translate(${place.left}px, ${place.top}px)`,
        width: `${place.width}px`,
        height: `${place.height}px`,
      }}
    >
      {wantsPicture && tile.track !== null && (
        <Picture
          track={tile.track}
          mirrored={tile.local && tile.source === 'camera'}
          fit={fit}
          label={`Video of ${title}`}
          mid={tile.mid}
          onPicture={setSize}
        />
      )}
      {!showsPicture && <Placeholder tile={tile} waiting={wantsPicture} place={place} />}
      <div class="caption">
        {tile.source === 'camera' && tile.audioMuted && (
          <span class="caption-muted" role="img" aria-label="Muted">
            <Icon name="microphone-off" size={15} />
          </span>
        )}
        {tile.source === 'screen' && <Icon name="screen" size={15} />}
        <span class="caption-name">{title}</span>
        {tile.dialect !== null && tile.dialect !== 'pion' && <span class="dialect">{tile.dialect}</span>}
      </div>
      {tile.statistics !== '' && <p class="statistics">{tile.statistics}</p>}
      {onEnlarge !== null && (
        <button
          type="button"
          class="enlarge"
          onClick={onEnlarge}
          aria-pressed={enlarged}
          aria-label={enlarged ? `Show ${title} at normal size` : `Enlarge ${title}`}
          title={enlarged ? 'Normal size' : 'Enlarge'}
        >
          <Icon name={enlarged ? 'shrink' : 'enlarge'} size={17} />
        </button>
      )}
    </article>
  );
}

function Placeholder({ tile, waiting, place }: { tile: TileModel; waiting: boolean; place: Rectangle }) {
  const diameter = Math.round(Math.max(44, Math.min(112, Math.min(place.width, place.height) * 0.38)));
  return (
    <div class="placeholder">
      <span
        class={`avatar${waiting ? ' waiting' : ''}`}
        style={{
          '--hue': hueOf(tile.participantId),
          width: `${diameter}px`,
          height: `${diameter}px`,
          fontSize: `${Math.round(diameter * 0.38)}px`,
        }}
        aria-hidden="true"
      >
        {tile.source === 'screen' ? <Icon name="screen" size={diameter * 0.45} /> : initials(tile.name)}
      </span>
      {waiting && <span class="visually-hidden">The picture is on its way.</span>}
    </div>
  );
}

function titleOf(tile: TileModel): string {
  if (tile.source === 'screen') return tile.local ? 'Your screen' : `${tile.name}’s screen`;
  return tile.local ? `${tile.name} (you)` : tile.name;
}

/** The same participant has the same color on every page. */
function hueOf(id: string): string {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  // Ids often differ in one character only; 137 spreads neighbours around the circle.
  return String((hash * 137) % 360);
}
