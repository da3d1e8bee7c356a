import { describe, expect, test } from "vitest";
import { pointLook, rgb } from "../src/scatter/look";
import { Painter } from "../src/scatter/painter";
import type { Look } from "../src/scatter/renderer";

/** A GPU that draws `speed` points a millisecond, and the picture it has made. */
class FakeCanvas {
  base = 0;
  top = 0;
  clears = 0;
  now = 0;
  private doneAt = 0;
  private queued = 0;

  constructor(
    readonly counts: { base: number; top: number },
    readonly speed: number,
  ) {}

  get busy(): boolean {
    return this.now < this.doneAt;
  }
  clear(): void {
    this.base = this.top = 0;
    this.clears++;
  }
  count(list: "base" | "top"): number {
    return this.counts[list];
  }
  draw(list: "base" | "top", from: number, to: number): void {
    expect(from).toBe(this[list]);
    this[list] = to;
    this.queued += to - from;
  }
  submit(): void {
    this.doneAt = this.now + 20 + this.queued / this.speed;
    this.queued = 0;
  }
}

const look = {} as Look;
const TICK = 1000 / 60;

function frames(painter: Painter, canvas: FakeCanvas, ms: number, move = false): boolean {
  let more = true;
  for (const end = canvas.now + ms; canvas.now < end; canvas.now += TICK) {
    if (move) painter.restart(look, canvas.now, true);
    more = painter.step(canvas.now);
  }
  return more;
}

describe("Painter", () => {
  test("draws everything, each point once, and then stops", () => {
    const canvas = new FakeCanvas({ base: 700_000, top: 300_001 }, 2000);
    const painter = new Painter(canvas);
    painter.restart(look, 0, false);
    expect(frames(painter, canvas, 3000)).toBe(false);
    expect(canvas).toMatchObject({ base: 700_000, top: 300_001, clears: 1 });
  });

  test("draws a prefix that keeps up while the view moves, and the rest afterwards", () => {
    const canvas = new FakeCanvas({ base: 1_000_000, top: 0 }, 1500);
    const painter = new Painter(canvas);
    frames(painter, canvas, 3000, true);
    expect(canvas.base).toBeLessThan(150_000);
    const before = canvas.clears;
    frames(painter, canvas, 1000, true);
    expect(canvas.clears - before).toBeGreaterThan(12); // pictures a second
    frames(painter, canvas, 3000);
    expect(canvas.base).toBe(1_000_000);
  });

  test("learns that a fast GPU can draw all points of a moving view", () => {
    const canvas = new FakeCanvas({ base: 1_000_000, top: 0 }, 1_000_000);
    const painter = new Painter(canvas);
    frames(painter, canvas, 2000, true);
    expect(canvas.base).toBe(1_000_000);
  });

  test("shows the selection from the first part on", () => {
    const canvas = new FakeCanvas({ base: 900_000, top: 100_000 }, 1500);
    const painter = new Painter(canvas);
    painter.restart(look, 0, true);
    painter.step(0);
    expect(canvas.top / canvas.base).toBeCloseTo(1 / 9, 2);
  });

  test("draws no points without stopping over it", () => {
    const canvas = new FakeCanvas({ base: 0, top: 0 }, 1);
    const painter = new Painter(canvas);
    painter.restart(look, 0, false);
    expect(frames(painter, canvas, 200)).toBe(false);
    expect(canvas.clears).toBe(1);
  });
});

describe("pointLook", () => {
  test("makes many points small and faint, few large and solid", () => {
    const [few, many] = [100, 1e6].map((n) => pointLook(n, 200_000, 1));
    expect(few.size).toBeGreaterThan(6);
    expect(few.alpha).toBe(0.9);
    // also where they crowd in a hundredth of the view
    const crowded = [100, 1797, 6000, 100_000].map((n) => pointLook(n, 2000, 1).size);
    expect(crowded.map(Math.round)).toEqual([5, 4, 3, 1]);
    expect(many.size).toBeLessThan(2);
    expect(many.alpha).toBeLessThan(0.5);
  });

  test("grows points with the zoom, within bounds", () => {
    const sizes = [1, 10, 100, 1e4].map((zoom) => pointLook(50_000, 200_000, zoom).size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[3]).toBeLessThanOrEqual(14);
  });
});

test("rgb reads the colours that browsers compute", () => {
  expect(rgb("rgb(255, 0, 51)")).toEqual([1, 0, 0.2]);
  expect(rgb("color(srgb 0.5 0.25 1)")).toEqual([0.5, 0.25, 1]);
  expect(rgb("rgba(0, 0, 0, 0)")).toEqual([1, 1, 1]);
});
