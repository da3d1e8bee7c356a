// Where the view looks: a centre in data coordinates and a scale in CSS pixels per data unit.
//
// Everything is float64 here. The shader gets the centre as a float32 and its remainder, so that
// `(position - centre) - remainder` stays exact however far one zooms in.

import { lassoPolygon, type Polygon } from "../lasso";

export interface Bounds {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** What the vertex shader needs: clip = ((position - center) - rest) * scale. */
export interface CameraUniforms {
  center: [number, number];
  rest: [number, number];
  scale: [number, number];
}

const MIN_ZOOM = 0.25;
// An axis is stretched on its own only where one picture could not show both (time against a ratio).
const MAX_ASPECT = 8;

/** Smallest box around the finite points, and how many points are not finite. */
export function boundsOf(points: Float32Array): { bounds: Bounds | null; missing: number } {
  let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity];
  let missing = 0;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    // x - x is 0 for a finite x and NaN for NaN and both infinities
    if (x - x !== 0 || y - y !== 0) {
      missing++;
      continue;
    }
    if (x < xmin) xmin = x;
    if (x > xmax) xmax = x;
    if (y < ymin) ymin = y;
    if (y > ymax) ymax = y;
  }
  return { bounds: xmin <= xmax ? { xmin, ymin, xmax, ymax } : null, missing };
}

export class Camera {
  x = 0;
  y = 0;
  sx = 1;
  sy = 1;
  width = 0;
  height = 0;
  private bounds: Bounds = { xmin: 0, ymin: 0, xmax: 1, ymax: 1 };
  private fitted = 1;

  /** How far one has zoomed in from the fitted view; 1 is the whole map. */
  get zoom(): number {
    return this.sx / this.fitted;
  }

  /** Is the view still the one that `fit` made? Then a resize fits again. */
  untouched = true;

  /** Shows all of `bounds` inside the element less `inset` pixels on each side. */
  fit(bounds: Bounds = this.bounds, inset = 24, right = 0): void {
    this.bounds = bounds;
    const width = Math.max(this.width - 2 * inset - right, 16);
    const height = Math.max(this.height - 2 * inset, 16);
    const spanX = bounds.xmax - bounds.xmin;
    const spanY = bounds.ymax - bounds.ymin;
    const fallback = Math.max(spanX, spanY) || 1;
    this.sx = width / (spanX || fallback);
    this.sy = height / (spanY || fallback);
    const stretched = spanX > 0 && spanY > 0 && Math.max(spanX / spanY, spanY / spanX) > MAX_ASPECT;
    if (!stretched) this.sx = this.sy = Math.min(this.sx, this.sy);
    this.fitted = this.sx;
    this.x = (bounds.xmin + bounds.xmax) / 2 + right / 2 / this.sx;
    this.y = (bounds.ymin + bounds.ymax) / 2;
    this.untouched = true;
  }

  /** Keeps the view, and goes no further than new bounds from now on. */
  keep(bounds: Bounds): void {
    this.bounds = bounds;
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  /** Moves the picture by (dx, dy) pixels; the centre never leaves the data. */
  pan(dx: number, dy: number): void {
    const { xmin, ymin, xmax, ymax } = this.bounds;
    this.x = clamp(this.x - dx / this.sx, xmin, xmax);
    this.y = clamp(this.y + dy / this.sy, ymin, ymax);
    this.untouched = false;
  }

  /** Scales by `factor` and keeps what lies under the pixel (px, py) where it is. */
  zoomAt(factor: number, px: number, py: number): void {
    const { xmin, ymin, xmax, ymax } = this.bounds;
    const largest = Math.max(Math.abs(xmin), Math.abs(xmax), Math.abs(ymin), Math.abs(ymax));
    // beyond this, neighbouring float32 coordinates are more than 4 px apart
    const limit = Math.max(4 / (largest * 2 ** -23 || 2 ** -23), this.fitted) / this.fitted;
    const applied = clamp(this.zoom * factor, MIN_ZOOM, limit) / this.zoom;
    const [x, y] = this.toData(px, py);
    this.sx *= applied;
    this.sy *= applied;
    const [ax, ay] = this.toData(px, py);
    this.x += x - ax;
    this.y += y - ay;
    this.pan(0, 0);
  }

  toScreen(x: number, y: number): [number, number] {
    return [this.width / 2 + (x - this.x) * this.sx, this.height / 2 - (y - this.y) * this.sy];
  }

  toData(px: number, py: number): [number, number] {
    return [this.x + (px - this.width / 2) / this.sx, this.y - (py - this.height / 2) / this.sy];
  }

  /** The part of the data space in view, `margin` pixels wider on every side. */
  view(margin = 0): Bounds {
    const [xmin, ymax] = this.toData(-margin, -margin);
    const [xmax, ymin] = this.toData(this.width + margin, this.height + margin);
    return { xmin, ymin, xmax, ymax };
  }

  /** The polygon in data coordinates that an outline in pixels (x0 y0 x1 y1 ...) stands for. */
  polygon(path: number[]): Polygon | null {
    const pairs: [number, number][] = [];
    for (let i = 0; i < path.length; i += 2) pairs.push([path[i], path[i + 1]]);
    // no more digits than half a pixel needs, on each axis
    const round = (value: number, scale: number) =>
      Number(value.toFixed(clamp(Math.ceil(Math.log10(2 * scale)), 0, 20)));
    return (
      lassoPolygon(pairs, 1)?.map(([px, py]) => {
        const [x, y] = this.toData(px, py);
        return [round(x, this.sx), round(y, this.sy)] as const;
      }) ?? null
    );
  }

  uniforms(): CameraUniforms {
    const center: [number, number] = [Math.fround(this.x), Math.fround(this.y)];
    return {
      center,
      rest: [this.x - center[0], this.y - center[1]],
      scale: [(2 * this.sx) / this.width, (2 * this.sy) / this.height],
    };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
