// What an expression means for a table: the rows for which it holds.

import type { Bitset } from "./bitset";
import * as bits from "./bitset";
import { parseDatetime } from "./datetimes";
import {
  type Comparison,
  children,
  type Expr,
  ExpressionError,
  type Name,
  pickedRows,
  type Scalar,
} from "./expressions";
import { pointsInPolygon } from "./lasso";
import { quote, scalarToPython } from "./python";

/** Numbers, or datetimes in milliseconds since 1970 (UTC where there is a `tz`); NaN is missing. */
export interface NumberColumn {
  kind: string; // "datetime" or anything else
  encoding: "number";
  values: ArrayLike<number>; // a Float32Array only if the column in pandas is float32 or float16
  tz: string | null;
}

/** Per row a code into `values`. */
export interface CodeColumn {
  kind: string;
  encoding: "code";
  codes: ArrayLike<number>;
  values: readonly Scalar[];
  missing: number | null; // the code that means missing
  ordered?: boolean; // an ordered categorical: < and > go by the order of `values`
}

export type Column = NumberColumn | CodeColumn;

/** The data that `evaluate` looks at; null for what is not in the browser (now). */
export interface Table {
  readonly n: number;
  column(name: Name): Column | null;
  projection(name: string): Float32Array | null;
  /** What stands for how a map was made, where that is known. */
  recipe?(name: string): string | undefined;
}

/** What an expression needs that the table has not. */
export interface Lacking {
  columns: Name[];
  projections: string[];
  /** What only Python can evaluate, in words. */
  kernel: string[];
}

/** The rows for which the expression holds. Throws `ExpressionError`, also if anything is lacking. */
export function evaluate(expr: Expr, table: Table): Bitset {
  switch (expr.op) {
    case "compare":
      if ("col" in expr.right)
        return compareColumns(expr.left.col, expr.cmp, expr.right.col, table);
      return compareValue(expr.left.col, expr.cmp, expr.right.value, table);
    case "between":
      return bits.and(
        compareValue(expr.col, ">=", expr.low, table),
        compareValue(expr.col, "<=", expr.high, table),
      );
    case "isin":
      return isin(columnOf(expr.col, table), expr.values, table.n);
    case "isnull":
      return filter(columnOf(expr.col, table), table.n, ({ kind }) => kind === "missing");
    case "contains": {
      const fold = (text: string) => (expr.case ? text : text.toLowerCase());
      const wanted = fold(expr.text);
      return matchText(expr.col, table, (text) => fold(text).includes(wanted));
    }
    case "startswith":
      return matchText(expr.col, table, (text) => text.startsWith(expr.text));
    case "lasso": {
      const points = table.projection(expr.on);
      if (!points) throw new ExpressionError(`no projection ${quote(expr.on)}`);
      const here = table.recipe?.(expr.on);
      if (expr.recipe !== undefined && here !== undefined && here !== expr.recipe)
        throw new ExpressionError(otherMap(expr.on, expr.recipe, here));
      return pointsInPolygon(points, expr.polygon);
    }
    case "rows":
      if ("index" in expr) throw new ExpressionError("the index is not in the browser");
      return pickedRows(expr, table.n);
    case "and":
      return expr.terms.map((term) => evaluate(term, table)).reduce(bits.and);
    case "or":
      return expr.terms.map((term) => evaluate(term, table)).reduce(bits.or);
    case "not":
      return bits.not(evaluate(expr.term, table), table.n);
    case "slicer":
      throw new ExpressionError(`slicer ${quote(expr.name)} is a Python function`);
  }
}

const otherMap = (on: string, wanted: string, here: string) =>
  `the lasso was drawn on another map ${quote(on)} (recipe ${wanted}) than the one here ` +
  `(recipe ${here}): it was made of other images, vectors or parameters`;

/** What the table lacks to evaluate the expression here; null if it has everything. */
export function lacking(expr: Expr, table: Table): Lacking | null {
  const lack: Lacking = { columns: [], projections: [], kernel: [] };
  const visit = (node: Expr): void => {
    for (const term of children(node)) visit(term);
    for (const name of columnsOf(node)) {
      const column = table.column(name);
      if (!column) lack.columns.push(name);
      else if (column.encoding === "number" && column.tz && column.tz !== "UTC")
        for (const value of valuesOf(node))
          if (typeof value === "string" && !localMoment(value, column).sure)
            lack.kernel.push(`a date without a zone in a column with time zone ${column.tz}`);
    }
    if (valuesOf(node).some((value) => isHuge(value))) lack.kernel.push("an integer beyond 2^53");
    if (node.op === "lasso" && !table.projection(node.on)) lack.projections.push(node.on);
    if (node.op === "slicer") lack.kernel.push(`slicer ${quote(node.name)}`);
    if (node.op === "rows" && "index" in node) lack.kernel.push("rows by index");
  };
  visit(expr);
  return lack.columns.length + lack.projections.length + lack.kernel.length ? lack : null;
}

