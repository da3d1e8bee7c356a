import { describe, expect, test } from "vitest";
import { fromRows } from "../src/bitset";
import {
  binning,
  constantOf,
  drawnRange,
  missingCodes,
  moments,
  tally,
} from "../src/summary/statistics";

const values = Float64Array.from({ length: 1000 }, (_, i) =>
  i % 50 === 0 ? Number.NaN : Math.sin(i) * 5,
);

describe("bins", () => {
  test("hold every value once, between their edges", () => {
    const bins = binning(values)!;
    const counts = tally(bins.index, bins.bins, null);
    const width = (bins.high - bins.low) / bins.bins;
    for (let bin = 0; bin < bins.bins; bin++) {
      const low = bins.low + bin * width;
      const last = bin === bins.bins - 1;
      const inside = values.filter((v) => v >= low && (v < low + width || last));
      expect(counts[bin]).toBe(inside.length);
    }
  });

  test("of whole numbers have their edges between whole numbers", () => {
    const bins = binning(Uint8Array.of(0, 1, 1, 9))!;
    expect([bins.low, bins.high, bins.bins, bins.whole]).toEqual([-0.5, 9.5, 10, true]);
    expect([...tally(bins.index, bins.bins, null)]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
    const wide = binning(Uint16Array.from({ length: 1000 }, (_, i) => i))!;
    expect((wide.high - wide.low) / wide.bins).toBe(32);
  });

  test("are not spoiled by a few far-off values, which the last bin takes", () => {
    const bins = binning(
      Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1e9 : i / 1000)),
    )!;
    expect(bins.high).toBeLessThan(2);
    expect(bins.max).toBe(1e9);
    expect(tally(bins.index, bins.bins, null).reduce((a, b) => a + b)).toBe(1000);
  });

  test("exist for a constant column and not for an empty one", () => {
    expect(binning(Float32Array.of(2.5, 2.5))?.bins).toBe(1);
    expect(binning(Float32Array.of(Number.NaN))).toBeNull();
    expect(binning(new Float32Array(0))).toBeNull();
  });
});

test("counts and moments of a mask are those of its rows", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => i).filter((i) => i % 7 < 3);
  const mask = fromRows(1000, rows);
  const present = rows.map((row) => values[row]).filter((v) => !Number.isNaN(v));
  const found = moments(values, mask);
  expect(found.count).toBe(present.length);
  expect(found.missing).toBe(rows.length - present.length);
  expect([found.min, found.max]).toEqual([Math.min(...present), Math.max(...present)]);
  expect(found.mean).toBeCloseTo(present.reduce((a, b) => a + b) / present.length, 12);
  const codes = Uint8Array.from({ length: 1000 }, (_, i) => (i % 4 === 3 ? 255 : i % 4));
  const counted = [0, 1, 2].map((code) => rows.filter((row) => codes[row] === code).length);
  expect([...tally(codes, 3, mask)]).toEqual(counted);
  expect(missingCodes(codes, 255, mask)).toBe(rows.filter((row) => codes[row] === 255).length);
});

test("a column is constant where all rows have one value, or all have none", () => {
  const number = (...values: number[]) =>
    constantOf({ kind: "number", encoding: "number", values: Float32Array.from(values), tz: null });
  expect([number(8, 8, 8), number(8, 9, 8), number(0, 0)]).toEqual([8, null, 0]);
  expect([number(Number.NaN, Number.NaN), number(8, Number.NaN), number()]).toEqual([
    Number.NaN,
    null,
    Number.NaN,
  ]);
  const code = (...codes: number[]) =>
    constantOf({
      kind: "category",
      encoding: "code",
      codes: Uint8Array.from(codes),
      categories: ["a", "b"],
      values: ["a", "b"],
      missing: 255,
      ordered: false,
    });
  expect([code(1, 1), code(0, 1), code(0, 255), code(255, 255)]).toEqual([
    1,
    null,
    null,
    Number.NaN,
  ]);
});

describe("a range drawn by hand", () => {
  const bins = binning(Float64Array.from({ length: 101 }, (_, i) => i / 100 + 0.001))!;

  test("is rounded to what a pixel means", () => {
    expect(drawnRange(bins, 0.61234567, 0.2987654, 0.005)).toEqual([0.299, 0.612]);
  });

  test("goes to the very ends where the drawing does", () => {
    expect(drawnRange(bins, bins.low, bins.high, 0.005)).toEqual([bins.min, bins.max]);
  });

  test("of whole numbers has whole ends, and may hold none", () => {
    const whole = binning(Uint8Array.of(0, 5, 9))!;
    expect(drawnRange(whole, 1.6, 4.4, 0.1)).toEqual([2, 4]);
    expect(drawnRange(whole, 1.6, 1.8, 0.1)).toBeNull();
  });
});
