import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { layoutTiles } from './layout.ts';
import type { ShownSize } from './messages.ts';
import { shownSizes } from './shown-sizes.ts';
import { type TileModel, TileView } from './tile-view.tsx';

export interface RoomGridProps {
  readonly tiles: readonly TileModel[];
  /** The tile the user enlarged; null lets a shared screen of another take the stage. */
  readonly enlarged: string | null;
  readonly onEnlarge: (key: string | null) => void;
  /** Told how large the pictures of others are shown, after each change of the layout. */
  readonly onShown: (sizes: readonly ShownSize[]) => void;
}

export function RoomGrid({ tiles, enlarged, onEnlarge, onShown }: RoomGridProps) {
  const element = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const grid = element.current;
    if (grid === null) return;
    const measure = () => setSize({ width: grid.clientWidth, height: grid.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(grid);
    return () => observer.disconnect();
  }, []);

  const stage = stageIndex(tiles, enlarged);
  const layout = layoutTiles(tiles.length, size.width, size.height, stage);
  const scrolls = layout.contentHeight > size.height;
  const tellShown = () => {
    const top = element.current?.scrollTop ?? 0;
    onShown(shownSizes(tiles, layout.tiles, { top, height: size.height, pixelRatio: devicePixelRatio }));
  };
  useEffect(tellShown);

  return (
    <div class={`grid${scrolls ? ' scrolls' : ''}`} ref={element} onScroll={tellShown}>
      <div class="grid-content" style={{ height: `${layout.contentHeight}px` }}>
        {layout.tiles.map((place, index) => {
          const tile = tiles[index]!;
          const isStage = index === stage;
          return (
            <TileView
              key={tile.key}
              tile={tile}
              place={place}
              enlarged={isStage}
              onEnlarge={tiles.length < 2 ? null : () => onEnlarge(isStage ? noTile : tile.key)}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Stands for "nothing, not even a screen". */
const noTile = '';

function stageIndex(tiles: readonly TileModel[], enlarged: string | null): number {
  const chosen = tiles.findIndex((tile) => tile.key === enlarged);
  if (chosen >= 0 || enlarged === noTile) return chosen;
  return tiles.findIndex((tile) => tile.source === 'screen' && !tile.local);
}
