/**
 * The expression language in the browser: the twin of dataview/expressions.py, which documents the
 * rules (missing values, values of different kinds, time zones). tests/fixtures/expressions.json
 * holds both to the same masks and the same Python text.
 */

import type { Bitset } from "./bitset";
import * as bits from "./bitset";
import { type Polygon, pointsInPolygon } from "./lasso";

/** A JSON scalar, or a tagged object for what JSON has no scalar for. */
export type Scalar =
  | number
  | string
  | boolean
  | null
  | { datetime: string } // ISO 8601 to the microsecond; with an offset an instant, without one local
  | { timedelta: number } // seconds
  | { float: "nan" | "inf" | "-inf" }
  | { int: string }; // beyond 2^53, where a JSON number loses digits

/** What pandas may have as a column's name or in an index. */
export type Name = Scalar | { tuple: Name[] };

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type Term = { col: Name } | { value: Scalar };

/** An expression as it travels; immutable by convention. */
export type Expr =
  | { op: "compare"; cmp: Comparison; left: { col: Name }; right: Term }
  | { op: "isin"; col: Name; values: Scalar[] }
  | { op: "between"; col: Name; low: Scalar; high: Scalar }
  | { op: "isnull"; col: Name }
  | { op: "contains"; col: Name; text: string; case: boolean }
  | { op: "startswith"; col: Name; text: string }
  | { op: "lasso"; on: string; polygon: Polygon }
  | { op: "slicer"; name: string }
  | RowsExpr
  | { op: "and" | "or"; terms: Expr[] }
  | { op: "not"; term: Expr };

/** Picks by position: on the wire, a list or the base64 of a bitset. */
export type PickedExpr = { op: "rows"; at: number[] } | { op: "rows"; bits: string };

/** Explicit picks: by the user's index or by position. */
export type RowsExpr = { op: "rows"; index: Name[] } | PickedExpr;

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
  /** The user's index, where it is known. */
  readonly index?: readonly Name[] | null;
}

/** What an expression needs that the table has not. */
export interface Lacking {
  columns: Name[];
  projections: string[];
  /** What only Python can evaluate, in words. */
  kernel: string[];
}

/** An expression that has no meaning for this table; the message says why. */
export class ExpressionError extends Error {}

export const MAX_DEPTH = 180; // as in Python, whose parser reads 200 parentheses in each other

// ---------------------------------------------------------------------------------------- building

/** The rows in all of the expressions. */
export function and(...terms: Expr[]): Expr {
  return combine("and", terms);
}

/** The rows in any of the expressions. */
export function or(...terms: Expr[]): Expr {
  return combine("or", terms);
}

/** The rows that are not in the expression. */
export function not(term: Expr): Expr {
  return term.op === "not" ? term.term : limited({ op: "not", term });
}

function combine(op: "and" | "or", terms: Expr[]): Expr {
  const flat = terms.flatMap((term) => (term.op === op ? term.terms : [term]));
  if (flat.length === 0) throw new RangeError(`${op} needs an expression`);
  return flat.length === 1 ? flat[0] : limited({ op, terms: flat });
}

function limited(expr: Expr): Expr {
  if (depth(expr) > MAX_DEPTH)
    throw new RangeError(
      `a selection may be nested ${MAX_DEPTH} deep at most: start again from picked rows`,
    );
  return expr;
}

export function depth(expr: Expr): number {
  return 1 + children(expr).reduce((most, term) => Math.max(most, depth(term)), 0);
}

function children(expr: Expr): Expr[] {
  if (expr.op === "not") return [expr.term];
  return expr.op === "and" || expr.op === "or" ? expr.terms : [];
}

/** Up to so many rows are always a list; from there on bits, where they are shorter. */
const LISTED = 1000;
const PER_BIT = 32;

/** The picks of a set of rows. */
export function rowsExpr(set: Bitset): PickedExpr {
  const rows = bits.count(set);
  if (rows > Math.max(LISTED, (8 * set.length) / PER_BIT))
    return { op: "rows", bits: bits.toBase64(set) };
  return { op: "rows", at: [...bits.toRows(set)] };
}

