/**
 * The expression language in the browser: what a selection or a filter is. What it means for a table
 * is in evaluate.ts, its Python code in python.ts. The twin of dataview/expressions.py, which
 * documents the rules (missing values, values of different kinds, time zones).
 * tests/fixtures/expressions.json holds both to the same masks and the same Python text.
 */

import type { Bitset } from "./bitset";
import * as bits from "./bitset";
import type { Polygon } from "./lasso";

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
  | LassoExpr
  | { op: "slicer"; name: string }
  | RowsExpr
  | { op: "and" | "or"; terms: Expr[] }
  | { op: "not"; term: Expr };

/** The rows whose points are inside a polygon of a map. */
export interface LassoExpr {
  op: "lasso";
  on: string;
  polygon: Polygon;
  /** Which map of this name, where the lasso says so: its `recipe` in the schema. */
  recipe?: string;
}

/** Picks by position: on the wire, a list or the base64 of a bitset. */
export type PickedExpr = { op: "rows"; at: number[] } | { op: "rows"; bits: string };

/** Explicit picks: by the user's index or by position. */
export type RowsExpr = { op: "rows"; index: Name[] } | PickedExpr;

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

/** The expressions that it is made of. */
export function children(expr: Expr): Expr[] {
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

/** The picked rows as far as they say themselves: positions, or the bits. */
export function positionsOf(expr: PickedExpr): ArrayLike<number> {
  return "at" in expr ? expr.at : bits.toRows(unpacked(expr.bits));
}

function unpacked(text: string): Bitset {
  const set = bits.fromBase64(text);
  if (!set) throw new ExpressionError("picked rows as bits that are not base64");
  return set;
}
