// A long lasso becomes short code: the fewest of its vertices that have the same points inside.
import { type Bitset, equal } from "./bitset";
import { type Polygon, pointsInPolygon } from "./lasso";

/** Lassos of up to so many vertices stay as they were drawn. */
const SHORT = 8;
/** Points among which there are some between any two vertices: nothing would be left out. */
const CROWDED = 300_000;
/** Vertices that one edge may take the place of; never half of them, so that three are left. */
const REACH = 64;
/** Points between a chain and the edge instead of it, after which longer chains are not tried. */
const HOPELESS = 256;
/** Cycles that are checked in full. */
const TRIED = 4;
/** Milliseconds after which what was found so far is taken. */
const PATIENCE = 60;

/**
 * The polygon with the fewest vertices, out of those of `polygon`, that has exactly the same points
 * inside, in coordinates of the fewest digits for which that stays so.
 *
 * An edge may replace a chain of edges if no point lies between the two (Imai and Iri 1988, with
 * points instead of a distance); under the even-odd rule any set of such edges leaves every point on
 * its side. The shortest cycle of them is the answer. It is checked against the whole lasso in the
 * end, because the arithmetic of an edge rounds: where they differ the next one is taken.
 */
export function tighten(points: Float32Array, polygon: Polygon): Polygon {
  if (polygon.length <= SHORT || points.length > 2 * CROWDED) return polygon;
  const inside = pointsInPolygon(points, polygon);
  for (const cycle of shortestCycles(shortcuts(new Cells(points, polygon), polygon))) {
    const kept = cycle.map((i) => polygon[i]);
    if (equal(pointsInPolygon(points, kept), inside)) return roundest(points, kept, inside);
  }
  return roundest(points, polygon, inside);
}

/** For every vertex the later ones (up to `REACH` on, counted on beyond the last) that an edge may go to. */
function shortcuts(cells: Cells, polygon: Polygon): number[][] {
  const n = polygon.length;
  const end = performance.now() + PATIENCE;
  return polygon.map((from, i) => {
    const reached = [i + 1];
    if (performance.now() > end) return reached;
    cells.clear();
    for (let j = i + 2; j < i + Math.min(REACH, n / 2); j++) {
      cells.flip(from, polygon[(j - 1) % n], polygon[j % n]);
      if (cells.odd === 0) reached.push(j);
      else if (cells.odd > HOPELESS) break;
    }
    return reached;
  });
}

/** The vertices of a few cycles of the fewest edges, the shortest first; `edges[i]`: where i leads. */
function shortestCycles(edges: number[][]): number[][] {
  const n = edges.length;
  const found: number[][] = [];
  // Every cycle has a vertex among those that the edge over vertex 0 can begin with.
  for (let start = 0; start < Math.min(n, REACH); start++) {
    const steps = new Int32Array(n + 1).fill(n + 1); // from start, by how far around
    const before = new Int32Array(n + 1);
    steps[0] = 0;
    for (let at = 0; at < n; at++) {
      const i = (start + at) % n;
      for (const j of edges[i]) {
        const next = at + j - i;
        if (next > n || steps[at] + 1 >= steps[next]) continue;
        steps[next] = steps[at] + 1;
        before[next] = at;
      }
    }
    const cycle = [];
    for (let at = before[n]; at > 0; at = before[at]) cycle.push((start + at) % n);
    found.push([start, ...cycle.reverse()]);
  }
  return found.sort((a, b) => a.length - b.length).slice(0, TRIED);
}

/** The polygon with as few decimals as leave the same points inside. */
function roundest(points: Float32Array, polygon: Polygon, inside: Bitset): Polygon {
  const extent = Math.max(
    ...[0, 1].map((axis) => {
      const values = polygon.map((vertex) => vertex[axis]);
      return Math.max(...values) - Math.min(...values);
    }),
  );
  if (!(extent > 0)) return polygon;
  const coarse = Math.ceil(-Math.log10(extent));
  for (let decimals = Math.max(0, coarse); decimals <= Math.min(coarse + 4, 20); decimals++) {
    const rounded = polygon.map(
      ([x, y]) => [Number(x.toFixed(decimals)) + 0, Number(y.toFixed(decimals)) + 0] as const,
    );
    if (equal(pointsInPolygon(points, rounded), inside)) return rounded;
  }
  return polygon;
}

