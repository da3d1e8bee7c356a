// The names of the categories on the map: each at the middle of its points, none over another.

import { type Bitset, has } from "../bitset";
import type { ColorScale } from "../color";
import type { Camera } from "./camera";
import type { Cloud } from "./cloud";

export interface Place {
  label: string;
  count: number;
  x: number;
  y: number;
}

const SAMPLE = 8_000; // rows that the medians are taken over
const GAP = 3; // px between two labels
const MAX_LABELS = 20;

/** Where the names of the categories go, most frequent first: to the middle of their visible points. */
export function categoryPlaces(
  { points, order }: Pick<Cloud, "points" | "order">,
  color: ColorScale,
  visible: Bitset | null,
): Place[] {
  // "others" and "missing" are no category
  const entries = color.entries.filter((entry) => entry.value != null);
  if (color.kind !== "category" || entries.length > MAX_LABELS) return [];
  const rowsOf = new Map<number, number[]>(entries.map((entry) => [entry.index, []]));
  let seen = 0;
  for (let i = 0; i < order.length && seen < SAMPLE; i++) {
    const row = order[i];
    const sum = points[2 * row] + points[2 * row + 1];
    if (sum - sum !== 0 || (visible && !has(visible, row))) continue;
    rowsOf.get(color.index[row])?.push(row);
    seen++;
  }
  return entries
    .filter((entry) => rowsOf.get(entry.index)?.length)
    .sort((a, b) => b.count - a.count)
    .map(({ index, label, count }) => {
      const [x, y] = middle(points, rowsOf.get(index) as number[]);
      return { label, count, x, y };
    });
}

/**
 * The median of some points, then of the half of them that is nearest to it, and so on: the middle of
 * one cluster, where the median of all may lie between two.
 */
function middle(points: Float32Array, rows: number[]): [number, number] {
  const [x, y] = [0, 1].map((axis) => median(rows.map((row) => points[2 * row + axis])));
  if (rows.length < 16) return [x, y];
  const off = (row: number) => Math.hypot(points[2 * row] - x, points[2 * row + 1] - y);
  const limit = median(rows.map(off));
  const near = rows.filter((row) => off(row) <= limit);
  return near.length < rows.length ? middle(points, near) : [x, y];
}

export interface Box {
  x: number; // of the centre
  y: number;
  width: number;
  height: number;
}

/**
 * Moves boxes whose middle is in a view wholly into it, and up or down until none overlaps an earlier
 * one; null for those without room and those out of view.
 */
export function arrange(boxes: Box[], view: { width: number; height: number }): (Box | null)[] {
  const placed: Box[] = [];
  return boxes.map(({ ...box }) => {
    if (box.x < 0 || box.x > view.width || box.y < 0 || box.y > view.height) return null;
    box.x = Math.max(Math.min(box.x, view.width - box.width / 2), box.width / 2);
    for (const step of [0, -1, 1, -2, 2]) {
      const moved = { ...box, y: box.y + step * (box.height + GAP) * 0.6 };
      if (placed.every((other) => !overlap(moved, other))) {
        placed.push(moved);
        return moved;
      }
    }
    return null;
  });
}

export class Labels {
  private readonly root = document.createElement("div");
  private items: { place: Place; el: HTMLElement; width: number; height: number }[] = [];

  constructor(el: HTMLElement) {
    this.root.className = "dataview-map-labels";
    el.append(this.root);
  }

  /** The names to show; one that was there before stays the same element, which can glide. */
  set(places: Place[]): void {
    const before = new Map(this.items.map(({ place, el }) => [place.label, el]));
    const elements = places.map(({ label }) => {
      const el = before.get(label) ?? document.createElement("span");
      before.delete(label);
      el.textContent = label;
      return el;
    });
    for (const el of before.values()) el.remove();
    this.root.append(...elements.filter((el) => !el.isConnected));
    this.items = places.map((place, i) => {
      const { offsetWidth: width, offsetHeight: height } = elements[i];
      return { place, el: elements[i], width, height };
    });
  }

  update(camera: Camera): void {
    const boxes = this.items.map(({ place, width, height }) => {
      const [x, y] = camera.toScreen(place.x, place.y);
      return { x, y, width, height };
    });
    arrange(boxes, camera).forEach((box, i) => {
      const { style } = this.items[i].el;
      style.visibility = box ? "" : "hidden";
      // one that has just come does not glide to its place from nowhere
      style.transition = style.transform ? "" : "none";
      if (box) style.transform = `translate(${box.x}px, ${box.y}px) translate(-50%, -50%)`;
    });
  }

  destroy(): void {
    this.root.remove();
  }
}

function overlap(a: Box, b: Box): boolean {
  return (
    Math.abs(a.x - b.x) < (a.width + b.width) / 2 + GAP &&
    Math.abs(a.y - b.y) < (a.height + b.height) / 2
  );
}

function median(values: number[]): number {
  return Float64Array.from(values).sort()[values.length >> 1]; // numbers sort fast in there
}
