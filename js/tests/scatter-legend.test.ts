import { describe, expect, test } from "vitest";
import type { Expr } from "../src/expressions";
import { keptValues, toggleValue } from "../src/scatter/legendfilter";

const isin = (...values: string[]): Expr => ({ op: "isin", col: "label", values });
const dim: Expr = {
  op: "compare",
  cmp: "<",
  left: { col: "brightness" },
  right: { value: 0.2 },
};

describe("a click on a category", () => {
  test("keeps only it, a second adds another, and again takes it out", () => {
    const one = toggleValue(null, "label", "cat");
    expect(one).toEqual(isin("cat"));
    const two = toggleValue(one, "label", "dog");
    expect(two).toEqual(isin("cat", "dog"));
    expect(toggleValue(two, "label", "cat")).toEqual(isin("dog"));
  });

  test("on the last kept one shows everything again", () => {
    expect(toggleValue(isin("cat"), "label", "cat")).toBeNull();
  });

  test("leaves the filter's other terms as they are", () => {
    const filter = toggleValue(dim, "label", "cat");
    expect(filter).toEqual({ op: "and", terms: [dim, isin("cat")] });
    expect(toggleValue(filter, "label", "cat")).toEqual(dim);
  });

  test("can keep missing values, alone and with others", () => {
    const missing = toggleValue(null, "label", null);
    expect(missing).toEqual({ op: "isnull", col: "label" });
    const both = toggleValue(missing, "label", "cat");
    expect(keptValues(both, "label")).toEqual(["cat", null]);
    expect(toggleValue(both, "label", null)).toEqual(isin("cat"));
  });

  test("goes on from a filter that was made elsewhere", () => {
    const equal: Expr = {
      op: "compare",
      cmp: "==",
      left: { col: "label" },
      right: { value: "cat" },
    };
    expect(toggleValue(equal, "label", "dog")).toEqual(isin("cat", "dog"));
  });

  test("tells values and names that are not strings apart", () => {
    const day = { datetime: "2024-01-01T00:00:00" };
    const filter = toggleValue(null, { tuple: ["a", 1] }, day);
    expect(keptValues(filter, { tuple: ["a", 1] })).toEqual([day]);
    expect(toggleValue(filter, { tuple: ["a", 1] }, { ...day })).toBeNull();
  });
});

test("a filter on another column keeps all categories", () => {
  expect(keptValues(dim, "label")).toBeNull();
  expect(keptValues({ op: "or", terms: [isin("cat"), dim] }, "label")).toBeNull();
});
