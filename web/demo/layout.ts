/** Where the tiles go. Pure geometry, so that tiles can be moved without remounting their videos. */

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** One rectangle per tile, in order. */
  readonly tiles: readonly Rectangle[];
  /** Larger than the given height when the tiles have to scroll. */
  readonly contentHeight: number;
}

/** Pixels between tiles. */
export const tileGap = 10;
/** Cameras are cropped no further than this; wider than 16:9 shows bars no camera fills. */
const widestAspect = 16 / 9;
const narrowestAspectLandscape = 4 / 3;
const narrowestAspectPortrait = 0.85;
/** Below this width a face is not recognizable: the grid scrolls instead. */
const smallestTileWidth = 150;
/** In the strip of a spotlighted tile, names and silhouettes are enough. */
const smallestStripTileWidth = 100;
/** The strip beside a spotlighted tile: a share of the room's width within these pixels. */
const stripShare = 0.2;
const stripWidthRange = [150, 300] as const;
/** In a tall room the spotlighted tile is on top and takes at least this share of the height. */
const stageShareBesideFew = 0.68;
const stageShareBesideMany = 0.5;

/**
 * @param spotlight index of the tile to show large; -1 for an even grid
 */
export function layoutTiles(count: number, width: number, height: number, spotlight = -1): Layout {
  if (count === 0 || width <= 0 || height <= 0) return { tiles: [], contentHeight: 0 };
  if (spotlight >= 0 && spotlight < count && count > 1) return layoutStage(count, width, height, spotlight);
  return layoutGrid(count, width, height);
}

/** Share of a camera's picture that may be cropped away to fill its tile. */
const mostCropped = 0.45;

/** Whether a picture fills its tile (cropped) or is shown whole: screens always whole, and upright phones in wide tiles. */
export function pictureFit(
  picture: { readonly width: number; readonly height: number } | null,
  tile: { readonly width: number; readonly height: number },
  source: 'camera' | 'screen',
): 'cover' | 'contain' {
  if (source === 'screen') return 'contain';
  if (picture === null || picture.height === 0 || tile.height === 0) return 'cover';
  const ratio = picture.width / picture.height / (tile.width / tile.height);
  return 1 - Math.min(ratio, 1 / ratio) > mostCropped ? 'contain' : 'cover';
}

function layoutGrid(
  count: number,
  width: number,
  height: number,
  smallestWidth = smallestTileWidth,
  narrowest = width >= height ? narrowestAspectLandscape : narrowestAspectPortrait,
): Layout {
  let best: { columns: number; width: number; height: number } | null = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - tileGap * (columns - 1)) / columns;
    const cellHeight = (height - tileGap * (rows - 1)) / rows;
    if (cellHeight <= 0 || cellWidth <= 0) continue;
    const tile = fit(cellWidth, cellHeight, narrowest);
    if (tile.width < smallestWidth && count > 1) continue;
    if (best === null || tile.width * tile.height > best.width * best.height) best = { columns, ...tile };
  }
  if (best === null) {
    // Too many for the space: as many columns as are recognizable, and scroll.
    const columns = Math.max(1, Math.floor((width + tileGap) / (smallestWidth + tileGap)));
    const tileWidth = (width - tileGap * (columns - 1)) / columns;
    best = { columns, width: tileWidth, height: tileWidth / narrowestAspectLandscape };
  }
  return place(count, best.columns, best.width, best.height, width, height);
}

/** Rows centred in the space; a last row that is not full is centred too. */
function place(
  count: number,
  columns: number,
  tileWidth: number,
  tileHeight: number,
  width: number,
  height: number,
): Layout {
  const rows = Math.ceil(count / columns);
  const contentHeight = rows * tileHeight + (rows - 1) * tileGap;
  const offsetTop = Math.max(0, (height - contentHeight) / 2);
  const tiles: Rectangle[] = [];
  for (let index = 0; index < count; index++) {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const rowWidth = inRow * tileWidth + (inRow - 1) * tileGap;
    tiles.push(
      rectangle(
        (width - rowWidth) / 2 + (index - row * columns) * (tileWidth + tileGap),
        offsetTop + row * (tileHeight + tileGap),
        tileWidth,
        tileHeight,
      ),
    );
  }
  return { tiles, contentHeight: Math.max(height, Math.ceil(contentHeight)) };
}

/** One tile large, the others in a strip: on the right of a wide room, below in a tall one. */
function layoutStage(count: number, width: number, height: number, spotlight: number): Layout {
  const others = count - 1;
  const landscape = width >= height;
  const stripWidth = clamp(width * stripShare, ...stripWidthRange);
  const stageHeight = height * (others > 3 ? stageShareBesideMany : stageShareBesideFew);
  const stage = landscape
    ? rectangle(0, 0, width - stripWidth - tileGap, height)
    : rectangle(0, 0, width, stageHeight);
  const strip = landscape
    ? layoutStrip(others, stripWidth, height)
    : layoutGrid(
        others,
        width,
        height - stageHeight - tileGap,
        smallestStripTileWidth,
        narrowestAspectLandscape,
      );
  const left = landscape ? width - stripWidth : 0;
  const top = landscape ? 0 : stageHeight + tileGap;
  const tiles = strip.tiles.map((tile) =>
    rectangle(tile.left + left, tile.top + top, tile.width, tile.height),
  );
  tiles.splice(spotlight, 0, stage);
  return { tiles, contentHeight: Math.max(height, Math.ceil(top + strip.contentHeight)) };
}

/** One column, its tiles made flatter before they have to scroll. */
function layoutStrip(count: number, width: number, height: number): Layout {
  const wanted = width / widestAspect;
  const tileHeight = clamp((height - tileGap * (count - 1)) / count, wanted / 2, wanted);
  return place(count, 1, width, tileHeight, width, height);
}

/** The largest tile in a cell whose shape stays within what cameras look good in. */
function fit(width: number, height: number, narrowest: number): { width: number; height: number } {
  const aspect = clamp(width / height, narrowest, widestAspect);
  return width / height > aspect ? { width: height * aspect, height } : { width, height: width / aspect };
}

function rectangle(left: number, top: number, width: number, height: number): Rectangle {
  return { left: round(left), top: round(top), width: round(width), height: round(height) };
}

/** Whole pixels downward: tiles never overlap or leave the room by rounding. */
function round(value: number): number {
  return Math.floor(value + 1e-6);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