/** The rows of picks, among n. */
export function pickedRows(expr: PickedExpr, n: number): Bitset {
  if ("at" in expr) return bits.fromRows(n, expr.at);
  const set = unpacked(expr.bits);
  // n rows fill n / 8 bytes, and there is none beyond them
  if (set.length !== (n + 7) >> 3 || (n & 7 && set[n >> 3] >> (n & 7)))
    throw new ExpressionError(`picked rows that are not among the ${n} of this table`);
  return set;
}

/** How many rows were picked. */
export function pickedCount(expr: PickedExpr): number {
  return "at" in expr ? expr.at.length : bits.count(unpacked(expr.bits));
}

function unpacked(text: string): Bitset {
  return bits.fromBase64(text) ?? fail("bits that are not base64");
}

/** The value for a moment in milliseconds since 1970, as the columns hold them. */
export function datetimeScalar(milliseconds: number, tz: string | null): Scalar {
  return { datetime: formatDatetime(Math.round(milliseconds * 1000), tz !== null) };
}

// --------------------------------------------------------------------------------------- evaluating

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
      return pointsInPolygon(points, expr.polygon);
    }
    case "rows":
      return "index" in expr ? rowsByIndex(expr.index, table) : pickedRows(expr, table.n);
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
    if (valuesOf(node).some((value) => isTagged(value, "int")))
      lack.kernel.push("an integer beyond 2^53");
    if (node.op === "lasso" && !table.projection(node.on)) lack.projections.push(node.on);
    if (node.op === "slicer") lack.kernel.push(`slicer ${quote(node.name)}`);
    if (node.op === "rows" && "index" in node && !table.index) lack.kernel.push("rows by index");
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

function rowsByIndex(index: readonly Name[], table: Table): Bitset {
  const rows = table.index;
  if (!rows) throw new ExpressionError("the index is not in the browser");
  const wanted = new Set(index.map((name) => scalarToPython(name)));
  return scan(table.n, (row) => wanted.has(scalarToPython(rows[row])));
}

// --------------------------------------------------------------------------------------- date texts

const ISO =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Microseconds since 1970 of an ISO 8601 text, and whether it has an offset; null if it is none. */
function parseDatetime(text: string): { micros: number; aware: boolean } | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((digits, i) => (digits === undefined ? [0, 1, 1, 0, 0, 0][i] : Number(digits)));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same = // a 31st of April has rolled over
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  if (!same || second > 59 || year < 1) return null;
  const offset = match[8];
  let minutes = 0;
  if (offset && offset !== "Z") {
    const [hours, rest] = [Number(offset.slice(1, 3)), Number(offset.slice(4))];
    if (hours > 23 || rest > 59) return null;
    minutes = (offset[0] === "-" ? -1 : 1) * (60 * hours + rest);
  }
  const micros = Number((match[7] ?? "").padEnd(6, "0"));
  return { micros: (date.getTime() - 60_000 * minutes) * 1000 + micros, aware: Boolean(offset) };
}

/** As Python's isoformat writes it. */
function formatDatetime(micros: number, aware: boolean): string {
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - 1e6 * seconds;
  const text = new Date(1000 * seconds).toISOString().slice(0, 19);
  return text + (rest ? `.${String(rest).padStart(6, "0")}` : "") + (aware ? "+00:00" : "");
}

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

// ------------------------------------------------------------------------------------------- Python

/** The Python code of an expression, the same text as Python's repr of it. */
export function toPython(expr: Expr): string {
  switch (expr.op) {
    case "compare": {
      const right = "col" in expr.right ? column(expr.right.col) : scalarToPython(expr.right.value);
      return `${column(expr.left.col)} ${expr.cmp} ${right}`;
    }
    case "isin":
      return `${column(expr.col)}.isin([${expr.values.map(scalarToPython).join(", ")}])`;
    case "between":
      return `${column(expr.col)}.between(${scalarToPython(expr.low)}, ${scalarToPython(expr.high)})`;
    case "isnull":
      return `${column(expr.col)}.isnull()`;
    case "contains":
      return `${column(expr.col)}.contains(${quote(expr.text)}${expr.case ? "" : ", case=False"})`;
    case "startswith":
      return `${column(expr.col)}.startswith(${quote(expr.text)})`;
    case "lasso": {
      const vertices = expr.polygon.map(([x, y]) => `(${number(x)}, ${number(y)})`);
      return `dv.lasso([${vertices.join(", ")}], on=${quote(expr.on)})`;
    }
    case "slicer":
      return `dv.slicer(${quote(expr.name)})`;
    case "rows":
      // positions are not Python; Python itself writes the index values
      return `dv.rows([${rowLabels(expr).map(scalarToPython).join(", ")}])`;
    case "and":
      return expr.terms.map(operand).join(" & ");
    case "or":
      return expr.terms.map(operand).join(" | ");
    case "not":
      return `~${operand(expr.term)}`;
  }
}

