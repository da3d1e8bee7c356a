/**
 * Which points lie in a polygon, exactly, and fast enough to follow the mouse.
 *
 * The rule is even-odd in float64 arithmetic on the float32 coordinates, the same operations in the
 * same order as in Python, so that both languages agree on every point: an edge (xj, yj) -> (xi, yi)
 * flips a point when
 *
 *     (yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi
 *
 * Points with a NaN coordinate are outside. For speed the polygon is rasterised: a grid cell that no
 * edge touches is inside or outside as a whole, and only points in the other cells are tested,
 * against the edges that cross their row of cells.
 */
import { type Bitset, bitset } from "./bitset";

/** Vertices [x, y]; the last is joined to the first. */
export type Polygon = readonly (readonly [number, number])[];

const MAX_CELLS = 1024; // a side of the grid
const SLACK = 0.01; // of a cell: far above rounding errors, far below a cell
const INSIDE = 1;
const EDGE = 2;

/** The points inside `polygon`; `points` holds x0, y0, x1, y1, ... */
export function pointsInPolygon(points: Float32Array, polygon: Polygon): Bitset {
  const n = points.length >> 1;
  const inside = bitset(n);
  const raster = new Raster(polygon, Math.min(MAX_CELLS, Math.ceil(Math.sqrt(n))));
  const { x0, y0, perX, perY, size, cells } = raster;
  for (let i = 0; i < n; i++) {
    const x = points[2 * i];
    const y = points[2 * i + 1];
    const column = (x - x0) * perX;
    const row = (y - y0) * perY;
    if (!(column >= 0 && column < size && row >= 0 && row < size)) continue; // NaN ends here too
    const cell = cells[(row | 0) * size + (column | 0)];
    if (cell === INSIDE || (cell === EDGE && raster.contains(x, y, row | 0)))
      inside[i >> 3] |= 1 << (i & 7);
  }
  return inside;
}

class Raster {
  size = 1; // cells on each side
  x0 = 0; // data coordinates of the grid's corner
  y0 = 0;
  perX = 0; // cells per data unit
  perY = 0;
  cells: Uint8Array = Uint8Array.of(EDGE);
  /** Vertices of each edge, and the edges of row r of cells: edgeOf[starts[r]] up to starts[r + 1]. */
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private starts: Uint32Array;
  private edgeOf: Uint32Array;

  constructor(polygon: Polygon, size: number) {
    this.x = Float64Array.from(polygon, (vertex) => vertex[0]);
    this.y = Float64Array.from(polygon, (vertex) => vertex[1]);
    // one cell that holds the whole plane, to be tested exactly: few points, or a degenerate polygon
    this.starts = Uint32Array.of(0, polygon.length);
    this.edgeOf = Uint32Array.from(polygon.keys());
    if (size >= 8 && this.placeGrid(size)) {
      this.markEdges();
      this.fill();
    }
  }

