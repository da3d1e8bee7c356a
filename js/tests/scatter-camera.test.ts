import { describe, expect, test } from "vitest";
import { boundsOf, Camera } from "../src/scatter/camera";

function camera(width = 600, height = 400): Camera {
  const made = new Camera();
  made.resize(width, height);
  return made;
}

describe("boundsOf", () => {
  test("leaves out rows without a place and counts them", () => {
    const points = Float32Array.of(0, 1, Number.NaN, 9, 2, Number.POSITIVE_INFINITY, 4, -3);
    expect(boundsOf(points)).toEqual({
      bounds: { xmin: 0, xmax: 4, ymin: -3, ymax: 1 },
      missing: 2,
    });
  });

  test("has none for a map of which every row is missing", () => {
    expect(boundsOf(Float32Array.of(Number.NaN, Number.NaN))).toEqual({ bounds: null, missing: 1 });
  });
});

describe("Camera", () => {
  test("fits all points with equal units on both axes, y upward", () => {
    const view = camera();
    view.fit({ xmin: -10, xmax: 10, ymin: 0, ymax: 5 }, 20);
    expect(view.sx).toBe(view.sy);
    expect(view.toScreen(-10, 2.5)).toEqual([20, 200]);
    expect(view.toScreen(10, 5)[0]).toBeCloseTo(580);
    expect(view.toScreen(0, 5)[1]).toBeLessThan(view.toScreen(0, 0)[1]);
    expect(view.zoom).toBe(1);
  });

  test("stretches axes of very different ranges, so that both can be seen", () => {
    const view = camera();
    view.fit({ xmin: 0, xmax: 1e9, ymin: 0, ymax: 1 }, 20);
    expect(view.toScreen(1e9, 1)).toEqual([580, 20]);
  });

  test.each([
    { xmin: 3, xmax: 3, ymin: -1, ymax: -1 },
    { xmin: 0, xmax: 5, ymin: 2, ymax: 2 },
  ])("shows one point, or points in a line, in the middle: %o", (bounds) => {
    const view = camera();
    view.fit(bounds);
    const [x, y] = view.toScreen((bounds.xmin + bounds.xmax) / 2, bounds.ymin);
    expect([x, y]).toEqual([300, 200]);
    expect(Number.isFinite(view.sx) && view.sx > 0).toBe(true);
  });

  test("keeps what is under the pointer there while zooming", () => {
    const view = camera();
    view.fit({ xmin: 0, xmax: 10, ymin: 0, ymax: 10 });
    const before = view.toData(150, 320);
    view.zoomAt(7, 150, 320);
    const after = view.toData(150, 320);
    expect(view.zoom).toBeCloseTo(7);
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
  });

  test("never loses the data, however far one pans", () => {
    const view = camera();
    view.fit({ xmin: 0, xmax: 10, ymin: 0, ymax: 10 });
    view.pan(1e6, -1e6);
    expect([view.x, view.y]).toEqual([0, 0]);
  });

  test("stops zooming where float32 coordinates end", () => {
    const view = camera();
    view.fit({ xmin: 1000, xmax: 1001, ymin: 0, ymax: 1 });
    for (let i = 0; i < 200; i++) view.zoomAt(2, 300, 200);
    const step = Math.fround(1000) * 2 ** -23;
    expect(step * view.sx).toBeLessThan(8);
  });

  test("gives the shader a centre that loses nothing in float32", () => {
    const view = camera();
    view.fit({ xmin: 0, xmax: 1, ymin: 0, ymax: 1 });
    view.zoomAt(1e5, 123.4, 56.7);
    const { center, rest } = view.uniforms();
    expect(Math.fround(center[0])).toBe(center[0]);
    expect(center[0] + rest[0]).toBe(view.x);
  });

  test("turns an outline in pixels into a polygon of short numbers within a pixel of it", () => {
    const view = camera();
    view.fit({ xmin: -3.3, xmax: 7.1, ymin: -2, ymax: 4.7 });
    const square = [100, 100, 300.4, 100, 300.4, 250.2, 100, 250.2];
    const polygon = view.polygon(square)!;
    expect(polygon).toHaveLength(4);
    polygon.forEach(([x, y], i) => {
      const [px, py] = view.toScreen(x, y);
      expect(Math.abs(px - square[2 * i])).toBeLessThan(1);
      expect(Math.abs(py - square[2 * i + 1])).toBeLessThan(1);
      expect(String(x).length).toBeLessThan(8);
    });
    expect(view.polygon([5, 5, 6, 6])).toBeNull();
  });
});
