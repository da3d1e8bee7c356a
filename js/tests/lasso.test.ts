// @vitest-environment node
import { describe, expect, test } from "vitest";
import { count, fromRows, full, has, not, toRows } from "../src/bitset";
import { lassoPolygon, type Polygon, pointsInPolygon, simplify } from "../src/lasso";

/** Numbers that are the same on every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The rule, without a raster. */
function inside(x: number, y: number, polygon: Polygon): boolean {
  let odd = false;
  polygon.forEach(([xi, yi], i) => {
    const [xj, yj] = polygon.at(i - 1)!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  });
  return odd;
}

function check(points: Float32Array, polygon: Polygon): void {
  const bits = pointsInPolygon(points, polygon);
  const wrong = [];
  for (let i = 0; i < points.length / 2; i++)
    if (has(bits, i) !== inside(points[2 * i], points[2 * i + 1], polygon)) wrong.push(i);
  expect(wrong).toEqual([]);
}

describe("the raster gives exactly the rows of the rule", () => {
  const next = random(1);
  const cases = Array.from({ length: 60 }, (_, k) => ({
    k,
    n: [50, 500, 5_000, 20_000][k % 4],
    vertices: 3 + Math.floor(next() * 60),
    scale: 10 ** (next() * 8 - 4),
    far: k % 3 === 0 ? 1000 : 0, // from the origin, in polygon widths
    onGrid: k % 5 === 0, // points and vertices coincide
  }));
  test.each(cases)("polygon $k: $vertices vertices, $n points", (options) => {
    const { n, vertices, scale, far, onGrid } = options;
    const snap = (v: number) => scale * ((onGrid ? Math.round(8 * v) / 8 : v) + far);
    const polygon = Array.from({ length: vertices }, () => [snap(next()), snap(next())] as const);
    check(
      Float32Array.from({ length: 2 * n }, () => snap(1.4 * next() - 0.2)),
      polygon,
    );
  });

  const many = Float32Array.from({ length: 4_000 }, () => 4 * next() - 2);
  test.each<[string, Polygon]>([
    ["empty in width", [[0, -1], [0, 1], [0, 0.5]]],
    ["empty in height", [[-1, 0.5], [1, 0.5], [0, 0.5]]],
    ["all one point", [[1, 1], [1, 1], [1, 1]]],
    ["very thin", [[-1, 0], [1, 1e-300], [1, -1e-300]]],
    ["very large", [[-3e38, -3e38], [3e38, -3e38], [0, 3e38]]],
    ["very small", [[0, 0], [1e-310, 0], [0, 1e-310]]],
  ])("a polygon that is %s", (_, polygon) => check(many, polygon)); // biome-ignore format: a table
});

test("points without a place are outside", () => {
  const square: Polygon = [[-1, -1], [1, -1], [1, 1], [-1, 1]]; // biome-ignore format: a table
  const nowhere = [Number.NaN, 0, 0, Number.NaN, Infinity, 0, 0, -Infinity];
  const points = Float32Array.from({ length: 2_000 }, (_, i) => nowhere[i % 8]);
  expect(count(pointsInPolygon(points, square))).toBe(0);
});

test("a million points against 200 vertices keep up with the mouse", () => {
  const next = random(2);
  const points = Float32Array.from({ length: 2_000_000 }, next);
  const polygon = Array.from({ length: 200 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 200;
    const radius = 0.3 + 0.05 * Math.sin(9 * angle);
    return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)] as const;
  });
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    pointsInPolygon(points, polygon);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(200); // about 15 ms on a quiet machine
});

test("a freehand path becomes few vertices with short numbers, near to the path", () => {
  const pixel = 0.013;
  const path = Array.from({ length: 3_000 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 3_000;
    return [5 * Math.cos(angle), 3 * Math.sin(angle)] as const;
  });
  const polygon = lassoPolygon(path, pixel)!;
  expect(polygon.length).toBeGreaterThan(20);
  expect(polygon.length).toBeLessThan(100);
  for (const [x, y] of polygon) {
    expect(String(x).length).toBeLessThanOrEqual(6);
    expect(Math.abs(Math.hypot(x / 5, y / 3) - 1) * 5).toBeLessThan(2 * pixel);
  }
});

test("a path has at most 200 vertices, and none without an area", () => {
  const next = random(3);
  const scribble = Array.from({ length: 5_000 }, () => [next(), next()] as const);
  expect(lassoPolygon(scribble, 1e-6)!.length).toBeLessThanOrEqual(200);
  expect(lassoPolygon([[0, 0], [1, 1]], 0.01)).toBeNull(); // biome-ignore format: a table
  expect(lassoPolygon([[0, 0], [0.001, 0], [0, 0.001]], 1)).toBeNull(); // biome-ignore format: a table
  const square = [[0, 0], [900.4, 0], [900.4, 900.4], [0, 0]] as const; // biome-ignore format: a table
  expect(lassoPolygon(square, 40)).toEqual([[0, 0], [900, 0], [900, 900]]); // biome-ignore format: a table
});

test("simplify keeps a corner and drops what is on a line", () => {
  const path = [[0, 0], [1, 0.001], [2, 0], [2, 1], [2, 2]] as const; // biome-ignore format: a table
  expect(simplify(path, 0.01)).toEqual([[0, 0], [2, 0], [2, 2]]); // biome-ignore format: a table
});

test("bitsets keep the bits beyond the last row clear", () => {
  expect(count(full(13))).toBe(13);
  expect([...toRows(not(fromRows(11, [0, 3, 10, 99]), 11))]).toEqual([1, 2, 4, 5, 6, 7, 8, 9]);
  expect([...toRows(full(20), 3)]).toEqual([0, 1, 2]);
});
