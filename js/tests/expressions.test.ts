// @vitest-environment node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fromRows, toRows } from "../src/bitset";
import { datetimeScalar } from "../src/datetimes";
import { type Column, evaluate, lacking, type Table } from "../src/evaluate";
import {
  and,
  depth,
  type Expr,
  ExpressionError,
  MAX_DEPTH,
  type Name,
  not,
  or,
  pickedCount,
  rowsExpr,
  type Scalar,
} from "../src/expressions";
import { toPython } from "../src/python";

interface FixtureColumn {
  name: Name;
  dtype: string;
  values: Scalar[];
  categories?: Scalar[];
  ordered?: boolean;
}

interface Fixture {
  table: {
    index: string[];
    columns: FixtureColumn[];
    projections: Record<string, (Scalar | null)[][]>;
  };
  cases: { python: string; json: Expr; rows: number[] }[];
  errors: { python: string; json: Expr }[];
  absent: { python: string; json: Expr; what: string }[];
}

const path = fileURLToPath(new URL("../../tests/fixtures/expressions.json", import.meta.url));
const fixture: Fixture = JSON.parse(readFileSync(path, "utf8"));

const ARRAYS: Record<string, (values: number[]) => ArrayLike<number>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  int64: (values) => Float64Array.from(values),
  int16: (values) => Int16Array.from(values),
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  Int64: (values) => Float64Array.from(values),
};

/** A number of the table, with datetimes read by JavaScript's own Date. */
function numeric(value: Scalar): number {
  if (value === null) return Number.NaN;
  if (typeof value === "number") return value;
  const record = value as Record<string, string>;
  if ("float" in record) return record.float === "inf" ? Infinity : -Infinity;
  const [whole, micros] = record.datetime.replace("+00:00", "").split(".");
  return Date.parse(`${whole}Z`) + Number((micros ?? "0").padEnd(6, "0")) / 1000;
}

/** A column in the form in which Python sends it; null for integers that no float64 holds. */
function shipped({ dtype, values, categories, ordered }: FixtureColumn): Column | null {
  if (values.some((value) => typeof value === "object" && value !== null && "int" in value))
    return null;
  const array = ARRAYS[dtype];
  if (array)
    return { kind: "number", encoding: "number", values: array(values.map(numeric)), tz: null };
  if (dtype.startsWith("datetime64")) {
    const tz = /, (.*)\]/.exec(dtype)?.[1] ?? null;
    const moments = Float64Array.from(values, numeric);
    return { kind: "datetime", encoding: "number", values: moments, tz };
  }
  const bool = dtype.startsWith("bool");
  const found = new Map(values.filter((v) => v !== null).map((v) => [JSON.stringify(v), v]));
  const distinct = categories ?? (bool ? [false, true] : [...found.values()]);
  const texts = distinct.map((value) => JSON.stringify(value));
  const codes = Uint8Array.from(values, (v) =>
    v === null ? 255 : texts.indexOf(JSON.stringify(v)),
  );
  return { kind: "category", encoding: "code", codes, values: distinct, missing: 255, ordered };
}

const columns = new Map(
  fixture.table.columns.map((column) => [JSON.stringify(column.name), shipped(column)]),
);
const projections = new Map(
  Object.entries(fixture.table.projections).map(([name, points]) => [
    name,
    Float32Array.from(points.flat(), numeric),
  ]),
);
const table: Table = {
  n: fixture.table.index.length,
  column: (name) => columns.get(JSON.stringify(name)) ?? null,
  projection: (name) => projections.get(name) ?? null,
};

describe("the fixture that Python reads too", () => {
  test.each(fixture.cases)("$python", ({ python, json, rows }) => {
    expect(toPython(json)).toBe(python);
    const asked = /"id"|"local".* >= "2024-05-01"$|dv\.rows\(\[/; // of Python
    if (lacking(json, table)) expect(python).toMatch(asked);
    else expect([...toRows(evaluate(json, table))]).toEqual(rows);
  });

  test.each(fixture.errors)("$python has no meaning", ({ json }) => {
    expect(() => evaluate(json, table)).toThrow(ExpressionError);
  });

  test.each(fixture.absent)("$python must be asked of Python", ({ json, what }) => {
    expect(JSON.stringify(lacking(json, table))).toContain(what);
    expect(JSON.stringify(lacking(not(json), table))).toContain(what);
    expect(() => evaluate(json, table)).toThrow(ExpressionError);
  });
});

const a: Expr = { op: "isnull", col: "a" };
const b: Expr = { op: "startswith", col: "b", text: "x" };
const c: Expr = { op: "rows", at: [2, 0] };

test("and and or are kept flat, and a double not vanishes", () => {
  expect(and(and(a, b), c)).toEqual(and(a, and(b, c)));
  expect(or(a, or(b, c))).toEqual({ op: "or", terms: [a, b, c] });
  expect(and(a)).toBe(a);
  expect(not(not(a))).toBe(a);
  expect(depth(and(or(a, b), c))).toBe(3);
});

test("nesting has a limit", () => {
  let expr = a as Expr;
  expect(() => {
    for (let i = 0; i < MAX_DEPTH; i++) expr = i % 2 ? and(expr, b) : or(expr, b);
  }).toThrow(RangeError);
});

test("rows by position are evaluated here, rows by the user's index in Python", () => {
  expect([...toRows(evaluate(c, table))]).toEqual([0, 2]);
  expect(lacking({ op: "rows", index: ["img1"] }, table)).not.toBeNull();
});

test("many picks are bits and few are a list, with the same rows", () => {
  const n = 70_003;
  const every = (step: number) =>
    fromRows(
      n,
      Array.from({ length: n }, (_, i) => i * step),
    );
  const wide = { ...table, n };
  for (const step of [1, 3, 40, 5000]) {
    const expr = rowsExpr(every(step));
    expect("bits" in expr).toBe(step < 40);
    expect(evaluate(expr, wide)).toEqual(every(step));
    expect(pickedCount(expr)).toBe(Math.ceil(n / step));
    expect(lacking(expr, wide)).toBeNull();
  }
  // what Python writes for rows 0 and 9 of 12
  const bits: Expr = { op: "rows", bits: "AQI=" };
  expect([...toRows(evaluate(bits, table))]).toEqual([0, 9]);
  expect(toPython(bits)).toBe("dv.rows([0, 9])");
});

test.each(["", "AQ==", "ARI=", "AQICAQ=="])("bits %j are not those of 12 rows", (bits) => {
  expect(() => evaluate({ op: "rows", bits }, table)).toThrow(ExpressionError);
});

test("a moment of a column becomes the value that selects it", () => {
  const moment = datetimeScalar(Date.UTC(2024, 4, 1, 12, 30) + 0.25, null);
  expect(moment).toEqual({ datetime: "2024-05-01T12:30:00.000250" });
  const expr: Expr = {
    op: "compare",
    cmp: "==",
    left: { col: "time" },
    right: { value: moment },
  };
  expect([...toRows(evaluate(expr, table))]).toEqual([2, 7]);
  expect(datetimeScalar(-0.5, "UTC")).toEqual({ datetime: "1969-12-31T23:59:59.999500+00:00" });
});

test("a date is written as Python writes it", () => {
  const value: Expr = {
    op: "between",
    col: "time",
    low: { datetime: "2024-05-01T12:30:00.000Z" },
    high: { datetime: "2024-05-01 14:00+02:00" },
  };
  expect(toPython(value)).toBe(
    'dv.col("time").between(dv.timestamp("2024-05-01T12:30:00+00:00"), ' +
      'dv.timestamp("2024-05-01T12:00:00+00:00"))',
  );
});