/** The names of the columns that an expression itself uses, without its terms. */
function columnsOf(expr: Expr): Name[] {
  if (expr.op === "compare")
    return "col" in expr.right ? [expr.left.col, expr.right.col] : [expr.left.col];
  return "col" in expr ? [expr.col] : [];
}

function valuesOf(expr: Expr): readonly Scalar[] {
  if (expr.op === "compare") return "value" in expr.right ? [expr.right.value] : [];
  if (expr.op === "between") return [expr.low, expr.high];
  return expr.op === "isin" ? expr.values : [];
}

const isHuge = (value: Scalar) => typeof value === "object" && value !== null && "int" in value;

/** A value made comparable. Values of different kinds are never equal and have no order. */
type Value =
  | { kind: "number" | "datetime" | "instant" | "timedelta"; value: number }
  | { kind: "text"; value: string }
  | { kind: "missing" | "other"; value: null };

const MISSING: Value = { kind: "missing", value: null };

function toValue(scalar: Name): Value {
  if (scalar === null) return MISSING;
  if (typeof scalar === "string") return { kind: "text", value: scalar };
  if (typeof scalar !== "object") return { kind: "number", value: Number(scalar) };
  if ("datetime" in scalar) return moment(scalar.datetime) ?? { kind: "other", value: null };
  if ("timedelta" in scalar) return { kind: "timedelta", value: scalar.timedelta };
  if ("int" in scalar) return { kind: "number", value: Number(scalar.int) };
  if ("tuple" in scalar) return { kind: "other", value: null };
  if (scalar.float === "nan") return MISSING;
  return { kind: "number", value: scalar.float === "inf" ? Infinity : -Infinity };
}

function compare(a: Value, cmp: Comparison, b: Value): boolean {
  if (a.kind === "missing" || b.kind === "missing") return cmp === "!=";
  if (a.kind !== b.kind || a.kind === "other") {
    if (cmp === "==" || cmp === "!=") return cmp === "!=";
    throw new ExpressionError(`${cmp} has no meaning between ${a.kind} and ${b.kind}`);
  }
  if (cmp === "==") return a.value === b.value;
  if (cmp === "!=") return a.value !== b.value;
  const order =
    a.kind === "text"
      ? compareText(a.value, b.value as string)
      : Math.sign((a.value as number) - (b.value as number)) || 0; // inf - inf
  return ORDERS[cmp](order);
}

const ORDERS = {
  "<": (order: number) => order < 0,
  "<=": (order: number) => order <= 0,
  ">": (order: number) => order > 0,
  ">=": (order: number) => order >= 0,
};

/** By code point as in Python; JavaScript's < goes by UTF-16 unit. */
function compareText(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  // surrogates are above every unit of the basic plane
  const rank = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
  return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
}

function columnOf(name: Name, table: Table): Column {
  const column = table.column(name);
  if (!column) throw new ExpressionError(`column ${scalarToPython(name)} is not here`);
  return column;
}

function scan(n: number, test: (row: number) => boolean): Bitset {
  const hits = bits.bitset(n);
  for (let row = 0; row < n; row++) if (test(row)) hits[row >> 3] |= 1 << (row & 7);
  return hits;
}

/** The rows whose value passes; of a code column each value is tested once. */
function filter(column: Column, n: number, test: (value: Value) => boolean): Bitset {
  const missing = test(MISSING);
  if (column.encoding === "code")
    return byCode(
      column,
      n,
      column.values.map((value) => test(toValue(value))),
      missing,
    );
  const { values } = column;
  const value = { kind: numberKind(column), value: 0 };
  return scan(n, (row) => {
    value.value = values[row];
    return Number.isNaN(value.value) ? missing : test(value);
  });
}

// The two loops that follow a brush have no call in them.

function byCode({ codes, missing }: CodeColumn, n: number, pass: boolean[], none: boolean): Bitset {
  const hits = bits.bitset(n);
  const passes = Uint8Array.from(pass, Number);
  const absent = missing ?? -1;
  for (let row = 0; row < n; row++) {
    const code = codes[row];
    if (code === absent ? none : passes[code]) hits[row >> 3] |= 1 << (row & 7);
  }
  return hits;
}

/** What a number may be to another, and which of it a comparison accepts. */
const [LESS, EQUAL, GREATER, UNORDERED] = [1, 2, 4, 8];
const ACCEPTED = {
  "==": EQUAL,
  "!=": LESS | GREATER | UNORDERED,
  "<": LESS,
  "<=": LESS | EQUAL,
  ">": GREATER,
  ">=": GREATER | EQUAL,
};

