// Points as their pictures: when so few points are in view that there is room for them.

import { has } from "../bitset";
import type { Store } from "../store";
import type { Camera } from "./camera";
import { swatch } from "./look";

const SIZES = { least: 28, most: 88 }; // px
const ROOM = 0.55; // of the space that a point has to itself
const CLOSE = 0.8; // of a picture's size: nearer than this, the later one stays a point

/** Side in pixels of the pictures of `count` points in a view. */
export function pictureSize(count: number, width: number, height: number): number {
  const side = ROOM * Math.sqrt((width * height) / Math.max(count, 1));
  return Math.round(Math.min(Math.max(side, SIZES.least), SIZES.most) / 4) * 4;
}

/** The rows whose pictures do not hide an earlier one's. */
export function spread(
  rows: number[],
  points: Float32Array,
  camera: Camera,
  side: number,
): number[] {
  const kept: [number, number][] = [];
  return rows.filter((row) => {
    const [x, y] = camera.toScreen(points[2 * row], points[2 * row + 1]);
    const near = ([a, b]: [number, number]) =>
      Math.max(Math.abs(a - x), Math.abs(b - y)) < CLOSE * side;
    return !kept.some(near) && kept.push([x, y]);
  });
}

let maps = 0;

export class Pictures {
  private readonly owner = `map-${++maps}`;
  private readonly root = document.createElement("div");
  private readonly shown = new Map<number, HTMLImageElement>();
  private rows: number[] = [];
  private side = 0;
  private marked: HTMLImageElement | undefined;

  constructor(
    el: HTMLElement,
    private readonly store: Store,
  ) {
    this.root.className = "dataview-map-pictures";
    el.append(this.root);
  }

  /** Shows these rows (as far as they have room) as pictures; none for null. */
  set(rows: number[] | null, camera: Camera): void {
    const points = this.store.maps.points.peek();
    const before = this.rows.length;
    this.side = pictureSize(rows?.length ?? 0, camera.width, camera.height);
    this.rows =
      rows && points
        ? spread(
            rows.sort((a, b) => a - b),
            points,
            camera,
            this.side,
          )
        : [];
    if (before || this.rows.length) this.store.thumbnails.request(this.rows, this.owner, this.side);
    this.refresh(camera);
  }

  /** Puts in what has arrived, and the marks of the selection. */
  refresh(camera: Camera): void {
    const color = this.store.color.peek();
    const selected = this.store.selected.peek();
    const wanted = new Set(this.rows);
    for (const [row, image] of this.shown) {
      if (wanted.has(row)) continue;
      image.remove();
      this.shown.delete(row);
    }
    for (const row of this.rows) {
      const entry = this.store.thumbnails.get(row);
      if (!entry?.url) continue;
      const image = this.shown.get(row) ?? this.root.appendChild(document.createElement("img"));
      this.shown.set(row, image);
      if (image.src !== entry.url) image.src = entry.url;
      const scale = this.side / Math.max(entry.width, entry.height, 1);
      image.width = Math.max(Math.round(entry.width * scale), 4);
      image.height = Math.max(Math.round(entry.height * scale), 4);
      image.alt = "";
      image.style.borderColor = swatch(color.palette, color.index[row] ?? 0);
      image.classList.toggle("dataview-pixelated", scale > 2);
      image.classList.toggle("dataview-muted", selected !== null && !has(selected, row));
    }
    this.update(camera);
  }

  update(camera: Camera): void {
    const points = this.store.maps.points.peek();
    if (!points) return;
    for (const [row, { style }] of this.shown) {
      const [x, y] = camera.toScreen(points[2 * row], points[2 * row + 1]);
      style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    }
  }

  /** The row whose picture is at a pixel, or -1. */
  at(x: number, y: number, camera: Camera): number {
    const points = this.store.maps.points.peek();
    if (!points) return -1;
    for (const [row, { width, height }] of [...this.shown].reverse()) {
      const [px, py] = camera.toScreen(points[2 * row], points[2 * row + 1]);
      if (Math.abs(px - x) <= width / 2 && Math.abs(py - y) <= height / 2) return row;
    }
    return -1;
  }

  /** Marks the picture of a row (-1: none) and no other; false where the row is a point. */
  mark(row: number): boolean {
    this.marked?.classList.remove("dataview-hovered");
    this.marked = this.shown.get(row);
    this.marked?.classList.add("dataview-hovered");
    return this.marked !== undefined;
  }

  destroy(): void {
    this.store.thumbnails.request([], this.owner);
    this.root.remove();
  }
}