function rowLabels(expr: RowsExpr): readonly Name[] {
  if ("index" in expr) return expr.index;
  return "at" in expr ? expr.at : [...bits.toRows(unpacked(expr.bits))];
}

function operand(expr: Expr): string {
  const text = toPython(expr);
  return expr.op === "compare" || expr.op === "and" || expr.op === "or" ? `(${text})` : text;
}

function column(name: Name): string {
  return `dv.col(${scalarToPython(name)})`;
}

export function scalarToPython(scalar: Name): string {
  if (scalar === null) return "None";
  if (typeof scalar === "string") return quote(scalar);
  if (typeof scalar === "boolean") return scalar ? "True" : "False";
  if (typeof scalar === "number") return number(scalar);
  if ("float" in scalar) return `float("${scalar.float}")`;
  if ("int" in scalar) return scalar.int;
  if ("timedelta" in scalar) return `dv.duration(${number(scalar.timedelta)})`;
  if ("datetime" in scalar)
    return `dv.timestamp("${canonicalDatetime(scalar.datetime).replace(/T00:00:00$/, "")}")`;
  const items = scalar.tuple.map(scalarToPython);
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

function canonicalDatetime(text: string): string {
  const parsed = parseDatetime(text);
  return parsed ? formatDatetime(parsed.micros, parsed.aware) : text;
}

/** As Python writes it: whole numbers below 2^53 without a point, others as a float's repr. */
function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return String(value + 0);
  if (!Number.isFinite(value))
    return `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  // JavaScript writes these without an exponent too, except 0.00001, which is out already
  return String(value);
}

/** A Python literal that is printable: invisible and direction-changing characters are escaped. */
function quote(text: string): string {
  return `"${text.replace(ESCAPED, (char) => SHORT[char] ?? unicode(char))}"`;
}

const unicode = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
const SHORT: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
const ESCAPED = // with the u flag, \ud800-\udfff are lone surrogates only
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  /["\\\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu;

// ------------------------------------------------------------------------------------------ parsing

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];
const MAX_NODES = 10_000;
const MAX_VERTICES = 10_000;

/** An expression from JSON of unknown origin. Throws `ExpressionError` for anything unexpected. */
export function parseExpr(data: unknown): Expr {
  let nodes = 0;
  const parse = (value: unknown, level: number): Expr => {
    if (level > MAX_DEPTH) fail(`nested more than ${MAX_DEPTH} deep`);
    if (++nodes > MAX_NODES) fail(`more than ${MAX_NODES} parts`);
    const op = isRecord(value) ? value.op : undefined;
    const get = (...keys: string[]) => fields(value, "op", ...keys);
    switch (op) {
      case "compare": {
        const { cmp, left, right } = get("cmp", "left", "right");
        if (!COMPARISONS.includes(cmp as string)) fail(`unknown comparison ${show(cmp)}`);
        const side: Term =
          isRecord(right) && "value" in right
            ? { value: parseScalar(fields(right, "value").value) }
            : { col: parseName(fields(right, "col").col) };
        const name = parseName(fields(left, "col").col);
        return { op, cmp: cmp as Comparison, left: { col: name }, right: side };
      }
      case "isin": {
        const { col, values } = get("col", "values");
        return { op, col: parseName(col), values: list(values).map(parseScalar) };
      }
      case "between": {
        const { col, low, high } = get("col", "low", "high");
        return { op, col: parseName(col), low: parseScalar(low), high: parseScalar(high) };
      }
      case "isnull":
        return { op, col: parseName(get("col").col) };
      case "contains": {
        const { col, text: wanted, case: matters } = get("col", "text", "case");
        if (typeof matters !== "boolean") fail(`case is ${show(matters)}`);
        return { op, col: parseName(col), text: string(wanted), case: matters as boolean };
      }
      case "startswith": {
        const { col, text: wanted } = get("col", "text");
        return { op, col: parseName(col), text: string(wanted) };
      }
      case "lasso": {
        const { on, polygon } = get("on", "polygon");
        return { op, on: string(on), polygon: parsePolygon(polygon) };
      }
      case "slicer":
        return { op, name: string(get("name").name) };
      case "rows": {
        if (isRecord(value) && "bits" in value) {
          const text = string(get("bits").bits);
          unpacked(text);
          return { op, bits: text };
        }
        if (!isRecord(value) || !("at" in value))
          return { op, index: list(get("index").index).map(parseName) };
        const at = list(get("at").at);
        const bad = at.find((row) => !(Number.isSafeInteger(row) && (row as number) >= 0));
        if (bad !== undefined) fail(`${show(bad)} is not a row position`);
        return { op, at: at as number[] };
      }
      case "and":
      case "or": {
        const terms = list(get("terms").terms);
        if (terms.length < 2) fail(`${op} needs two terms at least`);
        return combine(
          op,
          terms.map((term) => parse(term, level + 1)),
        );
      }
      case "not":
        return not(parse(get("term").term, level + 1));
      default:
        return fail(`${show(value)} is not an expression`);
    }
  };
  return parse(data, 1);
}

function parsePolygon(data: unknown): Polygon {
  const polygon = list(data);
  if (polygon.length < 3 || polygon.length > MAX_VERTICES)
    fail(`a polygon has 3 to ${MAX_VERTICES} vertices, not ${polygon.length}`);
  return polygon.map((vertex) => {
    const pair = list(vertex);
    // beyond float32 there are no points
    const usable = pair.every((v) => typeof v === "number" && Math.abs(v) <= 3.4e38);
    if (pair.length !== 2 || !usable) fail(`${show(vertex)} is not a vertex`);
    return [pair[0] as number, pair[1] as number] as const;
  });
}

function parseScalar(data: unknown): Scalar {
  if (data === null || typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number" && Number.isFinite(data)) return data;
  if (isTagged(data, "datetime")) {
    const text = string(data.datetime);
    if (parseDatetime(text)) return { datetime: canonicalDatetime(text) };
  } else if (isTagged(data, "timedelta")) {
    if (Number.isFinite(data.timedelta)) return { timedelta: data.timedelta as number };
  } else if (isTagged(data, "float")) {
    if (["nan", "inf", "-inf"].includes(data.float as string)) return data as Scalar;
  } else if (isTagged(data, "int")) {
    const digits = data.int;
    if (typeof digits === "string" && /^-?[1-9]\d{15,99}$/.test(digits)) return { int: digits };
  }
  return fail(`${show(data)} is not a value`);
}

function parseName(data: unknown, _index?: unknown, _all?: unknown, level = 0): Name {
  if (!isTagged(data, "tuple")) return parseScalar(data);
  if (level > 8) fail("a tuple nested more than 8 deep");
  return { tuple: list(data.tuple).map((item) => parseName(item, 0, 0, level + 1)) };
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function isTagged<K extends string>(data: unknown, tag: K): data is Record<K, unknown> {
  return isRecord(data) && tag in data && Object.keys(data).length === 1;
}

/** The record, if it has exactly these keys. */
function fields(data: unknown, ...keys: string[]): Record<string, unknown> {
  if (!isRecord(data)) return fail(`${show(data)} where a record was expected`);
  const unknown = Object.keys(data).filter((key) => !keys.includes(key));
  const absent = keys.filter((key) => !Object.hasOwn(data, key));
  if (unknown.length || absent.length)
    fail(`${show(data)} must have exactly the keys ${keys.join(", ")}`);
  return data;
}

function list(data: unknown): unknown[] {
  return Array.isArray(data) ? data : fail(`${show(data)} where a list was expected`);
}

function string(data: unknown): string {
  return typeof data === "string" ? data : fail(`${show(data)} where a text was expected`);
}

function show(data: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(data) ?? String(data);
  } catch {
    text = typeof data; // nested so deep that it cannot be shown
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function fail(message: string): never {
  throw new ExpressionError(`invalid expression: ${message}`);
}
