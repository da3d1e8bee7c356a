// Where tiles lie: a grid of squares that fills the width, in pixels of a strip of any length.

export interface Geometry {
  /** Tiles in all. */
  count: number;
  columns: number;
  /** From one tile to the next; a tile is one gap smaller. */
  pitch: number;
  padding: number;
  /** Of the whole strip. */
  height: number;
}

export const GAP = 4;

/** As many columns as fit at about `size` pixels a tile, stretched to the full width. */
export function geometry(width: number, count: number, size: number): Geometry {
  const padding = GAP;
  const inner = Math.max(size, width - 2 * padding + GAP);
  const columns = Math.max(1, Math.round(inner / (size + GAP)));
  const pitch = Math.floor((inner / columns) * 16) / 16;
  const height = Math.ceil(count / columns) * pitch + 2 * padding - GAP;
  return { count, columns, pitch, padding, height };
}

export function tileAt(g: Geometry, position: number): { x: number; y: number } {
  const line = Math.floor(position / g.columns);
  return { x: g.padding + (position % g.columns) * g.pitch, y: g.padding + line * g.pitch };
}

/** The positions [from, to) of the tiles that touch the strip between two heights. */
export function positionsBetween(g: Geometry, top: number, bottom: number): [number, number] {
  const first = Math.max(0, Math.floor((top - g.padding) / g.pitch));
  const last = Math.max(0, Math.ceil((bottom - g.padding) / g.pitch));
  return [Math.min(g.count, first * g.columns), Math.min(g.count, last * g.columns)];
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The positions of the tiles that touch a box; gaps belong to nobody. */
export function positionsIn(g: Geometry, box: Box): number[] {
  const span = (low: number, high: number, limit: number) => {
    const size = g.pitch - GAP;
    const from = Math.max(0, Math.ceil((low - g.padding - size) / g.pitch));
    const to = Math.min(limit - 1, Math.floor((high - g.padding) / g.pitch));
    return [from, to];
  };
  const [left, right] = span(box.left, box.right, g.columns);
  const [top, bottom] = span(box.top, box.bottom, Math.ceil(g.count / g.columns));
  const positions: number[] = [];
  for (let line = top; line <= bottom; line++) {
    for (let column = left; column <= right; column++) {
      const position = line * g.columns + column;
      if (position < g.count) positions.push(position);
    }
  }
  return positions;
}

/** Where a key moves the focus; null for a key that is none of ours. */
export function moved(g: Geometry, from: number, key: string, page: number): number | null {
  const lines = Math.max(1, Math.floor(page / g.pitch) - 1);
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -g.columns,
    ArrowDown: g.columns,
    PageUp: -lines * g.columns,
    PageDown: lines * g.columns,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  if (!(key in steps) || g.count === 0) return null;
  if (from < 0) return 0;
  return Math.max(0, Math.min(g.count - 1, from + steps[key]));
}
