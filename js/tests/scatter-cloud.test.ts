import { describe, expect, test } from "vitest";
import { fromRows } from "../src/bitset";
import { Cloud } from "../src/scatter/cloud";
import { drawLists, drawOrder } from "../src/scatter/draworder";
import { PointIndex } from "../src/scatter/nearest";

const all = () => true;

function randomPoints(n: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: 2 * n }, () => {
    state = (state * 16807) % 2147483647;
    return (state / 2147483647) * 20 - 5;
  });
}

function ready(index: PointIndex): PointIndex {
  while (!index.prepare());
  return index;
}

describe("the drawing order", () => {
  test("has every row once and is the same each time", () => {
    const order = drawOrder(5000);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(5000).keys()]);
    expect(drawOrder(5000)).toEqual(order);
  });

  test("makes every prefix a fair sample of the rows", () => {
    const order = drawOrder(100_000);
    for (const prefix of [1000, 10_000]) {
      const tenths = new Array(10).fill(0);
      for (const row of order.subarray(0, prefix)) tenths[Math.floor(row / 10_000)]++;
      for (const count of tenths) expect(Math.abs(count - prefix / 10)).toBeLessThan(prefix / 25);
    }
  });
});

describe("what is drawn", () => {
  const order = Uint32Array.of(3, 0, 4, 1, 2);
  const set = (...rows: number[]) => fromRows(5, rows);

  test("is everything, without lists, when nothing is filtered or selected", () => {
    expect(drawLists(order, null, null)).toEqual({ base: null, top: null });
  });

  test("has the selected rows on top and only there", () => {
    expect(drawLists(order, null, set(0, 2))).toEqual({
      base: Uint32Array.of(0, 2, 3),
      top: Uint32Array.of(1, 4),
    });
  });

  test("leaves out what a filter hides, selected or not", () => {
    expect(drawLists(order, set(0, 1, 3), set(0, 2))).toEqual({
      base: Uint32Array.of(0, 3),
      top: Uint32Array.of(1),
    });
  });
});

describe("PointIndex", () => {
  const points = randomPoints(3000);
  points[100] = Number.NaN;
  const index = ready(new Cloud(points).index);

  test("finds the nearest point, as a search through all does", () => {
    for (let k = 0; k < 200; k++) {
      const [x, y] = [(k % 20) - 4.5, (k / 10) % 15];
      let best = -1;
      let least = 1;
      for (let row = 0; row < 3000; row++) {
        const distance =
          ((points[2 * row] - x) / 0.4) ** 2 + ((points[2 * row + 1] - y) / 0.2) ** 2;
        if (distance <= least) [best, least] = [row, distance];
      }
      expect(index.nearest(x, y, 0.4, 0.2, all)).toBe(best);
    }
  });

  test("passes over rows that are not accepted", () => {
    const row = index.nearest(points[0], points[1], 2, 2, all);
    expect(row).toBe(0);
    expect(index.nearest(points[0], points[1], 2, 2, (other) => other !== 0)).toBeGreaterThan(0);
    expect(index.nearest(points[0], points[1], 2, 2, () => false)).toBe(-1);
  });

  test("lists the rows of a rectangle, or none where there are too many", () => {
    const box = { xmin: 0, xmax: 3, ymin: 1, ymax: 2.5 };
    const expected = [...Array(3000).keys()].filter((row) => {
      const [x, y] = points.subarray(2 * row, 2 * row + 2);
      return x >= 0 && x <= 3 && y >= 1 && y <= 2.5;
    });
    expect(index.within(box, 1000, all)?.sort((a, b) => a - b)).toEqual(expected);
    expect(index.within(box, expected.length - 1, all)).toBeNull();
  });

  test("finds nothing until it is made", () => {
    const fresh = new PointIndex(points, { xmin: -5, xmax: 15, ymin: -5, ymax: 15 });
    expect(fresh.nearest(points[0], points[1], 1, 1, all)).toBe(-1);
  });

  test("works when all points are in one place", () => {
    const same = ready(new Cloud(new Float32Array(200).fill(7)).index);
    expect(same.nearest(7, 7, 1, 1, all)).toBeGreaterThanOrEqual(0);
    expect(same.within({ xmin: 6, xmax: 8, ymin: 6, ymax: 8 }, 100, all)).toHaveLength(100);
  });
});

describe("Cloud", () => {
  test("keeps the drawing order from one map of the same rows to the next", () => {
    const before = new Cloud(randomPoints(50));
    expect(new Cloud(randomPoints(50, 2), before).order).toBe(before.order);
    expect(new Cloud(randomPoints(51), before).order).toHaveLength(51);
  });

  test("knows which rows have a place", () => {
    const cloud = new Cloud(Float32Array.of(1, 1, Number.NaN, 2, 3, 3));
    expect(cloud.count).toBe(2);
    expect(cloud.placed).toEqual(Uint8Array.of(0b101));
    const none = new Cloud(Float32Array.of(Number.NaN, Number.NaN));
    expect([none.count, none.bounds]).toEqual([0, null]);
  });
});
