import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { plainScale } from "../src/color";
import type { Stage } from "../src/protocol";
import { mapMessage } from "../src/scatter/message";
import { Scatter } from "../src/scatter/scatter";
import type { Progress, Store } from "../src/store";

const idle: Progress = { stages: [], running: false };
const stage = (name: string, state: Stage["state"], message = ""): Stage => {
  return { name, state, message, done: 1200, total: 6000, rate: 1, eta: null, traceback: "" };
};

describe("mapMessage", () => {
  const state = { n: 6000, placed: null, visible: 6000, progress: idle, forming: false };

  test("says that the map comes after the scan, and how far that is", () => {
    const progress = { stages: [stage("scan", "running")], running: true };
    expect(mapMessage({ ...state, progress })).toEqual({
      title: "The map comes after the scan",
      detail: "scan: 1,200 of 6,000",
      done: 0.2,
    });
  });

  test("says why there is no map", () => {
    const failed = { stages: [stage("umap", "failed", "too few rows")], running: false };
    expect(mapMessage({ ...state, progress: failed })).toEqual({
      title: "No map: umap failed",
      detail: "too few rows",
    });
    const cancelled = { stages: [stage("umap", "cancelled")], running: false };
    expect(mapMessage({ ...state, progress: cancelled })?.title).toContain("cancelled");
    expect(mapMessage({ ...state, n: 0 })?.title).toBe("No images");
  });

  test("says that a map has nothing to show", () => {
    expect(mapMessage({ ...state, placed: 0 })?.title).toContain("No row has a place");
    expect(mapMessage({ ...state, placed: 5, visible: 0 })?.title).toContain("filter");
  });

  test("says nothing where there are points", () => {
    expect(mapMessage({ ...state, placed: 5 })).toBeNull();
  });
});

function fakeStore(points: Float32Array | null): Store {
  const n = (points?.length ?? 0) / 2;
  return {
    n: signal(n),
    progress: signal(idle),
    maps: {
      points: signal(points),
      name: signal("umap"),
      forming: signal(false),
      unsettled: signal(false),
      held: signal(false),
    },
    color: signal(plainScale(n, false)),
    filter: signal(null),
    visible: signal(null),
    visibleCount: signal(n),
    selection: signal(null),
    selected: signal(null),
    hover: signal(-1),
    mode: signal("replace"),
    tool: signal("lasso"),
    dark: signal(false),
    thumbnails: { get: vi.fn(), request: vi.fn(), changed: signal(0) },
    select: vi.fn(),
    open: vi.fn(),
    setFilter: vi.fn(),
    label: (row: number) => `row ${row}`,
  } as unknown as Store;
}

describe("Scatter in a browser without WebGL2", () => {
  let el: HTMLElement;

  beforeEach(() => {
    el = document.body.appendChild(document.createElement("div"));
  });
  afterEach(() => el.remove());

  test("says so instead of failing, and leaves nothing behind when destroyed", () => {
    const scatter = new Scatter(el, fakeStore(Float32Array.of(0, 0, 1, 1)));
    expect(el.textContent).toContain("The map cannot be drawn");
    expect(el.textContent).toContain("no WebGL2");
    scatter.destroy();
    expect(el.childElementCount).toBe(0);
  });

  test("takes points that come, change and go", () => {
    const store = fakeStore(null);
    const points = store.maps.points as ReturnType<typeof signal<Float32Array | null>>;
    const scatter = new Scatter(el, store);
    points.value = Float32Array.of(0, 0, Number.NaN, 1);
    points.value = Float32Array.of(3, 3, 4, 4);
    points.value = null;
    scatter.destroy();
  });
});
