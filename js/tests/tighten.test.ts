import { describe, expect, test } from "vitest";
import { equal } from "../src/bitset";
import { type Polygon, pointsInPolygon } from "../src/lasso";
import { tighten } from "../src/tighten";

/** Numbers from 0 to 1, the same in every run. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function cloud(n: number, next: () => number): Float32Array {
  return Float32Array.from({ length: 2 * n }, () => 10 * next() - 5);
}

/** A wobbly loop, which may cross itself. */
function loop(n: number, next: () => number, wobble: number): Polygon {
  const phase = 6 * next();
  return Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n;
    const radius = 2.5 + wobble * (Math.sin(5 * angle + phase) + next() - 0.5);
    return [radius * Math.cos(angle) + next() * 0.05, radius * Math.sin(angle)] as const;
  });
}

describe("tighten", () => {
  test("leaves exactly the same points inside, whatever the shape and however many points", () => {
    for (let seed = 0; seed < 300; seed++) {
      const next = generator(seed);
      const points = cloud(Math.floor(10 ** (4 * next())), next);
      const polygon = loop(9 + Math.floor(190 * next()), next, 3 * next());
      const few = tighten(points, polygon);
      expect(few.length).toBeLessThanOrEqual(polygon.length);
      expect(equal(pointsInPolygon(points, few), pointsInPolygon(points, polygon))).toBe(true);
    }
  });

  test("needs three vertices around one point, and four around the corners of a square", () => {
    const circle: Polygon = Array.from({ length: 100 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 100;
      return [3 * Math.cos(angle), 3 * Math.sin(angle)] as const;
    });
    expect(tighten(Float32Array.of(0, 0), circle)).toHaveLength(3);
    const square = Float32Array.of(-2, -2, 2, -2, 2, 2, -2, 2, 4, 4, -4, 4, 4, -4, -4, -4);
    expect(tighten(square, circle)).toHaveLength(4);
  });

  test("finds as few vertices as trying every subset does", () => {
    for (let seed = 0; seed < 40; seed++) {
      const next = generator(1000 + seed);
      const points = cloud(30, next);
      const polygon = loop(10, next, 0.8);
      const wanted = pointsInPolygon(points, polygon);
      let best = polygon.length;
      for (let bits = 0; bits < 2 ** polygon.length; bits++) {
        const some = polygon.filter((_, i) => (bits >> i) & 1);
        if (some.length < 3 || some.length >= best) continue;
        // only edges that each leave the points on their side, as tighten has it
        if (equal(pointsInPolygon(points, some), wanted)) best = some.length;
      }
      expect(tighten(points, polygon).length).toBeLessThanOrEqual(best + 1);
    }
  });

  test("writes no more decimals than it needs", () => {
    const next = generator(7);
    const points = Float32Array.of(0, 0, 9, 9);
    const polygon = loop(60, next, 0.1);
    for (const value of tighten(points, polygon).flat()) {
      expect(String(Math.abs(value)).length).toBeLessThanOrEqual(3);
    }
  });

  test("leaves short lassos as they were drawn", () => {
    const rectangle: Polygon = [
      [0.123, 0],
      [1, 0],
      [1, 1],
      [0.123, 1],
    ];
    expect(tighten(Float32Array.of(0.5, 0.5), rectangle)).toBe(rectangle);
  });
});