  /** The even-odd rule for a point in row `row` of cells. */
  contains(x: number, y: number, row: number): boolean {
    let inside = false;
    for (let k = this.starts[row]; k < this.starts[row + 1]; k++) {
      const i = this.edgeOf[k];
      const j = i === 0 ? this.x.length - 1 : i - 1;
      const yi = this.y[i];
      const yj = this.y[j];
      if (yi > y !== yj > y) {
        const xi = this.x[i];
        if (x < ((this.x[j] - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
      }
    }
    return inside;
  }

  /** Lays the grid over the bounding box and half a cell more; false if rounding could matter. */
  private placeGrid(size: number): boolean {
    const [left, right] = extent(this.x);
    const [bottom, top] = extent(this.y);
    const width = (right - left) / (size - 1);
    const height = (top - bottom) / (size - 1);
    const farX = Math.max(Math.abs(left), Math.abs(right), 1e-270);
    const farY = Math.max(Math.abs(bottom), Math.abs(top), 1e-270);
    if (!(width > 1e-12 * farX && height > 1e-12 * farY)) return false;
    this.size = size;
    this.x0 = left - width / 2;
    this.y0 = bottom - height / 2;
    this.perX = 1 / width;
    this.perY = 1 / height;
    return true;
  }

  /** Marks every cell that an edge touches, and lists the edges of each row. */
  private markEdges(): void {
    const { size, x, y } = this;
    this.cells = new Uint8Array(size * size);
    const clamp = (cell: number) => Math.max(0, Math.min(size - 1, Math.floor(cell)));
    const rowsOf: number[][] = Array.from({ length: size }, () => []);
    for (let i = 0, j = x.length - 1; i < x.length; j = i++) {
      // the edge from its lower end (u, v), in cells
      const [low, high] = y[i] < y[j] ? [i, j] : [j, i];
      const u = (x[low] - this.x0) * this.perX;
      const v = (y[low] - this.y0) * this.perY;
      const du = (x[high] - this.x0) * this.perX - u;
      const dv = (y[high] - this.y0) * this.perY - v;
      for (let row = clamp(v - SLACK); row <= clamp(v + dv + SLACK); row++) {
        rowsOf[row].push(i);
        // the part of the edge within this row
        const from = dv > SLACK ? Math.max(0, (row - SLACK - v) / dv) : 0;
        const to = dv > SLACK ? Math.min(1, (row + 1 + SLACK - v) / dv) : 1;
        const a = u + from * du;
        const b = u + to * du;
        const start = row * size;
        this.cells.fill(
          EDGE,
          start + clamp(Math.min(a, b) - SLACK),
          start + clamp(Math.max(a, b) + SLACK) + 1,
        );
      }
    }
    this.starts = new Uint32Array(size + 1);
    rowsOf.forEach((edges, row) => {
      this.starts[row + 1] = this.starts[row] + edges.length;
    });
    this.edgeOf = Uint32Array.from(rowsOf.flat());
  }

  /** Decides the other cells: each run of them between two edges by the centre of its first. */
  private fill(): void {
    const { size, cells } = this;
    for (let row = 0; row < size; row++) {
      if (this.starts[row] === this.starts[row + 1]) continue;
      const y = this.y0 + (row + 0.5) / this.perY;
      let state = 0;
      let known = true; // left of the polygon
      for (let column = 0; column < size; column++) {
        const cell = row * size + column;
        if (cells[cell] === EDGE) {
          known = false;
          continue;
        }
        if (!known) {
          state = this.contains(this.x0 + (column + 0.5) / this.perX, y, row) ? INSIDE : 0;
          known = true;
        }
        cells[cell] = state;
      }
    }
  }
}

function extent(values: Float64Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * The polygon that a freehand path becomes in an expression: few vertices with short numbers.
 * This polygon, and not the path, is what both languages evaluate.
 *
 * `path` is in data coordinates and `pixel` the size of a screen pixel in them: the outline stays
 * within about a pixel of the path. Null if fewer than three vertices are left.
 */
export function lassoPolygon(path: Polygon, pixel: number, maxVertices = 200): Polygon | null {
  const kept = simplify(path, pixel / 2, maxVertices);
  const decimals = Math.max(-30, Math.min(20, Math.ceil(-Math.log10(pixel / 2))));
  const polygon: [number, number][] = [];
  for (const [x, y] of kept) {
    const vertex: [number, number] = [round(x, decimals), round(y, decimals)];
    const last = polygon[polygon.length - 1];
    if (!last || last[0] !== vertex[0] || last[1] !== vertex[1]) polygon.push(vertex);
  }
  const [first, last] = [polygon[0], polygon[polygon.length - 1]];
  if (polygon.length > 1 && first![0] === last![0] && first![1] === last![1]) polygon.pop();
  return polygon.length < 3 ? null : polygon;
}

/**
 * Douglas and Peucker (1973): the vertices without which the path would move by over `tolerance`,
 * the farthest first, until there are `maxVertices`.
 */
export function simplify(path: Polygon, tolerance: number, maxVertices = Infinity): Polygon {
  if (path.length < 3) return path;
  const kept = [0, path.length - 1];
  const spans = [farthest(path, 0, path.length - 1)];
  while (spans.length && kept.length < maxVertices) {
    const next = spans.reduce(
      (best, span, i) => (span.distance > spans[best].distance ? i : best),
      0,
    );
    const { from, to, split, distance } = spans.splice(next, 1)[0];
    if (!(distance > tolerance)) break; // what is left is nearer still
    kept.push(split);
    spans.push(farthest(path, from, split), farthest(path, split, to));
  }
  return kept.sort((i, j) => i - j).map((i) => path[i]);
}

/** The vertex between two others that is farthest from the line between them. */
function farthest(path: Polygon, from: number, to: number) {
  let [split, distance] = [from, 0];
  for (let k = from + 1; k < to; k++) {
    const d = distanceToSegment(path[k], path[from], path[to]);
    if (d > distance) [split, distance] = [k, d];
  }
  return { from, to, split, distance };
}

function distanceToSegment(
  [x, y]: readonly [number, number],
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

function round(value: number, decimals: number): number {
  // dividing two exact integers gives the double nearest to the decimal, which prints short
  const scale = 10 ** Math.abs(decimals);
  const rounded = Math.round(decimals < 0 ? value / scale : value * scale);
  return (decimals < 0 ? rounded * scale : rounded / scale) + 0; // and -0 becomes 0
}
