// What is where on the screen: the row at a pixel, the rows in view.

import type { ReadonlySignal } from "@preact/signals";
import { has } from "../bitset";
import type { Store } from "../store";
import type { Camera } from "./camera";
import type { Cloud } from "./cloud";
import type { Pictures } from "./pictures";

const REACH = 9; // px from a point in which the pointer finds it

export class Hits {
  constructor(
    private readonly store: Store,
    private readonly camera: Camera,
    private readonly cloud: ReadonlySignal<Cloud | null>,
    private readonly pictures: Pictures,
  ) {}

  /** Goes on with the index of the points; true when it is there (or there is nothing to find). */
  prepare(): boolean {
    return this.cloud.peek()?.index.prepare() ?? true;
  }

  isVisible(row: number): boolean {
    const visible = this.store.visible.peek();
    return !visible || has(visible, row);
  }

  /** The row whose picture or point (of this size) is at a pixel, or -1. */
  at(x: number, y: number, size: number): number {
    const { camera } = this;
    const pictured = this.pictures.at(x, y, camera);
    if (pictured >= 0) return pictured;
    const reach = Math.max(REACH, size / 2 + 2);
    const [dx, dy] = camera.toData(x, y);
    const [rx, ry] = [reach / camera.sx, reach / camera.sy];
    return this.cloud.peek()?.index.nearest(dx, dy, rx, ry, (row) => this.isVisible(row)) ?? -1;
  }

  /** The rows in view, or null where there are more than `limit`. */
  inView(limit: number): number[] | null {
    const index = this.cloud.peek()?.index;
    return index?.within(this.camera.view(20), limit, (row) => this.isVisible(row)) ?? null;
  }

  /** Where a row's point is on the screen; null where it is not to be seen. */
  placeOf(row: number): [number, number] | null {
    const points = this.cloud.peek()?.points;
    if (!points || row < 0 || !this.isVisible(row)) return null;
    const [x, y] = points.subarray(2 * row, 2 * row + 2);
    return Number.isFinite(x + y) ? this.camera.toScreen(x, y) : null;
  }
}