function byOrder(values: ArrayLike<number>, n: number, cmp: Comparison, limit: number): Bitset {
  const hits = bits.bitset(n);
  const accepted = ACCEPTED[cmp];
  for (let row = 0; row < n; row++) {
    const v = values[row];
    const order = v < limit ? LESS : v > limit ? GREATER : v === limit ? EQUAL : UNORDERED;
    if (accepted & order) hits[row >> 3] |= 1 << (row & 7);
  }
  return hits;
}

function numberKind({ kind, tz }: NumberColumn): "number" | "datetime" | "instant" {
  return kind !== "datetime" ? "number" : tz ? "instant" : "datetime";
}

/** A value as this column compares it: rounded to float32, or a text read as a date. */
function castTo(column: Column, scalar: Scalar): Value {
  const value = toValue(scalar);
  if (column.encoding !== "number") return value;
  if (value.kind === "text" && column.kind === "datetime")
    return localMoment(value.value, column).value ?? value;
  if (value.kind === "number" && column.values instanceof Float32Array)
    return { kind: "number", value: Math.fround(value.value) };
  return value;
}

function compareValue(name: Name, cmp: Comparison, scalar: Scalar, table: Table): Bitset {
  const column = columnOf(name, table);
  const wanted = castTo(column, scalar);
  if (column.encoding === "code" && column.ordered && cmp in ORDERS && wanted.kind !== "missing")
    return compareOrdered(column, cmp as keyof typeof ORDERS, wanted, table.n);
  if (column.encoding === "number" && wanted.kind === numberKind(column))
    return byOrder(column.values, table.n, cmp, wanted.value as number);
  // also for a column without rows or values: it is the kinds that have no order
  if (column.encoding === "number") compare({ kind: numberKind(column), value: 0 }, cmp, wanted);
  return filter(column, table.n, (value) => compare(value, cmp, wanted));
}

function compareOrdered(
  column: CodeColumn,
  cmp: keyof typeof ORDERS,
  wanted: Value,
  n: number,
): Bitset {
  const place = column.values.findIndex((value) => compare(toValue(value), "==", wanted));
  if (place < 0) throw new ExpressionError(`${cmp} needs one of the ordered categories`);
  const hits = column.values.map((_, code) => ORDERS[cmp](code - place));
  return byCode(column, n, hits, false);
}

function compareColumns(left: Name, cmp: Comparison, right: Name, table: Table): Bitset {
  const columns = [columnOf(left, table), columnOf(right, table)];
  if (cmp in ORDERS && columns.some((column) => column.encoding === "code" && column.ordered))
    throw new ExpressionError(`${cmp} between columns is not defined for ordered categories`);
  const [a, b] = columns.map(reader);
  return scan(table.n, (row) => compare(a(row), cmp, b(row)));
}

function reader(column: Column): (row: number) => Value {
  if (column.encoding === "number") {
    const { values } = column;
    const kind = numberKind(column);
    return (row) => (Number.isNaN(values[row]) ? MISSING : { kind, value: values[row] });
  }
  const { codes, missing } = column;
  const values = column.values.map(toValue);
  return (row) => (codes[row] === missing ? MISSING : values[codes[row]]);
}

function isin(column: Column, scalars: readonly Scalar[], n: number): Bitset {
  const wanted = new Map<string, Set<number | string | null>>();
  for (const scalar of scalars) add(wanted, castTo(column, scalar));
  if (column.encoding === "number") {
    const { values } = column;
    const set = wanted.get(numberKind(column)) ?? new Set();
    if (wanted.has("missing")) set.add(Number.NaN);
    return scan(n, (row) => set.has(values[row]));
  }
  return filter(column, n, ({ kind, value }) => wanted.get(kind)?.has(value) ?? false);
}

function add(sets: Map<string, Set<number | string | null>>, { kind, value }: Value): void {
  if (kind === "other") return; // equal to nothing
  const set = sets.get(kind);
  if (set) set.add(value);
  else sets.set(kind, new Set([value]));
}

function matchText(name: Name, table: Table, test: (text: string) => boolean): Bitset {
  const column = columnOf(name, table);
  const numbers =
    column.encoding === "number" ||
    (column.values.length > 0 && !column.values.some((value) => typeof value === "string"));
  if (numbers) throw new ExpressionError(`column ${scalarToPython(name)} holds no text`);
  return filter(column, table.n, ({ kind, value }) => kind === "text" && test(value));
}

// ---------------------------------------------------------------------------------------- date texts

/** In milliseconds, as datetime columns are. */
function moment(text: string): Value | null {
  const parsed = parseDatetime(text);
  return parsed && { kind: parsed.aware ? "instant" : "datetime", value: parsed.micros / 1000 };
}

/** A text compared with a datetime column: without an offset it is in the column's own zone. */
function localMoment(text: string, { tz }: NumberColumn): { value: Value | null; sure: boolean } {
  const value = moment(text);
  if (value?.kind !== "datetime" || !tz) return { value, sure: true };
  return { value: { kind: "instant", value: value.value }, sure: tz === "UTC" };
}
