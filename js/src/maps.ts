// Which map is shown. Maps come one after the other, and one may come in several versions, each
// better than the one before, while it is computed ("forming").
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { and, type Bitset } from "./bitset";
import type { Data } from "./data";
import { type LassoExpr, type PickedExpr, rowsExpr } from "./expressions";
import { pointsInPolygon } from "./lasso";

/** Milliseconds in which a change is one that has just been. */
const JUST = 2000;

export class Maps {
  /** The name of the projection that is to be shown: the chosen one, else the newest. */
  readonly wanted: ReadonlySignal<string | null>;
  /** The one that is shown, and its coordinates x0 y0 x1 y1 ... */
  readonly name: ReadonlySignal<string | null>;
  readonly points: ReadonlySignal<Float32Array | null>;
  /** Whether better versions of the shown one will come. */
  readonly forming: ReadonlySignal<boolean>;
  /** Whether it will change without anybody's doing: forming, or its newest version is on its way. */
  readonly unsettled: ReadonlySignal<boolean>;
  /** While true the shown points stay as they are: somebody draws around them. */
  readonly held = signal(false);

  private readonly shown = signal<{ name: string | null; points: Float32Array | null }>({
    name: null,
    points: null,
  });

  /** The version of every map, and when it was first seen; `at` is -Infinity for the first. */
  private readonly changed = new Map<string, { version: number; at: number }>();

  constructor(
    private readonly data: Data,
    chosen: Signal<string | null>,
  ) {
    this.wanted = computed(() => {
      const names = data.schema.value.projections.map(({ name }) => name);
      return chosen.value !== null && names.includes(chosen.value)
        ? chosen.value
        : (names.at(-1) ?? null);
    });
    this.name = computed(() => this.shown.value.name);
    this.points = computed(() => this.shown.value.points);
    this.forming = computed(() => this.isForming(this.name.value));
    this.unsettled = computed(() => {
      const { name, points } = this.shown.value;
      if (name === null) return false;
      return this.forming.value || points !== data.projection(name) || !data.isNewest(name);
    });
  }

  /** Shows what is wanted, as soon as it is here. For an effect. */
  update(): void {
    for (const { name, version } of this.data.schema.value.projections) {
      const known = this.changed.get(name);
      if (known?.version === version) continue;
      this.changed.set(name, { version, at: known ? performance.now() : Number.NEGATIVE_INFINITY });
    }
    const name = this.wanted.value;
    const points = name === null ? null : this.data.projection(name);
    // The name goes with the points: until they are here the last map stays.
    if (this.held.value || (name !== null && !points)) return;
    const { shown } = this;
    if (shown.peek().name !== name || shown.peek().points !== points)
      shown.value = { name, points };
  }

  isForming(name: string | null): boolean {
    const { projections } = this.data.schema.value;
    return projections.find((projection) => projection.name === name)?.forming ?? false;
  }

  /** Whether the places of a map's points have just changed, or are about to. */
  isMoving(name: string): boolean {
    const recently = performance.now() - (this.changed.get(name)?.at ?? Number.NEGATIVE_INFINITY);
    return this.isForming(name) || recently < JUST;
  }

  /** Picks of the rows that a lasso has around it on the map as it is shown. */
  rowsIn({ on, polygon }: LassoExpr, visible: Bitset | null): PickedExpr | null {
    const points = this.name.peek() === on ? this.points.peek() : null;
    if (!points) return null;
    const rows = pointsInPolygon(points, polygon);
    return rowsExpr(visible ? and(rows, visible) : rows);
  }
}