/** The points around a polygon in a grid of cells, and which of them lie in an odd number of triangles. */
class Cells {
  /** How many points lie in an odd number of the triangles since `clear`. */
  odd = 0;
  private readonly left: number;
  private readonly bottom: number;
  private readonly perX: number;
  private readonly perY: number;
  private readonly size: number;
  private readonly starts: Uint32Array;
  private readonly xy: Float32Array;
  private readonly parity: Uint8Array;
  private readonly touched: number[] = [];

  constructor(points: Float32Array, polygon: Polygon) {
    const xs = polygon.map(([x]) => x);
    const ys = polygon.map(([, y]) => y);
    this.left = Math.min(...xs);
    this.bottom = Math.min(...ys);
    const right = Math.max(...xs);
    const top = Math.max(...ys);
    const near: number[] = [];
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i];
      const y = points[i + 1];
      if (x >= this.left && x <= right && y >= this.bottom && y <= top) near.push(i);
    }
    this.size = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(near.length / 2))));
    this.perX = this.size / (right - this.left || 1);
    this.perY = this.size / (top - this.bottom || 1);
    this.starts = new Uint32Array(this.size * this.size + 1);
    const cells = near.map((i) => this.row(points[i + 1]) * this.size + this.column(points[i]));
    for (const cell of cells) this.starts[cell + 1]++;
    for (let cell = 1; cell < this.starts.length; cell++) {
      this.starts[cell] += this.starts[cell - 1];
    }
    const next = this.starts.slice();
    this.xy = new Float32Array(2 * near.length);
    near.forEach((i, k) => {
      const at = next[cells[k]]++;
      this.xy[2 * at] = points[i];
      this.xy[2 * at + 1] = points[i + 1];
    });
    this.parity = new Uint8Array(near.length);
  }

  clear(): void {
    for (const i of this.touched) this.parity[i] = 0;
    this.touched.length = 0;
    this.odd = 0;
  }

  /** Counts the points of a triangle once more. */
  flip(...corners: [Vertex, Vertex, Vertex]): void {
    const ys = corners.map(([, y]) => y);
    const first = this.row(Math.min(...ys));
    const last = this.row(Math.max(...ys));
    for (let row = first; row <= last; row++) {
      const low = this.bottom + row / this.perY;
      const span = crossed(corners, low, low + 1 / this.perY);
      if (!span) continue;
      const start = row * this.size;
      const from = this.starts[start + this.column(span[0])];
      const to = this.starts[start + this.column(span[1]) + 1];
      for (let i = from; i < to; i++) {
        if (!contains(corners, this.xy[2 * i], this.xy[2 * i + 1])) continue;
        this.parity[i] ^= 1;
        this.odd += this.parity[i] ? 1 : -1;
        this.touched.push(i);
      }
    }
  }

  private column(x: number): number {
    return Math.max(0, Math.min(this.size - 1, Math.floor((x - this.left) * this.perX)));
  }

  private row(y: number): number {
    return Math.max(0, Math.min(this.size - 1, Math.floor((y - this.bottom) * this.perY)));
  }
}

type Vertex = readonly [number, number];

/** From where to where in x a triangle reaches between two heights, with a little to spare. */
function crossed(corners: Vertex[], low: number, high: number): [number, number] | null {
  let left = Infinity;
  let right = -Infinity;
  const slack = (high - low) * 0.01;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i];
    const [xj, yj] = corners[j];
    const from = Math.max(low - slack, Math.min(yi, yj));
    const to = Math.min(high + slack, Math.max(yi, yj));
    if (from > to) continue;
    for (const y of [from, to]) {
      const x = yi === yj ? xi : xi + ((xj - xi) * (y - yi)) / (yj - yi);
      left = Math.min(left, x, yi === yj ? xj : x);
      right = Math.max(right, x, yi === yj ? xj : x);
    }
  }
  return left <= right ? [left, right] : null;
}

/** The even-odd rule, as in lasso.ts. */
function contains(corners: Vertex[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i];
    const [xj, yj] = corners[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
