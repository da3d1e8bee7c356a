// The algebra of selections: how a click joins what is selected already.
import * as bits from "./bitset";
import {
  and,
  type Expr,
  type LassoExpr,
  type Name,
  not,
  or,
  type PickedExpr,
  pickedRows,
  rowsExpr,
  type Scalar,
} from "./expressions";
import { sameJson } from "./traits";

export type Mode = "replace" | "add" | "subtract" | "intersect";

const isPicks = (e: Expr): e is PickedExpr => e.op === "rows" && !("index" in e);

/** Everything: the complement of no rows. */
export const EVERYTHING: Expr = { op: "not", term: { op: "rows", at: [] } };

/** The flat, n-ary conjunction (or disjunction) without repeated terms. */
export function join(op: "and" | "or", parts: Expr[]): Expr {
  const terms: Expr[] = [];
  for (const part of parts.flatMap((e) => (e.op === op ? e.terms : [e]))) {
    if (!terms.some((term) => sameJson(term, part))) terms.push(part);
  }
  return (op === "and" ? and : or)(...terms);
}

/** The terms that must all hold. */
export function conjuncts(e: Expr | null): Expr[] {
  if (!e) return [];
  return e.op === "and" ? e.terms : [e];
}

/** What is selected of n rows after `term` in `mode`. Picks stay one list of rows. */
export function combine(current: Expr | null, term: Expr, mode: Mode, n: number): Expr | null {
  if (mode === "replace") {
    return isPicks(term) && bits.count(pickedRows(term, n)) === 0 ? null : term;
  }
  if (!current) return mode === "add" ? term : null;
  if (isPicks(current) && isPicks(term)) {
    const rows = PICKING[mode](pickedRows(current, n), pickedRows(term, n));
    return bits.count(rows) > 0 ? rowsExpr(rows) : null;
  }
  if (mode === "add") return join("or", [current, term]);
  if (mode === "intersect") return join("and", [current, term]);
  return join("and", [current, not(term)]);
}

const PICKING = { add: bits.or, intersect: bits.and, subtract: bits.andNot };

/** The term restricted to the filter; picks are of visible rows anyway. */
export function within(term: Expr, filter: Expr | null): Expr {
  return filter && !isPicks(term) ? join("and", [term, filter]) : term;
}

/** The lassos in an expression. */
export function lassosIn(expr: Expr | null): LassoExpr[] {
  if (expr?.op === "lasso") return [expr];
  if (expr?.op === "not") return lassosIn(expr.term);
  return expr?.op === "and" || expr?.op === "or" ? expr.terms.flatMap(lassosIn) : [];
}

/** The rows where a column has a value; null: where it has none. */
export function equals(col: Name, value: Scalar): Expr {
  if (value === null) return { op: "isnull", col };
  return { op: "compare", cmp: "==", left: { col }, right: { value } };
}

/** The range that the terms of `expr` set on a column, if one does. */
export function rangeOf(expr: Expr | null, col: Name): { low: Scalar; high: Scalar } | null {
  for (const term of conjuncts(expr)) {
    if (term.op === "between" && sameJson(term.col, col)) return term;
  }
  return null;
}
