import { describe, expect, test } from "vitest";
import { fromRows } from "../src/bitset";
import type { ColorScale } from "../src/color";
import { Camera } from "../src/scatter/camera";
import { Cloud } from "../src/scatter/cloud";
import { arrange, categoryPlaces } from "../src/scatter/labels";
import { pictureSize, spread } from "../src/scatter/pictures";

function scale(index: number[], entries: ColorScale["entries"]): ColorScale {
  const palette = new Uint8Array(768);
  const rows = Uint8Array.from(index);
  return { kind: "category", column: null, index: rows, palette, entries, domain: null };
}

const entry = (index: number, value: unknown = `c${index}`) => {
  return { index, label: `class ${index}`, count: 10 - index, value };
};

describe("the names of the categories", () => {
  const points = Float32Array.of(0, 0, 1, 2, 2, 1, 10, 10, 11, 11, 12, 12);
  const cloud = new Cloud(points);

  test("stand at the median of their points, the most frequent first", () => {
    const color = scale([0, 0, 0, 1, 1, 1], [entry(1), entry(0)]);
    expect(categoryPlaces(cloud, color, null)).toEqual([
      { label: "class 0", count: 10, x: 1, y: 1 },
      { label: "class 1", count: 9, x: 11, y: 11 },
    ]);
  });

  test("follow the filter, and are left out with their last point", () => {
    const color = scale([0, 0, 0, 1, 1, 1], [entry(0), entry(1)]);
    const places = categoryPlaces(cloud, color, fromRows(6, [1]));
    expect(places).toEqual([{ label: "class 0", count: 10, x: 1, y: 2 }]);
  });

  test("are not drawn for others, for missing values, for numbers or for more than twenty", () => {
    const others = [{ ...entry(0), value: undefined }, entry(1, null)];
    expect(categoryPlaces(cloud, scale([0, 0, 0, 1, 1, 1], others), null)).toEqual([]);
    const many = Array.from({ length: 21 }, (_, i) => entry(i));
    expect(categoryPlaces(cloud, scale([0, 1, 2, 3, 4, 5], many), null)).toEqual([]);
    const number: ColorScale = { ...scale([0, 0, 0, 0, 0, 0], []), kind: "number" };
    expect(categoryPlaces(cloud, number, null)).toEqual([]);
  });

  test("are put into one cluster of a category that has two", () => {
    const two = Float32Array.from({ length: 400 }, (_, i) => (i % 7) * 0.1 + (i < 240 ? 0 : 100));
    const [{ x }] = categoryPlaces(new Cloud(two), scale(new Array(200).fill(0), [entry(0)]), null);
    expect(x).toBeLessThan(1);
  });
});

describe("arrange", () => {
  const view = { width: 400, height: 300 };
  const box = (x: number, y: number) => ({ x, y, width: 40, height: 16 });

  test("leaves labels alone that do not touch", () => {
    expect(arrange([box(50, 50), box(150, 50)], view)).toEqual([box(50, 50), box(150, 50)]);
  });

  test("moves a label off an earlier one, and drops it where there is no room", () => {
    const placed = arrange(new Array(9).fill(box(200, 100)), view);
    expect(placed[0]).toEqual(box(200, 100));
    const kept = placed.filter((moved) => moved !== null);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(9);
    for (const a of kept) {
      for (const b of kept) if (a !== b) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(16);
    }
  });

  test("keeps a label at the edge whole, and leaves out those out of view", () => {
    expect(arrange([box(395, 20), box(450, 20)], view)).toEqual([box(380, 20), null]);
  });
});

describe("pictures in place of points", () => {
  test("are larger the fewer there are", () => {
    const sizes = [150, 40, 3].map((count) => pictureSize(count, 600, 500));
    expect(sizes).toEqual([28, 48, 88]);
  });

  test("do not hide each other: of points on one spot the first is shown", () => {
    const camera = new Camera();
    camera.resize(400, 400);
    camera.fit({ xmin: 0, xmax: 10, ymin: 0, ymax: 10 });
    const points = Float32Array.of(1, 1, 1.01, 1, 9, 9);
    expect(spread([0, 1, 2], points, camera, 40)).toEqual([0, 2]);
  });
});
