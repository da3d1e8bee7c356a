import { describe, expect, test } from "vitest";
import type { CameraUniforms } from "../src/scatter/camera";
import { Cloud } from "../src/scatter/cloud";
import { standing, TRAVELLERS, Travel } from "../src/scatter/travel";

const camera = (x: number, y: number, sx: number, sy = sx): CameraUniforms => ({
  center: [x, y],
  rest: [0, 0],
  scale: [sx, sy],
});

/** Where a camera shows data coordinates. */
const seen = ({ center, scale }: CameraUniforms, x: number, y: number) => [
  (x - center[0]) * scale[0],
  (y - center[1]) * scale[1],
];

/** The coordinates of row `row`, which `standing` gives in drawing order. */
function placeOf(cloud: Cloud, places: Float32Array, row: number): [number, number] {
  const at = cloud.order.indexOf(row);
  return [places[2 * at], places[2 * at + 1]];
}

describe("points that travel", () => {
  const from = camera(1, 1, 0.5);
  const to = camera(5, 5, 0.1, 0.2);

  test("start from their places", () => {
    const before = new Cloud(Float32Array.of(1, 2, 3, 4));
    const places = standing(before, from, null, new Cloud(Float32Array.of(5, 6, 7, 8), before), to);
    expect(placeOf(before, places, 0)).toEqual([1, 2]);
    expect(placeOf(before, places, 1)).toEqual([3, 4]);
  });

  test("appear where they will be, if they had no place", () => {
    const before = new Cloud(Float32Array.of(1, 1, Number.NaN, Number.NaN));
    const next = new Cloud(Float32Array.of(5, 6, 7, 8), before);
    const place = placeOf(before, standing(before, from, null, next, to), 1);
    const [x, y] = seen(from, ...place);
    const [wantedX, wantedY] = seen(to, 7, 8);
    expect(x).toBeCloseTo(wantedX);
    expect(y).toBeCloseTo(wantedY);
  });

  test("turn off from where they are when the map changes again on their way", () => {
    const first = new Cloud(Float32Array.of(0, 0));
    const second = new Cloud(Float32Array.of(10, 20), first);
    const third = new Cloud(Float32Array.of(-5, 3), second);
    const travel = new Travel(standing(first, from, null, second, to), from, 1000, true);
    expect([travel.advance(100), travel.advance(350)]).toEqual([0, 0.25]);
    const places = standing(second, to, travel, third, to);
    const now = seen(to, ...placeOf(second, places, 0));
    const [a, b] = [seen(from, 0, 0), seen(to, 10, 20)];
    expect(now[0]).toBeCloseTo(a[0] + 0.25 * (b[0] - a[0]));
    expect(now[1]).toBeCloseTo(a[1] + 0.25 * (b[1] - a[1]));
  });

  test("arrive, and not before; on the way to another map they are slow at both ends", () => {
    const steady = new Travel(new Float32Array(2), from, 200, true);
    const smooth = new Travel(new Float32Array(2), from, 200, false);
    for (const travel of [steady, smooth]) travel.advance(50);
    expect([steady.advance(70), smooth.advance(70)]).toEqual([0.1, expect.closeTo(0.028)]);
    expect([steady.advance(250), smooth.advance(300)]).toEqual([1, 1]);
  });

  test("are a sample of the rows of a large map", () => {
    const cloud = new Cloud(new Float32Array(2 * (TRAVELLERS + 5)).fill(1));
    const places = standing(cloud, from, null, cloud, to);
    expect(places).toHaveLength(2 * TRAVELLERS);
    expect(places.every((value) => value === 1)).toBe(true);
  });
});
