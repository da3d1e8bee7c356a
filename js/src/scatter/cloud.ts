// The rows of a projection in the forms that drawing and searching need.

import { type Bitset, bitset } from "../bitset";
import { type Bounds, boundsOf } from "./camera";
import { drawOrder } from "./draworder";
import { PointIndex } from "./nearest";

export class Cloud {
  readonly n: number;
  readonly order: Uint32Array;
  /** Of the rows that have a place: finite coordinates. Null where none has. */
  readonly bounds: Bounds | null;
  readonly count: number;
  /** The rows that have a place; null: all. */
  readonly placed: Bitset | null;
  /** Share of the box around the points that they cover, 0..1. */
  readonly cover: number;
  private lazyIndex: PointIndex | null = null;

  /** `before`: the cloud that this one takes the place of, for its drawing order. */
  constructor(
    readonly points: Float32Array,
    before: Cloud | null = null,
  ) {
    const { bounds, missing } = boundsOf(points);
    this.n = points.length / 2;
    this.bounds = bounds;
    this.count = this.n - missing;
    this.placed = missing > 0 ? placedRows(points) : null;
    this.cover = coverOf(points, bounds);
    this.order = before?.n === this.n ? before.order : drawOrder(this.n);
  }

  /** Finds rows by place; to be prepared by whoever asks. */
  get index(): PointIndex {
    const nowhere = { xmin: 0, ymin: 0, xmax: 0, ymax: 0 };
    this.lazyIndex ??= new PointIndex(this.points, this.bounds ?? nowhere);
    return this.lazyIndex;
  }
}

/** Rows that are looked at to see which part of the map is covered. */
const LOOKED_AT = 100_000;

/** Share of the cells of a grid, about four points a cell, that have a point in them. */
function coverOf(points: Float32Array, bounds: Bounds | null): number {
  if (!bounds) return 1;
  const side = Math.min(Math.max(Math.floor(Math.sqrt(points.length / 8)), 1), 64);
  const step = 2 * Math.ceil(points.length / 2 / LOOKED_AT);
  const filled = new Uint8Array(side * side);
  const perX = side / (bounds.xmax - bounds.xmin || 1);
  const perY = side / (bounds.ymax - bounds.ymin || 1);
  let count = 0;
  for (let i = 0; i < points.length; i += step) {
    const column = Math.min(((points[i] - bounds.xmin) * perX) | 0, side - 1);
    const line = Math.min(((points[i + 1] - bounds.ymin) * perY) | 0, side - 1);
    const cell = line * side + column;
    count += 1 - filled[cell];
    filled[cell] = 1;
  }
  return count / filled.length;
}

function placedRows(points: Float32Array): Bitset {
  const set = bitset(points.length / 2);
  for (let row = 0; row < points.length / 2; row++) {
    const sum = points[2 * row] + points[2 * row + 1];
    if (sum - sum === 0) set[row >> 3] |= 1 << (row & 7);
  }
  return set;
}
