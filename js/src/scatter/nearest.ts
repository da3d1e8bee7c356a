// Finds points by place: a uniform grid over the map.
//
// A counting sort of the rows by cell: `starts[cell]..starts[cell + 1]` are the places of a cell's
// rows in `rows`. It is made in steps, since 10 M points take seconds; until then nothing is found.
// 1 M points take 5 MB, four points a cell on average.

import type { Bounds } from "./camera";

const POINTS_PER_CELL = 4;
const MAX_SIDE = 1024;
const STEP = 400_000; // rows

export class PointIndex {
  private readonly side: number;
  private readonly starts: Uint32Array;
  private rows = new Uint32Array(0);
  private readonly building: Iterator<void>;
  private ready = false;

  constructor(
    private readonly points: Float32Array,
    private readonly bounds: Bounds,
  ) {
    const n = points.length / 2;
    this.side = Math.min(Math.max(Math.ceil(Math.sqrt(n / POINTS_PER_CELL)), 1), MAX_SIDE);
    this.starts = new Uint32Array(this.side ** 2 + 1);
    this.building = this.build();
  }

  /** Goes on with making the index for some milliseconds' worth of rows; true when it is made. */
  prepare(): boolean {
    this.ready ||= this.building.next().done === true;
    return this.ready;
  }

  private *build(): Iterator<void> {
    const { points, starts } = this;
    const n = points.length / 2;
    const cells = this.side ** 2;
    // rows without a place have cell -1, which no query asks for
    for (let row = 0; row < n; row++) {
      const cell = this.cell(points[2 * row], points[2 * row + 1]);
      if (cell >= 0) starts[cell]++;
      if (row % STEP === STEP - 1) yield;
    }
    for (let cell = 0; cell < cells; cell++) starts[cell + 1] += starts[cell];
    // every cell has its end now, and comes down to its start as it is filled from behind
    this.rows = new Uint32Array(starts[cells]);
    for (let row = n - 1; row >= 0; row--) {
      const cell = this.cell(points[2 * row], points[2 * row + 1]);
      if (cell >= 0) this.rows[--starts[cell]] = row;
      if (row % STEP === STEP - 1) yield;
    }
  }

  /** The accepted row nearest to (x, y) within one unit of (rx, ry), or -1. */
  nearest(x: number, y: number, rx: number, ry: number, accept: (row: number) => boolean): number {
    let best = -1;
    let least = 1;
    this.each({ xmin: x - rx, xmax: x + rx, ymin: y - ry, ymax: y + ry }, (row) => {
      const dx = (this.points[2 * row] - x) / rx;
      const dy = (this.points[2 * row + 1] - y) / ry;
      const distance = dx * dx + dy * dy;
      if (distance <= least && accept(row)) {
        least = distance;
        best = row;
      }
      return true;
    });
    return best;
  }

  /** The accepted rows in a rectangle, or null where there are more than `limit`. */
  within(box: Bounds, limit: number, accept: (row: number) => boolean): number[] | null {
    const found: number[] = [];
    this.each(box, (row) => {
      const x = this.points[2 * row];
      const y = this.points[2 * row + 1];
      const inside = x >= box.xmin && x <= box.xmax && y >= box.ymin && y <= box.ymax;
      if (inside && accept(row)) found.push(row);
      return found.length <= limit;
    });
    return found.length <= limit ? found : null;
  }

  /** Calls `visit` with the rows of every cell that the box touches until it returns false. */
  private each(box: Bounds, visit: (row: number) => boolean): void {
    if (!this.ready) return;
    const { xmin, ymin, xmax, ymax } = this.bounds;
    if (box.xmax < xmin || box.xmin > xmax || box.ymax < ymin || box.ymin > ymax) return;
    const [left, right] = [this.column(box.xmin), this.column(box.xmax)];
    const [bottom, top] = [this.line(box.ymin), this.line(box.ymax)];
    for (let line = bottom; line <= top; line++) {
      // the cells of a line lie next to each other, and so do their rows
      const from = this.starts[line * this.side + left];
      const to = this.starts[line * this.side + right + 1];
      for (let i = from; i < to; i++) if (!visit(this.rows[i])) return;
    }
  }

  private cell(x: number, y: number): number {
    const sum = x + y;
    return sum - sum === 0 ? this.line(y) * this.side + this.column(x) : -1;
  }

  private column(x: number): number {
    const { xmin, xmax } = this.bounds;
    return slot(x, xmin, xmax, this.side);
  }

  private line(y: number): number {
    const { ymin, ymax } = this.bounds;
    return slot(y, ymin, ymax, this.side);
  }
}

function slot(value: number, low: number, high: number, count: number): number {
  if (!(high > low)) return 0;
  return Math.min(Math.max(Math.floor(((value - low) / (high - low)) * count), 0), count - 1);
}
