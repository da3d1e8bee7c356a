import { describe, expect, test } from "vitest";
import type { Expr } from "../src/expressions";
import { found, grouped, openAtFirst } from "../src/groups";
import type { Field } from "../src/protocol";
import { linesOf } from "../src/sample/fields";
import { keptFlag, toggleFlag } from "../src/summary/flag";
import { isOpen, setOpen } from "../src/summary/folding";
import { colorsOf } from "../src/summary/swatches";

const column = (text: string, group = "", kind = "number") => ({ text, group, kind });
const many = (count: number, group: string, kind = "number") =>
  Array.from({ length: count }, (_, i) => column(`${group} ${i}`, group, kind));

describe("groups of columns", () => {
  test("begin with the user's own, whatever was added last, and end with unknown ones", () => {
    const columns = [
      column("iso", "camera"),
      column("label"),
      column("x", "new"),
      column("w", "image"),
    ];
    expect(grouped(columns).map(({ key, items }) => [key, items.map(({ text }) => text)])).toEqual([
      ["", ["label"]],
      ["image", ["w"]],
      ["camera", ["iso"]],
      ["new", ["x"]],
    ]);
  });

  test("have the flags first among what is about quality", () => {
    const columns = [...many(1, "quality"), ...many(1, "quality", "boolean"), column("own")];
    expect(grouped(columns).flatMap(({ items }) => items.map(({ kind }) => kind))).toEqual([
      "number",
      "boolean",
      "number",
    ]);
  });

  test("are open as far as there is room, the user's own and the flags always", () => {
    const open = (...counts: [string, number][]) => [
      ...openAtFirst(grouped(counts.flatMap(([group, count]) => many(count, group)))),
    ];
    const scanned: [string, number][] = [
      ["image", 6],
      ["file", 7],
      ["pixels", 9],
      ["quality", 1],
    ];
    expect(open(["", 2], ...scanned)).toEqual(["", "quality", "image", "file"]);
    expect(open(["", 60], ...scanned)).toEqual([""]);
    expect(open(["pixels", 13])).toEqual(["pixels"]);
    const flags = many(9, "quality", "boolean");
    expect([...openAtFirst(grouped([...many(60, ""), ...flags]))]).toEqual(["", "quality"]);
  });

  test("are searched by every word of a name, or by the name of the group", () => {
    const columns = [
      column("camera_make", "camera"),
      column("iso", "camera"),
      column("red_mean", "pixels"),
      column("Red car"),
    ];
    const names = (search: string) => found(columns, search).map(({ text }) => text);
    expect(names("red")).toEqual(["red_mean", "Red car"]);
    expect(names("mean RED")).toEqual(["red_mean"]);
    expect(names("cam")).toEqual(["camera_make", "iso"]);
    expect(names("cam iso")).toEqual(["iso"]);
    expect(names("  ")).toHaveLength(4);
    expect(names("nothing")).toEqual([]);
  });
});

test("a group that was opened or folded stays so, for the page's session", () => {
  const atFirst = new Set(["image"]);
  expect([isOpen("image", atFirst), isOpen("camera", atFirst)]).toEqual([true, false]);
  setOpen("image", false);
  setOpen("camera", true);
  expect([isOpen("image", atFirst), isOpen("camera", atFirst)]).toEqual([false, true]);
  expect(sessionStorage.length).toBe(1);
});

describe("a flag in the filter", () => {
  const yes: Expr = { op: "compare", cmp: "==", left: { col: "dark" }, right: { value: true } };
  const no: Expr = { op: "not", term: yes };
  const other: Expr = { op: "isnull", col: "x" };

  test("is one clause among others, and goes with the next click", () => {
    const filter = toggleFlag(other, "dark", true);
    expect(filter).toEqual({ op: "and", terms: [other, yes] });
    expect(keptFlag(filter, "dark")).toBe(true);
    expect(toggleFlag(filter, "dark", true)).toEqual(other);
    expect(toggleFlag(yes, "dark", true)).toBeNull();
  });

  test("turns into its opposite", () => {
    expect(toggleFlag(yes, "dark", false)).toEqual(no);
    expect(keptFlag(no, "dark")).toBe(false);
    expect(toggleFlag(no, "dark", true)).toEqual(yes);
    expect(keptFlag(other, "dark")).toBeNull();
  });
});

describe("a row's values", () => {
  const field = (text: string, value: string | null, group: string, kind = "number") =>
    ({ text, value, group, kind }) as Field;

  test("keep the user's missing ones, and leave out those that a scan did not find", () => {
    expect(linesOf("", [field("a", null, ""), field("b", "0.30000000000000004", "")])).toEqual([
      { name: "a", value: null },
      { name: "b", value: "0.3" },
    ]);
    expect(linesOf("file", [field("format", null, "file", "text")])).toEqual([]);
  });

  test("have the place as one pair of numbers, where both are known", () => {
    const place = [
      field("latitude", "48.85837", "camera"),
      field("longitude", "2.294481", "camera"),
    ];
    expect(linesOf("camera", [...place, field("iso", "100", "camera")])).toEqual([
      { name: "iso", value: "100" },
      { name: "place", value: "48.858370, 2.294481" },
    ]);
    expect(linesOf("camera", [place[0]])).toEqual([{ name: "latitude", value: "48.8584" }]);
  });

  test("have the flags that are set in one line", () => {
    const flags = [
      field("dark", "True", "quality", "boolean"),
      field("light", "False", "quality", "boolean"),
      field("blurry", "True", "quality", "boolean"),
    ];
    expect(linesOf("quality", flags)).toEqual([{ name: "flags", value: "dark, blurry" }]);
    expect(linesOf("quality", [flags[1]])).toEqual([{ name: "flags", value: null }]);
  });
});

describe("a column of colours", () => {
  const colors = (categories: string[], codes: number[]) =>
    colorsOf({
      kind: "text",
      encoding: "code",
      codes: Uint8Array.from(codes),
      categories,
      values: categories,
      missing: 255,
    });

  test("has similar ones in one swatch, their mean, the most frequent first", () => {
    const found = colors(["#0000ff", "#ff0000", "#fd0002", "#00ff00"], [1, 2, 1, 0, 255, 0]);
    expect(found?.map(({ css, codes, count }) => [css, codes, count])).toEqual([
      ["#fe0001", [1, 2], 3],
      ["#0000ff", [0], 2],
    ]);
  });

  test("is nothing but colours", () => {
    expect(colors(["#ff0000", "red"], [0, 1])).toBeNull();
    expect(colors([], [255])).toBeNull();
  });
});
